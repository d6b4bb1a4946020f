"""Who gets into the Django admin, and whose rows they see there.

A role decides, not `is_staff`: superusers see everything, an admin of a tenant sees that tenant, an agent sees
nothing (S22). Kept apart from the package `admin`, which needs the site to exist while it is imported.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import update_wrapper
from typing import Any, cast
from urllib.parse import urlsplit

from django.contrib.admin import AdminSite
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from .models import User
from .principals import memberships_of
from .selftest import Place, run_self_test
from .signing_in import LimitedSignInForm, with_status


def administered(user: AbstractBaseUser | AnonymousUser) -> frozenset[uuid.UUID] | None:
    """Return the ids of the tenants the user administers; None means every tenant there is (a superuser).

    Looked up once per user object, which lives as long as its request.
    """
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    if user.is_superuser:
        return None
    known: frozenset[uuid.UUID] | None = user.__dict__.get("_administered")
    if known is None:
        known = frozenset(agent.tenant_id for agent in memberships_of(user.pk) if agent.is_admin)
        user.__dict__["_administered"] = known
    return known


def may_enter(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether there is anything in the admin for this user."""
    return administered(user) != frozenset()


class AdminLoginForm(LimitedSignInForm):
    """Lets in whom the site lets in; anybody else learns no more than that it did not work."""

    def confirm_login_allowed(self, user: AbstractBaseUser) -> None:
        super().confirm_login_allowed(user)  # type: ignore[arg-type]
        if not may_enter(user):
            raise ValidationError(_("This account may not enter the administration."), code="no_admin")


class CurbeAdminSite(AdminSite):
    """The stock site with our name on it and our rule at its door."""

    site_title = _("Curbe Messenger")
    site_header = _("Curbe Messenger")
    index_title = _("Administration")
    login_form = AdminLoginForm

    def has_permission(self, request: HttpRequest) -> bool:
        return may_enter(request.user)

    def get_urls(self) -> list[Any]:
        return [path("delivery/", self.admin_view(self.delivery), name="delivery"), *super().get_urls()]

    def delivery(self, request: HttpRequest) -> HttpResponse:
        """The self-test, with the remedies: everybody who gets in here is an admin."""
        own = administered(request.user)
        address = urlsplit(request.build_absolute_uri("/"))
        tenant_id = next(iter(own)) if own else None
        place = Place(tenant_id, f"{address.scheme}://{address.netloc}", request.get_host())
        told = {"title": _("Delivery self-test"), "findings": run_self_test(place)}
        return TemplateResponse(request, "admin/delivery.html", {**self.each_context(request), **told})

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return with_status(super().login(request, extra_context))

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Answer a signed-in user without the role 403, with the form to sign in as somebody else."""
        guarded = super().admin_view(view, cacheable)

        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated or self.has_permission(request):
                return cast(HttpResponseBase, guarded(request, *args, **kwargs))
            response = self.login(request)
            if response.status_code == 200:
                response.status_code = 403
            return response

        return update_wrapper(answer, view)
