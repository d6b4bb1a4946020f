"""From a browser to a person: booting a device, and signing somebody in on it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from functools import cache, partial
from typing import Any

from django.utils import timezone

from ..errors import Unauthenticated
from ..events import EventLog, EventType
from ..models import Contact, Device, RevocationReason, VisitorToken, Widget
from ..principals import Visitor, ended
from ..proofs import Proof
from ..signing import device_key_hash, token_hash
from ..traits import TRAITS
from .locks import lock_contacts, lock_device, require_live
from .merging import merge_contacts
from .profile import adds_to, fitting, keep_said, new_contact, update_profile
from .proving import NOBODY, Announced, prove
from .sessions import Booted, Evidence, evidence_of, issue_token, revoke_tokens
from .verb import in_one_transaction, verb
from .visits import Page, claim_visits, record_page_view

_SEEN_EVERY = timedelta(minutes=5)


@in_one_transaction
def boot_device(
    *, widget: Widget, device_id: str, page: Page, announced: Announced = NOBODY, bearer: str = ""
) -> Booted:
    """Begin a session of this browser. No contact is made, unless the page says who is there (I7).

    A proof decides who it is; without one a live verified bearer of this device resumes its user; otherwise it is the
    device's guest, or nobody yet. Raises IdentityNotProven, and Unauthenticated for a device that was reset; whatever
    is raised, nothing is stored. Two tabs that boot a new device at once meet at UNIQUE(tenant, key_hash).
    """
    key_hash = device_key_hash(widget.tenant_id, device_id)
    device = _known_device(widget.tenant_id, key_hash)
    resumed = cache(partial(_resumable, device, bearer))
    proof = prove(widget.tenant, announced, known_as=lambda: _user_id_of(resumed()))
    is_new = device is None
    if device is None:
        device, is_new = _new_device(widget.tenant_id, key_hash)
    booted = _begin(widget, device, page, None if proof else resumed(), proof, is_new=is_new)
    if proof and not booted.visitor.is_verified:
        signed_in = identify_contact(by=booted.visitor, proof=proof, said=announced.said)
        return Booted(signed_in.visitor, signed_in.session_token, is_new)
    return _said(booted, announced.said)


def introduce(*, by: Visitor, announced: Announced) -> Booted:
    """Say who is there in a running session, by a proof or unverified. Returns a new session.

    Raises IdentityNotProven; then nothing changes.
    """
    proof = prove(by.tenant, announced, known_as=lambda: by.contact.external_id if by.contact else None)
    if proof:
        return identify_contact(by=by, proof=proof, said=announced.said)
    return _said(_issue_another(by), announced.said)


@verb
def identify_contact(events: EventLog, *, by: Visitor, proof: Proof, said: dict[str, Any]) -> Booted:
    """Sign the proven user in on this browser, and take its guest along. Returns a verified session.

    An unknown user is the guest, upgraded in place, or a new contact; a known one is merged with the guest. Sessions
    of this browser that are not this user's end (4014). Two devices that bring a new user at once meet at
    UNIQUE(tenant, external_id), and the second one finds the first one's contact.
    """
    device = lock_device(by.tenant_id, by.device.id)
    _refuse_signed_out(by, device)
    guest, user = _lock_both(device, proof.user_id)
    if user is None:
        user = _become_user(events, guest, device, proof, said)
    else:
        if guest:
            merge_contacts(events, guest=guest, user=user, device=device)
        _keep(events, user, proof, said)
    revoke_tokens(device, RevocationReason.IDENTITY_CHANGED, except_of=user.id)
    claim_visits(device, user)
    Device.objects.filter(tenant_id=device.tenant_id, id=device.id).update(contact=None, user=user)
    device.contact, device.user = None, user
    return issue_token(device, by.visit, user, proof=Evidence(events.at, proof.kid))


@in_one_transaction
def _issue_another(by: Visitor) -> Booted:
    """A second session of the same kind, while the first one lives."""
    lock_device(by.tenant_id, by.device.id)
    require_live(by)
    return issue_token(by.device, by.visit, by.contact, proof=evidence_of(by.token))


def _said(booted: Booted, said: dict[str, Any]) -> Booted:
    """Keep what the page says of the visitor without proof. Of a blocked one the team sees nothing new (S60)."""
    contact = booted.visitor.contact
    traits = fitting(contact, said)
    if not adds_to(contact, traits) or (contact and contact.blocked):
        return booted
    person = update_profile(by=booted.visitor, traits=traits)
    return replace(booted, visitor=Visitor(booted.visitor.token, person))


def _begin(
    widget: Widget, device: Device, page: Page, resumed: VisitorToken | None, proof: Proof | None, *, is_new: bool
) -> Booted:
    """Store visit and token of a locked device. With a proof that is still to be acted upon, it is the guest's."""
    if device.revoked_at:
        raise Unauthenticated("This device was reset.", code="session_revoked")
    contact, evidence = device.contact, None
    if proof and _is_there(device, proof):
        contact, evidence = device.user, Evidence(timezone.now(), proof.kid)
    elif resumed:
        contact, evidence = resumed.contact, evidence_of(resumed)
    visit = record_page_view(widget, device, contact, page)
    return issue_token(device, visit, contact, proof=evidence, is_new=is_new)


