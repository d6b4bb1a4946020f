"""What the team does with a person: make one, correct what was said of them, block them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from .. import audit
from ..errors import Invalid, NotFound
from ..events import EventLog, EventType
from ..models import Agent, Contact, Conversation
from ..models.audit import AuditAction
from ..principals import System, actor_of
from ..traits import MOST_ATTRIBUTES, TRAITS
from .locks import lock_conversation, require_present
from .parts import append_event
from .profile import keep_said, new_contact
from .verb import verb


@dataclass(frozen=True, slots=True)
class Made:
    """A contact, and whether they had been there before."""

    contact: Contact
    is_replay: bool


@verb
def create_contact(
    events: EventLog, *, by: Agent, traits: dict[str, Any], client_contact_id: uuid.UUID | None = None
) -> Made:
    """Make a lead of what somebody said elsewhere: name, email, phone, attributes. Once per key, when one is sent.

    Nobody is looked up by a trait: who shares an address is told as a hint, and stays another person. Raises Invalid
    without a name, an e-mail or a phone, and for too many attributes.
    """
    own = Contact.objects.filter(tenant_id=by.tenant_id, client_contact_id=client_contact_id)
    if client_contact_id and (known := own.select_related("merged_into").first()):
        return Made(known.merged_into or known, is_replay=True)
    if not any(traits.get(name) for name in TRAITS):
        raise Invalid("Say a name, an e-mail address or a phone number.", code="blank", attr="name")
    contact = new_contact(by.tenant_id, client_contact_id=client_contact_id)
    keep_said(contact, {**traits, "attributes": _without_nulls(traits.get("attributes", {}))})
    contact.save()
    events.add(EventType.TEAM_CONTACT_UPDATED, contact.id)
    return Made(contact, is_replay=False)


@verb
def update_contact(events: EventLog, *, by: Agent, contact_id: uuid.UUID, traits: dict[str, Any]) -> Contact:
    """Correct what was said of a person, unverified; attributes are merged name by name, and null removes one.

    What the site has signed stays as it is. The id of a merged guest leads to the user. Raises NotFound, and Invalid
    for too many attributes and for somebody who was erased.
    """
    contact = lock_person(by.tenant_id, contact_id)
    require_present(contact)
    before = _said(contact)
    attributes = _without_nulls({**contact.attributes, **traits.get("attributes", {})})
    if len(attributes) > MOST_ATTRIBUTES:
        text = f"At most {MOST_ATTRIBUTES} attributes can be kept."
        raise Invalid(text, code="too_many", attr="attributes")
    contact.attributes = attributes
    keep_said(contact, {name: traits[name] for name in TRAITS if name in traits})
    if _said(contact) == before:
        return contact
    contact.save(update_fields=[*TRAITS, "attributes", "type"])
    is_shown = _said(contact)[0] != before[0]
    type_ = EventType.CONTACT_UPDATED if is_shown else EventType.TEAM_CONTACT_UPDATED
    events.add(type_, contact.id, contact_id=contact.id)
    return contact


@verb
def block_contact(events: EventLog, *, by: Agent | System, contact_id: uuid.UUID, blocked: bool) -> Contact:
    """Let a person send nothing any more, or again (S60). They are not told; the team reads it in the latest thread.

    Raises NotFound.
    """
    contact = lock_person(by.tenant_id, contact_id)
    if contact.blocked == blocked:
        return contact
    contact.blocked = blocked
    contact.save(update_fields=["blocked"])
    action = AuditAction.CONTACT_BLOCKED if blocked else AuditAction.CONTACT_UNBLOCKED
    audit.note(action, tenant_id=by.tenant_id, by=actor_of(by), subject=contact)
    _tell_in_thread(events, contact, by if isinstance(by, Agent) else None, "blocked" if blocked else "unblocked")
    events.add(EventType.TEAM_CONTACT_UPDATED, contact.id)
    return contact


def lock_person(tenant_id: uuid.UUID, contact_id: uuid.UUID) -> Contact:
    """Return a contact of the tenant, locked; the user, when they were a guest who was merged. Raises NotFound."""
    people = Contact.objects.filter(tenant_id=tenant_id).select_for_update(no_key=True)
    contact = people.filter(id=contact_id).first()
    if contact and contact.merged_into_id:
        contact = people.filter(id=contact.merged_into_id).first()
    if contact is None:
        raise NotFound()
    return contact


def _tell_in_thread(events: EventLog, contact: Contact, agent: Agent | None, name: str) -> None:
    said = Conversation.objects.filter(tenant_id=contact.tenant_id, contact=contact, last_message__isnull=False)
    latest = said.order_by("-last_message_at", "-id").values_list("id", flat=True).first()
    if latest is None:
        return
    conversation = lock_conversation(contact.tenant_id, latest)
    conversation.contact = contact
    append_event(events, conversation, name, agent=agent)
    conversation.save()


def _said(contact: Contact) -> tuple[list[Any], dict[str, Any]]:
    return [contact.type, *(getattr(contact, name) for name in TRAITS)], contact.attributes


def _without_nulls(attributes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None}
