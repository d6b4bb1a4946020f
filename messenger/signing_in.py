"""What both doors for agents and admins share: failed sign-ins are limited, by account and by network (S63).

Successes are never charged, so an office behind one address signs in as often as it likes. Accounts that do not exist
are counted like those that do.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from curbe.addresses import client_address, network_of

from . import limits
from .actions import note_sign_in
from .errors import DomainError, TooManyRequests
from .limits import Limit

# What a form says of a guess. Anything else it may object to comes after the right password.
_WRONG = {"invalid_login", "inactive"}


class LimitedSignInForm(AuthenticationForm):
    """Refuses to try a password when too many were wrong; `refusal` then says so to `with_status`."""

    refusal: DomainError | None = None

    def clean(self) -> dict[str, Any]:
        try:
            return self._clean_within_limits()
        except DomainError as refusal:
            self.refusal = refusal
            raise ValidationError(_sentence(refusal), code=refusal.code) from refusal

    def _clean_within_limits(self) -> dict[str, Any]:
        """Charges a wrong password, an unknown account or one that is switched off, and nothing else.

        Looks again after the password was right: of guesses made at the same time no more learn it.
        """
        self._each(limits.spare)
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError as refused:
            self._each(limits.charge if refused.code in _WRONG else limits.spare)
            self._account_for(succeeded=False)
            raise
        self._each(limits.spare)
        self._account_for(succeeded=True)
        return cleaned

    def _account_for(self, *, succeeded: bool) -> None:
        note_sign_in(email=self.cleaned_data.get("username") or "", succeeded=succeeded)

    def _each(self, ask: Callable[..., None]) -> None:
        address = client_address(self.request) if self.request else ""
        ask(Limit.SIGN_IN_ADDRESS, network_of(address))
        ask(Limit.SIGN_IN_ACCOUNT, (self.cleaned_data.get("username") or "").lower())


def with_status(response: HttpResponse) -> HttpResponse:
    """Give a sign-in page its status when the form was refused by a limit: 429 or 503, with Retry-After."""
    form = (response.context_data or {}).get("form") if isinstance(response, TemplateResponse) else None
    refusal = form.refusal if isinstance(form, LimitedSignInForm) else None
    if refusal:
        response.status_code = refusal.status
        response.headers["Retry-After"] = str(refusal.retry_after_s)
    return response


def _sentence(refusal: DomainError) -> str:
    if not isinstance(refusal, TooManyRequests):
        return _("Signing in is not possible right now. Please try again in a moment.")
    minutes = math.ceil((refusal.retry_after_s or 0) / 60)
    return ngettext(
        "Too many failed attempts. Please try again in %(minutes)d minute.",
        "Too many failed attempts. Please try again in %(minutes)d minutes.",
        minutes,
    ) % {"minutes": minutes}
