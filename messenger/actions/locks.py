"""Rows locked in the one order that everything keeps: device → contact → conversation → streams.

`FOR NO KEY UPDATE` is enough: it excludes other writers of the row and lets inserts that refer to it pass.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from .. import statements
from ..errors import Forbidden, Invalid, NotFound, Unauthenticated
from ..models import Contact, Conversation, Device, VisitorToken
from ..principals import Visitor, ended, require_person


def lock_device(tenant_id: uuid.UUID, device_id: uuid.UUID) -> Device:
    """Return a session's locked device with its present slots. Raises Unauthenticated when it was removed meanwhile."""
    device = Device.objects.select_for_update(no_key=True).filter(tenant_id=tenant_id, id=device_id).first()
    if device is None:
        raise Unauthenticated()
    return device


def lock_devices_of(tenant_id: uuid.UUID, contact_ids: Iterable[uuid.UUID] | QuerySet[Any]) -> None:
    """Lock the browsers in which these people are known: before the people, so that nobody signs in there meanwhile."""
    held = Q(contact__in=contact_ids) | Q(user__in=contact_ids)
    rows = Device.objects.filter(held, tenant_id=tenant_id).order_by("id")
    list(rows.select_for_update(no_key=True, of=("self",)).values_list("id"))


def lock_contact(tenant_id: uuid.UUID, contact_id: uuid.UUID) -> Contact:
    """Return the locked contact. Raises NotFound when it was removed meanwhile."""
    contact = Contact.objects.select_for_update(no_key=True).filter(tenant_id=tenant_id, id=contact_id).first()
    if contact is None:
        raise NotFound()
    return contact


def lock_contacts(tenant_id: uuid.UUID, contact_ids: Iterable[uuid.UUID]) -> list[Contact]:
    """Return those of these contacts that are there, locked in the order of their ids."""
    rows = Contact.objects.filter(tenant_id=tenant_id, id__in=contact_ids).order_by("id")
    return list(rows.select_for_update(no_key=True))


def lock_speaker(by: Visitor, contact_id: uuid.UUID) -> Contact:
    """Return the locked contact for whom a session wants to say something.

    Raises Unauthenticated when the contact has meanwhile become somebody the session does not speak for, and Forbidden
    for a blocked one (S60).
    """
    contact = lock_own_contact(by, contact_id)
    require_live(by)
    if contact.blocked:
        raise not_available()
    return contact


def lock_own_contact(by: Visitor, contact_id: uuid.UUID) -> Contact:
    """Return the locked contact of a session. Raises Unauthenticated for one that is somebody else now, or gone."""
    try:
        contact = lock_contact(by.tenant_id, contact_id)
    except NotFound as gone:
        raise Unauthenticated() from gone
    require_person(by, contact)
    return contact


def require_live(by: Visitor) -> None:
    """Raise Unauthenticated when the session was taken back or removed meanwhile.

    With its device locked it stays as it is.
    """
    own = VisitorToken.objects.filter(tenant_id=by.tenant_id, id=by.token.id).values_list("revoked_at", "reason")
    revoked_at, reason = own.first() or (True, "")
    if revoked_at:
        raise ended(reason)


def lock_for_team(tenant_id: uuid.UUID, conversation_id: uuid.UUID) -> Conversation:
    """Return a conversation of the tenant, its contact locked before it. Raises NotFound."""
    contact = lock_owner(tenant_id, conversation_id)
    conversation = lock_conversation(tenant_id, conversation_id)
    conversation.contact = contact
    return conversation


def lock_to_write(tenant_id: uuid.UUID, conversation_id: uuid.UUID) -> Conversation:
    """Return the same to write something into it. Raises NotFound, and Invalid when its person was erased."""
    conversation = lock_for_team(tenant_id, conversation_id)
    require_present(conversation.contact)
    return conversation


def lock_owner(tenant_id: uuid.UUID, conversation_id: uuid.UUID) -> Contact:
    """Return a conversation's contact, locked; the user, when they were a guest who was merged. Raises NotFound."""
    contact = lock_contact(tenant_id, owner_id_of(tenant_id, conversation_id))
    return lock_contact(tenant_id, contact.merged_into_id) if contact.merged_into_id else contact


def require_present(contact: Contact) -> None:
    """Raise Invalid when a locked contact was erased: what is written of them now could never be erased again."""
    if contact.erased_at:
        raise erased()


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


def lock_conversations_of(contact: Contact) -> list[Conversation]:
    """Return all conversations of a locked contact, locked in the order of their ids."""
    rows = Conversation.objects.filter(tenant_id=contact.tenant_id, contact=contact).order_by("id")
    return list(rows.select_for_update(no_key=True))


def lock_conversation_of(contact: Contact, conversation_id: uuid.UUID) -> Conversation:
    """Return the contact's locked conversation; somebody else's looks as if it did not exist (S16)."""
    conversation = statements.lock_conversation(contact.tenant_id, contact.id, conversation_id)
    if conversation is None:
        raise NotFound()
    if not conversation.may_reply:  # type: ignore[attr-defined]  # Named in the statement.
        raise not_available()
    conversation.contact = contact
    return conversation


def erased() -> Invalid:
    """The refusal to say anything more to, or of, somebody who was erased."""
    return Invalid("This person was erased.", code="erased")


def not_available() -> Forbidden:
    """The neutral refusal that a blocked contact gets."""
    return Forbidden("This conversation is not available.", code="not_available")