def _known_device(tenant_id: uuid.UUID, key_hash: str) -> Device | None:
    """Return the locked device with its slots, which are read after the lock was granted."""
    rows = Device.objects.filter(tenant_id=tenant_id, key_hash=key_hash).select_for_update(no_key=True)
    device = rows.first()
    if device is None:
        return None
    ids = [one for one in (device.contact_id, device.user_id) if one]
    people = {one.id: one for one in Contact.objects.filter(tenant_id=tenant_id, id__in=ids)} if ids else {}
    device.contact = people.get(device.contact_id) if device.contact_id else None
    device.user = people.get(device.user_id) if device.user_id else None
    _touch(device)
    return device


def _new_device(tenant_id: uuid.UUID, key_hash: str) -> tuple[Device, bool]:
    """Return the device inserted, and whether by us: the insert ignores a racer's row, which the next look finds."""
    fresh = Device(tenant_id=tenant_id, key_hash=key_hash, last_seen_at=timezone.now())
    Device.objects.bulk_create([fresh], ignore_conflicts=True)
    device = _known_device(tenant_id, key_hash)
    if device is None:
        raise RuntimeError("A device that was just inserted is there.")
    return device, device.id == fresh.id


def _touch(device: Device) -> None:
    now = timezone.now()
    if now - device.last_seen_at > _SEEN_EVERY:
        Device.objects.filter(tenant_id=device.tenant_id, id=device.id).update(last_seen_at=now)


def _resumable(device: Device | None, bearer: str) -> VisitorToken | None:
    """The live verified session of this very device, if the bearer is one. The device is locked, so it stays live."""
    if device is None or not bearer:
        return None
    verified = VisitorToken.objects.select_related("contact").filter(
        tenant_id=device.tenant_id, device=device, assurance=VisitorToken.Assurance.VERIFIED, revoked_at=None
    )
    return verified.filter(token_hash=token_hash(bearer), expires_at__gt=timezone.now()).first()


def _user_id_of(token: VisitorToken | None) -> str | None:
    return token.contact.external_id if token else None


def _is_there(device: Device, proof: Proof) -> bool:
    """Whether the proven user is signed in here already, with nothing new to say: the usual page load."""
    user = device.user
    if user is None or device.contact_id or user.external_id != proof.user_id:
        return False
    return bool(verified_by(user, proof) == user.verified)


def _lock_both(device: Device, user_id: str) -> tuple[Contact | None, Contact | None]:
    """Return the device's guest and the proven user, as far as they exist, locked in the order of their ids."""
    known = Contact.objects.filter(tenant_id=device.tenant_id, external_id=user_id).values_list("id", flat=True)
    locked = lock_contacts(device.tenant_id, [*known, *([device.contact_id] if device.contact_id else [])])
    guest = next((one for one in locked if one.id == device.contact_id), None)
    # Somebody erased between the look and the lock is this user no more: what is written to them now would stay (S61).
    return guest, next((one for one in locked if one.external_id == user_id), None)


def _become_user(
    events: EventLog, guest: Contact | None, device: Device, proof: Proof, said: dict[str, Any]
) -> Contact:
    """A user nobody knew: the guest is promoted and keeps id, thread and stream; without one, a contact is made."""
    user = guest or new_contact(device.tenant_id, type=Contact.Type.USER, external_id=proof.user_id)
    user.type, user.external_id = Contact.Type.USER, proof.user_id
    _keep(events, user, proof, said, is_new=True)
    return user


def _keep(events: EventLog, user: Contact, proof: Proof, said: dict[str, Any], *, is_new: bool = False) -> None:
    """Store what was signed, and apart from it what was only said; nothing when both are known.

    Of a blocked contact the team sees nothing new (S60), but that they are a user now.
    """
    verified, traits = verified_by(user, proof), fitting(user, said)
    says_more = not user.blocked and (verified != user.verified or adds_to(user, traits))
    if not (is_new or says_more):
        return
    if says_more:
        user.verified = verified
        keep_said(user, traits)
    user.save()
    events.add(EventType.CONTACT_UPDATED, user.id, contact_id=user.id)


def verified_by(user: Contact, proof: Proof) -> dict[str, Any]:
    """The user's verified traits after this proof: what it speaks of replaces what was known, a signed null removes."""
    traits = {**{name: user.verified.get(name) for name in TRAITS}, **proof.traits}
    attributes = proof.attributes
    if attributes is None:
        attributes = {name: value for name, value in user.verified.items() if name not in TRAITS}
    return {**attributes, **{name: value for name, value in traits.items() if value}}


def _refuse_signed_out(by: Visitor, device: Device) -> None:
    """The device is locked: a session that ended by a login may go on, its proof decides; one signed out may not."""
    if device.revoked_at:
        raise ended(RevocationReason.RESET)
    own = VisitorToken.objects.filter(tenant_id=by.tenant_id, id=by.token.id)
    reason = own.values_list("reason", flat=True).first()
    # None: the session was removed meanwhile, with its page view.
    if reason not in {"", RevocationReason.IDENTITY_CHANGED}:
        raise ended(reason or RevocationReason.REVOKED)
