"""Keys: made, shown once, and taken back. What is stored is a hash or a ciphertext."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .. import actions
from ..models import ApiToken, IdentitySecret
from .base import OwnedAdmin, show_once


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


@admin.register(IdentitySecret)
class IdentitySecretAdmin(OwnedAdmin):
    """Keys that sign the users of a tenant's own site. To rotate: add one, change the site over, retire the old one."""

    list_display = ["kid", "created_at", "retired_at"]
    list_filter = [("retired_at", admin.EmptyFieldListFilter)]
    ordering = ["-id"]
    search_fields = ["kid"]
    autocomplete_fields = ["tenant"]
    actions = ["retire"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return ["tenant", "kid", "created_at", "retired_at"] if obj else ["tenant"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["kid", "created_at", "retired_at"] if obj else []

    def save_model(self, request: HttpRequest, obj: IdentitySecret, form: Any, change: bool) -> None:
        if change:
            return  # Nothing of a key can be edited.
        made, secret = actions.create_identity_secret(tenant=obj.tenant)
        obj.pk, obj.kid = made.pk, made.kid
        show_once(request, what=gettext("Identity secret {kid}").format(kid=made.kid), secret=secret)

    @admin.action(description=_("Retire the selected identity secrets"), permissions=["change"])
    def retire(self, request: HttpRequest, chosen: QuerySet[IdentitySecret]) -> None:
        for secret in chosen.filter(retired_at=None):
            actions.retire_identity_secret(secret)
            self.log_change(request, secret, "retired")
        self.message_user(request, _("What the selected secrets sign is not accepted any more."))
