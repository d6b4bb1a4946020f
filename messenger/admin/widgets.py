"""Widgets: how they look and what they say, with a live preview; the line to paste, and a page to try it."""

from __future__ import annotations

from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp_replace, csp_update
from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from curbe.origins import widget_base

from .. import actions, offers
from ..models import Widget
from ..principals import System
from .base import OwnedAdmin
from .look_form import FIELDS, WidgetForm, named

# The form shows a frame: the preview, which is a page of the admin's own.
_framing = csp_update({"frame-src": [SELF]})
# The preview is framed by the form and draws what it is told: it has nothing to ask, and nobody to tell.
_framed = csp_replace({"frame-ancestors": [SELF], "connect-src": [NONE], "form-action": [NONE]})


def _set(name: Any, place: str) -> tuple[Any, Any]:
    """A fieldset with the fields below a place."""
    return name, {"fields": [named(one) for one in FIELDS if one.startswith(f"{place}.")]}


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
        (None, {"fields": ["tenant", "name", "is_active", "allowed_origins", "team"]}),
        _set(_("Appearance"), "appearance"),
        *[_set(format_lazy(_("Words: {language}"), language=own), f"texts.{code}") for code, own in settings.LANGUAGES],
        _set(_("Pre-chat form"), "prechat"),
        _set(_("Feature switches"), "features"),
    ]

    class Media:
        js = [forms.Script("admin_curbe/form.js", type="module")]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        embed = [(_("Embed"), {"fields": ["snippet"]})] if obj else []
        return [*embed, *self.fieldsets]

    def save_model(self, request: HttpRequest, obj: Widget, form: Any, change: bool) -> None:
        actions.save_widget(by=System(obj.tenant_id), widget=obj)

    @method_decorator(_framing)
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().changeform_view(request, *args, **kwargs)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        return super().render_change_form(request, {**context, "languages": settings.LANGUAGES}, *args, **kwargs)

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
        guarded, look = self.admin_site.admin_view, _framed(self.look)
        # Here the widget is embedded from wherever it is served.
        embeds = {"frame-src": [widget_base() or SELF], "script-src": [widget_base() or SELF]}
        preview = csp_update(embeds)(self.preview)  # type: ignore[arg-type]
        return [
            path("<uuid:pk>/preview/", guarded(preview), name="messenger_widget_preview"),
            path("<uuid:pk>/look/", guarded(look), name="messenger_widget_look"),
            path("look/", guarded(look), name="messenger_widget_new_look"),
            *super().get_urls(),
        ]

    @method_decorator(xframe_options_sameorigin)
    def look(self, request: HttpRequest, pk: Any = None) -> HttpResponse:
        """The panel as the form beside it describes it, which tells it so; nothing is stored, and nothing sent."""
        widget = self.get_object(request, str(pk)) if pk else Widget()
        if widget is None:
            raise Http404
        tenant = widget.tenant if pk else None
        has_help = offers.offer_of(tenant.id).help if tenant else False
        return render(request, "admin/messenger/widget/look.html", {"tenant": tenant, "has_help": has_help})

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
