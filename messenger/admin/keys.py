"""Keys: made, shown once, and taken back. What is stored is a hash or a ciphertext."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .. import actions
from ..models import ApiToken, IdentitySecret, Widget
from .base import OwnedAdmin, show_once
from .snippets import VARIABLE, boot_snippet, hash_snippets, token_snippets


@admin.register(ApiToken)
class ApiTokenAdmin(OwnedAdmin):
    """Keys with which programs act as an agent."""

    list_display = ["name", "agent", "created_at", "last_used_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["agent"]
    search_fields = ["name", "agent__display_name"]
    ordering = ["-id"]
    autocomplete_fields = ["agent"]
    actions = ["revoke"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return ["agent", "name", "created_at", "last_used_at", "revoked_at"] if obj else ["agent", "name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["agent", "created_at", "last_used_at", "revoked_at"] if obj else []

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        made, key = actions.create_api_token(agent=obj.agent, name=obj.name)
        obj.pk = made.pk
        show_once(request, what=gettext("API token"), secret=key)

    @admin.action(description=_("Revoke the selected API tokens"), permissions=["change"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiToken]) -> None:
        for token in chosen.filter(revoked_at=None):
            actions.revoke_api_token(token)
            self.log_change(request, token, "revoked")
        self.message_user(request, _("The selected API tokens are not accepted any more."))


class IdentitySecretForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new secret; there is nothing to say about it but whose it is."""

    class Meta:
        model = IdentitySecret
        fields = ["tenant"]

    def clean(self) -> dict[str, Any]:
        """Say in the reader's language what `create_identity_secret`, which decides, would refuse."""
        cleaned = super().clean() or self.cleaned_data
        live = IdentitySecret.objects.filter(tenant=cleaned.get("tenant"), retired_at=None)
        if live.count() >= 2:
            raise forms.ValidationError(_("Two secrets are in use. Retire one of them first."), code="too_many_secrets")
        return cleaned


@admin.register(IdentitySecret)
class IdentitySecretAdmin(OwnedAdmin):
    """Keys that sign the users of a tenant's own site. To rotate: add one, change the site over, retire the old one."""

    form = IdentitySecretForm
    change_form_template = "admin/messenger/identitysecret/page.html"
    list_display = ["kid", "is_live", "created_at", "retired_at"]
    list_filter = [("retired_at", admin.EmptyFieldListFilter)]
    ordering = ["-id"]
    search_fields = ["kid"]
    autocomplete_fields = ["tenant"]
    actions = ["retire", "give_up"]

    class Media:
        js = ["admin_curbe/copy.js"]

    @admin.display(description=_("accepted"), boolean=True, ordering="retired_at")
    def is_live(self, secret: IdentitySecret) -> bool:
        return secret.retired_at is None

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return ["tenant", "kid", "created_at", "retired_at"] if obj else ["tenant"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["tenant", "kid", "created_at", "retired_at"] if obj else []

    def save_model(self, request: HttpRequest, obj: IdentitySecret, form: Any, change: bool) -> None:
        if change:
            return  # Nothing of a key can be edited.
        made, secret = actions.create_identity_secret(tenant=obj.tenant)
        obj.pk, obj.kid = made.pk, made.kid
        show_once(request, what=gettext("Identity secret {kid}").format(kid=made.kid), secret=secret)

    def response_add(self, request: HttpRequest, obj: IdentitySecret, post_url_continue: Any = None) -> HttpResponse:
        """To the secret's page: the secret is shown there once, above the code that uses it."""
        return HttpResponseRedirect(reverse("admin:messenger_identitysecret_change", args=[obj.pk]))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        if secret := options.get("obj"):
            context = {**context, **_guide(secret), "show_save": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **options)

    @admin.action(description=_("Retire the selected identity secrets"), permissions=["change"])
    def retire(self, request: HttpRequest, chosen: QuerySet[IdentitySecret]) -> HttpResponse | None:
        live = chosen.filter(retired_at=None)
        if not _is_sure(request):
            return self._ask(request, list(live), "retire", gettext("Retire identity secrets?"))
        for secret in live:
            actions.retire_identity_secret(secret)
            self.log_change(request, secret, "retired")
        self.message_user(request, _("What the selected secrets sign is not accepted any more."))
        return None

    @admin.action(
        description=_("Give up as lost: retire them, and end every session they proved"), permissions=["change"]
    )
    def give_up(self, request: HttpRequest, chosen: QuerySet[IdentitySecret]) -> HttpResponse | None:
        """Of retired ones, too: that a secret was stolen is often noticed later."""
        if not _is_sure(request):
            return self._ask(request, list(chosen), "give_up", gettext("Give identity secrets up as lost?"))
        for secret in chosen:
            actions.retire_identity_secret(secret, is_lost=True)
            self.log_change(request, secret, "given up as lost")
        self.message_user(request, _("The selected secrets prove nothing any more, and their sessions have ended."))
        return None

    def _ask(self, request: HttpRequest, secrets: list[IdentitySecret], action: str, title: str) -> HttpResponse:
        """What the action would do, and a form that does it."""
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "secrets": secrets,
            "action": action,
            "is_lost": action == "give_up",
            "left_without": _left_without(secrets),
            "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/messenger/identitysecret/confirm.html", context)


def _is_sure(request: HttpRequest) -> bool:
    return request.POST.get("is_sure") == "yes"


def _left_without(secrets: list[IdentitySecret]) -> list[str]:
    """Return the names of the tenants that would have no secret in use any more without these."""
    ending = {secret.tenant_id: secret.tenant.name for secret in secrets if secret.retired_at is None}
    live = IdentitySecret.objects.filter(tenant__in=ending, retired_at=None)
    staying = set(live.exclude(pk__in=[secret.pk for secret in secrets]).values_list("tenant_id", flat=True))
    return sorted(name for tenant, name in ending.items() if tenant not in staying)


def _guide(secret: IdentitySecret) -> dict[str, Any]:
    """What a secret's page shows around it: which ones are accepted, and code to paste while this one is."""
    owned = IdentitySecret.objects.filter(tenant=secret.tenant_id, retired_at=None)
    widget = Widget.objects.filter(tenant=secret.tenant_id, is_active=True).order_by("created_at", "id").first()
    is_live, with_hash = secret.retired_at is None, secret.tenant.accepts_user_hash
    return {
        "live_secrets": owned.order_by("created_at", "id"),
        "variable": VARIABLE,
        "token_snippets": token_snippets(secret) if is_live else [],
        "boot": boot_snippet(widget),
        "hash_snippets": [*hash_snippets(), boot_snippet(widget, with_hash=True)] if is_live and with_hash else [],
    }
