"""Whether somebody is who the page says they are, by the tenant's own secrets; and the log of those who were not."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from cryptography.fernet import InvalidToken
from django.utils import timezone

from ..errors import IdentityNotProven
from ..models import IdentitySecret, ProofFault, Tenant, VerificationFailure, Widget
from ..proofs import Proof, ProofRefused, verify_token, verify_user_hash
from ..signing import decrypt

log = structlog.get_logger(__name__)

MOST_LOGGED = 500
_CODES = {ProofFault.MISSING: "identity_proof_required", ProofFault.EXPIRED: "identity_proof_expired"}


@dataclass(frozen=True, slots=True)
class Announced:
    """Who a page says is there: a token or a user id with its hash, and what is said without any proof."""

    token: str = ""
    user_id: str = ""
    user_hash: str = ""
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def names_user(self) -> bool:
        return bool(self.token or self.user_id)


NOBODY = Announced()


def prove(tenant: Tenant, announced: Announced, *, known_as: Callable[[], str | None] = lambda: None) -> Proof | None:
    """Return the proof of the announced user, or None when no user is announced. Raises IdentityNotProven.

    `known_as` tells the user id whom a live verified session already speaks for: of that one no new proof is asked, so
    a user id alone, or a token that has run out, is as good as none. Given both, the token decides and not the hash.
    """
    if not announced.names_user:
        return None
    try:
        return _verify(tenant, announced)
    except ProofRefused as refused:
        if refused.user_id is not None and refused.user_id == known_as():
            return None
        raise _refusal(refused) from refused


def note_refused_proof(*, widget: Widget, refused: IdentityNotProven, page_url: str) -> None:
    """Write a line of the tenant's verification log, which keeps the latest 500. Never what was sent."""
    rows = VerificationFailure.objects.filter(tenant_id=widget.tenant_id)
    rows.create(
        tenant_id=widget.tenant_id,
        widget=widget,
        fault=refused.fault,
        kid=refused.kid[:40],
        page=page_url[:300],
        at=timezone.now(),
    )
    pushed_out = rows.order_by("-at", "-id").values("pk")[MOST_LOGGED : 2 * MOST_LOGGED]
    rows.filter(pk__in=list(pushed_out.values_list("pk", flat=True))).delete()


def _verify(tenant: Tenant, announced: Announced) -> Proof:
    if announced.token:
        return verify_token(announced.token, tenant_id=tenant.id, keys=_live_keys(tenant.id))
    if not announced.user_hash:
        raise ProofRefused(ProofFault.MISSING, user_id=announced.user_id)
    if not tenant.accepts_user_hash:
        raise ProofRefused(ProofFault.USER_HASH_OFF)
    return verify_user_hash(announced.user_id, announced.user_hash, keys=_live_keys(tenant.id))


def _live_keys(tenant_id: uuid.UUID) -> dict[str, str]:
    live = IdentitySecret.objects.filter(tenant_id=tenant_id, retired_at=None).order_by("-id")
    keys = {row.kid: _opened(row) for row in live}
    return {kid: key for kid, key in keys.items() if key}


def _opened(row: IdentitySecret) -> str:
    try:
        return decrypt(bytes(row.ciphertext))
    except InvalidToken:
        # Handled: it proves nothing any more, until SECRET_KEY_FALLBACKS names the key it was encrypted with.
        log.error(
            "identity_secret_unreadable", tenant_id=str(row.tenant_id), kid=row.kid, remedy="SECRET_KEY_FALLBACKS"
        )
        return ""


def _refusal(refused: ProofRefused) -> IdentityNotProven:
    error = IdentityNotProven(code=_CODES.get(refused.fault))
    error.fault, error.kid = refused.fault, refused.kid
    return error
