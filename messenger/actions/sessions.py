"""Sessions of a browser: tokens issued and taken back, signing out, starting over."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils import timezone

from .. import nudges
from ..errors import Invalid, VerifiedContact
from ..models import Contact, Device, RevocationReason, Stream, Visit, VisitorToken
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


def issue_token(
    device: Device, visit: Visit, contact: Contact | None, *, proven_at: datetime | None = None, is_new: bool = False
) -> Booted:
    """Store a session of this device and return it. With `proven_at` it is a verified one."""
    now = timezone.now()
    bearer = new_token("cvs")
    assurance = VisitorToken.Assurance.VERIFIED if proven_at else VisitorToken.Assurance.ANONYMOUS
    token = VisitorToken.objects.create(
        tenant_id=device.tenant_id,
        token_hash=token_hash(bearer),
        device=device,
        contact=contact,
        visit=visit,
        assurance=assurance,
        proven_at=proven_at,
        expires_at=session_end(now, proven_at),
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
        _look_again(device.tenant_id, {device.contact_id, device.user_id} - {None})


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

    Raises VerifiedContact for a signed-in user, and Invalid when the new device id is in use already.
    """
    if by.is_verified:
        raise VerifiedContact()
    widget = by.token.visit.widget
    old = lock_device(by.tenant_id, by.device.id)
    require_live(by)
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


def empty_slots(device: Device) -> None:
    """Nobody is known in this browser any more."""
    if device.contact_id or device.user_id:
        Device.objects.filter(tenant_id=device.tenant_id, id=device.id).update(contact=None, user=None)


def _look_again(tenant_id: uuid.UUID, contact_ids: Iterable[uuid.UUID | None]) -> None:
    streams = Stream.objects.filter(tenant_id=tenant_id, contact__in=list(contact_ids)).values_list("id", flat=True)
    for stream_id in streams:
        transaction.on_commit(partial(nudges.publish_recheck, stream_id), robust=True)
