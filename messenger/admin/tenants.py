"""Companies and what they embed: tenants, widgets with the snippet to paste, teams."""

from __future__ import annotations

import re
import zoneinfo
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from curbe.origins import widget_base

from .. import actions
from ..models import Team, Tenant, Widget
from .base import OwnedAdmin

# Exactly what may stand in a Content-Security-Policy: a semicolon or a space would write more of the policy.
_ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?")


class TenantForm(forms.ModelForm):  # type: ignore[type-arg]
    """A tenant whose language and time zone exist."""

    locale = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    class Meta:
        model = Tenant
        fields = [
            *("name", "slug", "is_active", "locale", "time_zone", "office_hours"),
            *("thread_policy", "reopen_days", "conversation_retention_days", "accepts_user_hash"),
        ]

    def clean_time_zone(self) -> str:
        name: str = self.cleaned_data["time_zone"]
        if name not in zoneinfo.available_timezones():
            raise forms.ValidationError(_("This is not a time zone, such as Europe/Madrid."))
        return name


@admin.register(Tenant)
class TenantAdmin(OwnedAdmin):
    """Superusers add tenants and switch them off; a tenant's admin sets how their own one works."""

    owner_field = "pk"
    form = TenantForm
    list_display = ["name", "slug", "locale", "thread_policy", "is_active", "created_at"]
    list_filter = ["is_active", "thread_policy"]
    list_select_related = False
    search_fields = ["name", "slug"]
    ordering = ["name"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "is_active"]}),
        (_("Language and time"), {"fields": ["locale", "time_zone", "office_hours"]}),
        (_("Conversations"), {"fields": ["thread_policy", "reopen_days", "conversation_retention_days"]}),
        (_("Identity"), {"fields": ["accepts_user_hash"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_superuser", False))

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        return []

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if self.has_add_permission(request) else ["slug", "is_active"]

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:
        if change:
            actions.update_tenant(obj)
        else:
            actions.create_tenant(obj)


class OriginsField(forms.CharField):
    """Sites, one a line, as a list of origins."""

    widget = forms.Textarea(attrs={"rows": 4, "cols": 60, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = [line.strip().rstrip("/").lower() for line in str(value or "").splitlines()]
        return list(dict.fromkeys(line for line in lines if line))

    def validate(self, value: Any) -> None:
        wrong = [origin for origin in value if not _ORIGIN.fullmatch(origin)]
        if wrong:
            raise forms.ValidationError(_("Not the address of a site: {sites}").format(sites=", ".join(wrong)))

    def run_validators(self, value: Any) -> None:
        """The validators of a text do not fit a list."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))


class WidgetForm(forms.ModelForm):  # type: ignore[type-arg]
    """A widget whose settings have the form that the widget reads."""

    allowed_origins = OriginsField(
        label=_("Allowed sites"),
        required=False,
        help_text=_("One a line, such as https://www.example.com. On other sites the browser refuses the widget."),
    )

    class Meta:
        model = Widget
        fields = ["tenant", "name", "is_active", "allowed_origins", "appearance", "texts", "prechat", "features"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in ("appearance", "texts", "prechat", "features"):
            if not isinstance(cleaned.get(name, {}), dict):
                self.add_error(name, _("This must be a JSON object: {…}"))
        if not all(isinstance(texts, dict) for texts in dict(cleaned.get("texts") or {}).values()):
            self.add_error("texts", _('Texts are given per language: {"en": {"greeting": "…"}}'))
        return cleaned


@admin.register(Widget)
class WidgetAdmin(OwnedAdmin):
    """Embeds, each with the line to paste into a site and a page to try it on."""

    form = WidgetForm
    list_display = ["name", "sites", "is_active", "created_at"]
    list_filter = ["is_active"]
    search_fields = ["name"]
    ordering = ["-id"]
    autocomplete_fields = ["tenant"]
    readonly_fields = ["snippet"]
    fieldsets = [
        (None, {"fields": ["tenant", "name", "is_active", "allowed_origins"]}),
        (_("Look and words"), {"fields": ["appearance", "texts", "prechat", "features"]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        embed = [(_("Embed"), {"fields": ["snippet"]})] if obj else []
        return [*embed, *self.fieldsets]

    @admin.display(description=_("sites"))
    def sites(self, widget: Widget) -> str:
        return ", ".join(widget.allowed_origins)

    @admin.display(description=_("Paste this before </body>"))
    def snippet(self, widget: Widget) -> SafeString:
        line = f'<script async src="{settings.WIDGET_ORIGIN}{loader_path(widget)}"></script>'
        preview = reverse("admin:messenger_widget_preview", args=[widget.pk])
        template = '<pre class="snippet"><code>{}</code></pre><p><a href="{}">{}</a></p>'
        return format_html(template, line, preview, _("Try it on an empty page"))

    def get_urls(self) -> list[URLPattern]:
        # The one page of the admin that shows a frame: the widget's own.
        embeds = {"frame-src": [widget_base() or SELF], "script-src": [widget_base() or SELF]}
        preview = self.admin_site.admin_view(csp_update(embeds)(self.preview))  # type: ignore[arg-type]
        return [path("<uuid:pk>/preview/", preview, name="messenger_widget_preview"), *super().get_urls()]

    def preview(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """An empty page of our own that embeds the widget as a site would."""
        widget = self.get_object(request, str(pk))
        if widget is None:
            raise Http404
        own_origin = f"{request.scheme}://{request.get_host()}"
        context = {
            "widget": widget,
            "loader": f"{widget_base()}{loader_path(widget)}",
            "own_origin": own_origin,
            "is_allowed": own_origin in widget.allowed_origins,
        }
        return render(request, "admin/messenger/widget/preview.html", context)


def loader_path(widget: Widget) -> str:
    """Return where the loader of a widget is served."""
    return f"/widget/{widget.pk}.js"


@admin.register(Team)
class TeamAdmin(OwnedAdmin):
    """Groups that conversations are assigned to."""

    list_display = ["name"]
    search_fields = ["name"]
    ordering = ["name"]
    autocomplete_fields = ["tenant"]
    fields = ["tenant", "name"]
