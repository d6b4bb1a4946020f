"""A guest comes into being, and says who they are. Nothing said here is proven: it is kept for people to read."""

from __future__ import annotations

import uuid
from typing import Any

from ..errors import Invalid
from ..events import EventLog, EventType
from ..models import Contact, Device, Stream
from ..principals import Visitor
from ..traits import MOST_ATTRIBUTES, TRAITS
from .locks import lock_device, lock_speaker, require_live
from .verb import verb
from .visits import claim_visits


@verb
def update_profile(events: EventLog, *, by: Visitor, traits: dict[str, Any], consents: bool = False) -> Contact:
    """Keep what a visitor says of themself, unverified; a name, e-mail or phone makes a guest a lead.

    `traits` holds some of name, email, phone and attributes (merged key by key). They never look anybody up (S08).
    `consents` says that the box of the form was ticked, of which the first time is kept.
    """
    contact = speaker_of(by)
    is_first = consents and contact.consented_at is None
    if is_first or adds_to(contact, traits):
        keep_said(contact, traits)
        contact.consented_at = events.at if is_first else contact.consented_at
        contact.save(update_fields=[*TRAITS, "attributes", "type", "consented_at"])
        events.add(EventType.CONTACT_UPDATED, contact.id, contact_id=contact.id)
    return contact


def speaker_of(by: Visitor) -> Contact:
    """Return the session's contact, locked: the device's guest is born now if this is the first interaction.

    Call it inside a verb. Raises Unauthenticated when the session was taken back meanwhile, so that no login is
    followed by a new guest, and Forbidden for a blocked contact.
    """
    if by.contact:
        return lock_speaker(by, by.contact.id)
    device = lock_device(by.tenant_id, by.device.id)
    if device.contact_id:
        return lock_speaker(by, device.contact_id)
    require_live(by)
    contact = new_contact(by.tenant_id)
    Device.objects.filter(tenant_id=by.tenant_id, id=device.id).update(contact=contact)
    claim_visits(device, contact)
    return contact


def new_contact(tenant_id: uuid.UUID, **fields: Any) -> Contact:
    """Insert a contact and the stream that goes with every contact."""
    contact = Contact.objects.create(tenant_id=tenant_id, **fields)
    Stream.objects.create(tenant_id=tenant_id, contact=contact)
    return contact


def adds_to(contact: Contact | None, traits: dict[str, Any]) -> bool:
    """Whether these unverified traits say anything that is not known yet."""
    if contact is None:
        return bool(traits)
    is_known = all(getattr(contact, name) == traits[name] for name in TRAITS if name in traits)
    return not (is_known and {**contact.attributes, **traits.get("attributes", {})} == contact.attributes)


def fitting(contact: Contact | None, traits: dict[str, Any]) -> dict[str, Any]:
    """Return the traits without attributes for which there is no room: what a page prints must lock nobody out."""
    known = contact.attributes if contact else {}
    given = traits.get("attributes", {})
    room = MOST_ATTRIBUTES - len(known)
    new = [name for name in given if name not in known][:room]
    kept = {name: value for name, value in given.items() if name in known or name in new}
    return {**traits, "attributes": kept} if given else traits


def keep_said(contact: Contact, traits: dict[str, Any]) -> None:
    """Put unverified traits into a locked contact, which the caller saves. Raises Invalid for too many attributes."""
    for name in TRAITS:
        setattr(contact, name, traits.get(name, getattr(contact, name)))
    contact.attributes = {**contact.attributes, **traits.get("attributes", {})}
    if len(contact.attributes) > MOST_ATTRIBUTES:
        raise Invalid(f"At most {MOST_ATTRIBUTES} attributes can be kept.", code="too_many", attr="attributes")
    if contact.type == Contact.Type.ANONYMOUS and (contact.name or contact.email or contact.phone):
        contact.type = Contact.Type.LEAD
