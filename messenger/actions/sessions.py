"""Sessions of a browser: tokens issued and taken back, signing out, starting over."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from .. import nudges
from ..errors import Invalid, VerifiedContact
from ..models import Contact, Device, IdentitySecret, RevocationReason, Visit, VisitorToken
from ..principals import Visitor, session_end
from ..signing import device_key_hash, new_token, token_hash
from .locks import lock_device, require_live
from .verb import in_one_transaction
from .visits import Page, record_page_view


@dataclass(frozen=True, slots=True)
class Booted:
    """A session, the bearer token that is shown exactly once, and whether the browser was unknown until now."""

    visitor: Visitor
    session_token: str
    is_new_device: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a session is a verified one: since when, and by which of the tenant's secrets."""

    at: datetime
    kid: str


def evidence_of(token: VisitorToken) -> Evidence | None:
    """Return what a session rests on, for one that goes on from it."""
    return Evidence(token.proven_at, token.proven_by) if token.proven_at else None


def issue_token(
    device: Device, visit: Visit, contact: Contact | None, *, proof: Evidence | None = None, is_new: bool = False
) -> Booted:
    """Store a session of this device and return it: a verified one if there is a proof."""
    now = timezone.now()
    bearer = new_token("cvs")
    assurance = VisitorToken.Assurance.VERIFIED if proof else VisitorToken.Assurance.ANONYMOUS
    token = VisitorToken.objects.create(
        tenant_id=device.tenant_id,
        token_hash=token_hash(bearer),
        device=device,
        contact=contact,
        visit=visit,
        assurance=assurance,
        proven_at=proof.at if proof else None,
        proven_by=proof.kid if proof else "",
        expires_at=session_end(now, proof.at if proof else None),
    )
    token.tenant = visit.widget.tenant
    return Booted(Visitor(token, contact), bearer, is_new)


def revoke_tokens(device: Device, reason: RevocationReason, *, except_of: uuid.UUID | None = None) -> None:
    """Take back the sessions of a locked device, but for the verified ones of that contact, and close their sockets.

    The sockets are told to look at their credentials again, which is what closes them with 4014. One that misses this
    looks within a minute by itself.
    """
    live = VisitorToken.objects.filter(tenant_id=device.tenant_id, device=device, revoked_at=None)
    if except_of:
        live = live.exclude(contact=except_of, assurance=VisitorToken.Assurance.VERIFIED)
    if live.update(revoked_at=timezone.now(), reason=reason):
        look_again(one for one in {device.contact_id, device.user_id} if one)


@in_one_transaction
def shutdown_device(*, by: Visitor) -> None:
    """Sign out: no session of this browser goes on, and whoever comes next is a guest nobody knows (S12, S67)."""
    device = lock_device(by.tenant_id, by.device.id)
    require_live(by)
    revoke_tokens(device, RevocationReason.SHUTDOWN)
    empty_slots(device)


@in_one_transaction
def reset_device(*, by: Visitor, device_id: str, page: Page) -> Booted:
    """Start over as a fresh guest under a new device id. The old thread stays with the team, and out of reach.

    Raises VerifiedContact while somebody is signed in, in this tab or another, and Invalid when the new device id is in
    use already.
    """
    widget = by.visit.widget
    old = lock_device(by.tenant_id, by.device.id)
    require_live(by)
    if _has_user(old):
        raise VerifiedContact()
    fresh = Device(
        tenant_id=by.tenant_id, key_hash=device_key_hash(by.tenant_id, device_id), last_seen_at=timezone.now()
    )
    Device.objects.bulk_create([fresh], ignore_conflicts=True)
    if not Device.objects.filter(tenant_id=by.tenant_id, id=fresh.id).exists():
        raise Invalid("This device id is in use. Make a new one.", code="device_in_use", attr="device_id")
    revoke_tokens(old, RevocationReason.RESET)
    empty_slots(old)
    Device.objects.filter(tenant_id=by.tenant_id, id=old.id).update(revoked_at=timezone.now())
    return issue_token(fresh, record_page_view(widget, fresh, None, page), None, is_new=True)


def revoke_sessions_proven_by(secret: IdentitySecret) -> None:
    """End every session that this secret proved, because somebody else may have had it."""
    live = VisitorToken.objects.filter(tenant_id=secret.tenant_id, proven_by=secret.kid, revoked_at=None)
    verified = live.filter(assurance=VisitorToken.Assurance.VERIFIED)
    contact_ids = set(verified.values_list("contact_id", flat=True))
    verified.update(revoked_at=timezone.now(), reason=RevocationReason.REVOKED)
    look_again(one for one in contact_ids if one)


def empty_slots(device: Device) -> None:
    """Nobody is known in this browser any more."""
    if device.contact_id or device.user_id:
        Device.objects.filter(tenant_id=device.tenant_id, id=device.id).update(contact=None, user=None)


def _has_user(device: Device) -> bool:
    live = VisitorToken.objects.filter(tenant_id=device.tenant_id, device=device, revoked_at=None)
    return live.filter(assurance=VisitorToken.Assurance.VERIFIED, expires_at__gt=timezone.now()).exists()


def look_again(subject_ids: Iterable[uuid.UUID], *, agent_id: uuid.UUID | None = None) -> None:
    """Have the sockets of these contacts or tenants look at their credentials, once what was changed is committed.

    Of a tenant's, only that agent's when one is named.
    """
    for subject_id in subject_ids:
        _once_committed(subject_id, agent_id)


def _once_committed(subject_id: uuid.UUID, agent_id: uuid.UUID | None) -> None:
    transaction.on_commit(lambda: nudges.publish_recheck(subject_id, agent_id=agent_id), robust=True)
