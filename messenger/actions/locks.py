"""Rows locked in the one order that everything keeps: device → contact → conversation → streams.

`FOR NO KEY UPDATE` is enough: it excludes other writers of the row and lets inserts that refer to it pass.
"""

from __future__ import annotations

import uuid

from .. import statements
from ..errors import Forbidden, NotFound
from ..models import Contact, Conversation, Device


def lock_device(tenant_id: uuid.UUID, device_id: uuid.UUID) -> Device:
    """Return the locked device with its present slots."""
    return Device.objects.select_for_update(no_key=True).get(tenant_id=tenant_id, id=device_id)


def lock_contact(tenant_id: uuid.UUID, contact_id: uuid.UUID) -> Contact:
    """Return the locked contact."""
    return Contact.objects.select_for_update(no_key=True).get(tenant_id=tenant_id, id=contact_id)


def lock_speaker(tenant_id: uuid.UUID, contact_id: uuid.UUID) -> Contact:
    """Return the locked contact, who wants to say something. A blocked one may not (S60)."""
    contact = lock_contact(tenant_id, contact_id)
    if contact.blocked:
        raise not_available()
    return contact


def lock_for_team(tenant_id: uuid.UUID, conversation_id: uuid.UUID) -> Conversation:
    """Return a conversation of the tenant, its contact locked before it. Raises NotFound."""
    contact = lock_contact(tenant_id, owner_id_of(tenant_id, conversation_id))
    conversation = lock_conversation(tenant_id, conversation_id)
    conversation.contact = contact
    return conversation


def owner_id_of(tenant_id: uuid.UUID, conversation_id: uuid.UUID) -> uuid.UUID:
    """Return the id of a conversation's contact. Raises NotFound."""
    owner = Conversation.objects.filter(tenant_id=tenant_id, id=conversation_id).values_list("contact_id", flat=True)
    for contact_id in owner[:1]:
        return contact_id
    raise NotFound()


def lock_conversation(tenant_id: uuid.UUID, conversation_id: uuid.UUID) -> Conversation:
    """Return a locked conversation of the tenant, whose contact is locked already."""
    rows = Conversation.objects.select_related("contact", "seen_state").filter(tenant_id=tenant_id, id=conversation_id)
    conversation = rows.select_for_update(no_key=True, of=("self",)).first()
    if conversation is None:
        raise NotFound()
    return conversation


def lock_conversation_of(contact: Contact, conversation_id: uuid.UUID) -> Conversation:
    """Return the contact's locked conversation; somebody else's looks as if it did not exist (S16)."""
    conversation = statements.lock_conversation(contact.tenant_id, contact.id, conversation_id)
    if conversation is None:
        raise NotFound()
    if not conversation.may_reply:  # type: ignore[attr-defined]  # Named in the statement.
        raise not_available()
    conversation.contact = contact
    return conversation


def not_available() -> Forbidden:
    """The neutral refusal that a blocked contact gets."""
    return Forbidden("This conversation is not available.", code="not_available")
