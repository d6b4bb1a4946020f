"""What every page of the admin keeps to: own tenants only, nothing removed, bounded cost."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.admin import ShowFacets
from django.core.paginator import Paginator
from django.db import models
from django.db.models.constants import LOOKUP_SEP
from django.forms import ModelChoiceField, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from ..admin_site import administered
from ..errors import DomainError
from ..models import Tenant

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin

# Keyed hashes and ciphertexts: not shown, and not to be guessed letter by letter through `?key_hash__startswith=`.
_SECRETS = ("hash", "ciphertext", "password")
_COUNTED_UP_TO = 5_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than 5,000 rows, so that a page of a million messages costs what a page of a few does."""

    @cached_property
    def count(self) -> int:
        rows = cast("models.QuerySet[models.Model]", self.object_list)
        return rows.order_by().values("pk")[:_COUNTED_UP_TO].count()


class OwnTenantsFilter(admin.RelatedFieldListFilter):
    """Offers the tenants that the viewer administers, and no name of another."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[Any]:
        tenants = model_admin.admin_site.get_model_admin(Tenant).get_queryset(request)
        return [(str(tenant.pk), str(tenant)) for tenant in tenants.order_by("name")]


class OwnedAdmin(ModelAdmin):
    """Rows of tenants. Superusers see all of them, an admin those of their own tenants, in lists, pages and choices.

    A row never changes its tenant. Nothing is deleted here: accounts are switched off, keys revoked, and what was said
    stays (I1).
    """

    owner_field: ClassVar[str] = "tenant_id"
    is_read_only: ClassVar[bool] = False
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    paginator = BoundedPaginator
    actions_on_top = True

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = super().get_queryset(request)
        own = administered(request.user)
        return rows if own is None else rows.filter(**{f"{self.owner_field}__in": own})

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not self.is_read_only and self._may(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not self.is_read_only and self._may(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return not _is_secret(lookup) and super().lookup_allowed(lookup, value, request)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [*self.list_display, *(["tenant"] if self._sees_several(request) else [])]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        own = [("tenant", OwnTenantsFilter)] if self._sees_several(request) else []
        return [*own, *self.list_filter]

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        return ["tenant", *cast("Sequence[str]", self.list_select_related or [])]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """What can be chosen is what the other model's own list shows to this viewer."""
        other = self.admin_site.get_model_admin(db_field.remote_field.model)
        kwargs["queryset"] = other.get_queryset(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        _fix_tenant(form, administered(request.user), is_new=obj is None)
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A refusal of the domain is told in its own words; nothing was stored."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as error:  # Handled: shown on the page the viewer is sent back to.
            self.message_user(request, error.detail, messages.ERROR)
            return HttpResponseRedirect(request.path)

    def _may(self, request: HttpRequest, obj: Any = None) -> bool:
        own = administered(request.user)
        if own is None:
            return True
        return bool(own) and (obj is None or getattr(obj, self.owner_field) in own)

    def _sees_several(self, request: HttpRequest) -> bool:
        own = administered(request.user)
        return self.owner_field == "tenant_id" and (own is None or len(own) > 1)


class ReadOnlyAdmin(OwnedAdmin):
    """Rows that only the write path makes and moves. They can be looked at."""

    is_read_only = True
    ordering = ["-id"]
    actions: Any = None
    # Columns that say nothing to a person, or nothing that another does not say, or what is somebody's own.
    unshown: ClassVar[Sequence[str]] = ()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """What is not shown is not to be guessed letter by letter, either."""
        return lookup.split(LOOKUP_SEP)[0] not in self.unshown and super().lookup_allowed(lookup, value, request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        names = [field.name for field in self.opts.concrete_fields]
        # By its words a row is found; they say nothing that it does not say itself.
        return [name for name in names if name not in (*self.unshown, "words") and not _is_secret(name)]


def one_line(text: str, length: int = 80) -> str:
    """Return the beginning of a text on one line, for a column."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"


def show_once(request: HttpRequest, *, what: str, secret: str) -> None:
    """Tell the viewer a secret of which only a hash or a ciphertext is kept."""
    text = _("{what}: {secret} — copy it now, it is not shown again.").format(what=what, secret=secret)
    messages.warning(request, text)


def _is_secret(name: str) -> bool:
    return any(secret in name for secret in _SECRETS)


def _fix_tenant(form: type[ModelForm[Any]], own: frozenset[uuid.UUID] | None, *, is_new: bool) -> None:
    """The tenant can be chosen once, by those who administer several; a disabled field ignores what is posted."""
    field = form.base_fields.get("tenant")
    if not isinstance(field, ModelChoiceField):
        return
    if own is not None and len(own) == 1:
        field.initial = next(iter(own))
    field.disabled = not is_new or (own is not None and len(own) == 1)
