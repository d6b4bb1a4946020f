"""A guest turned out to be a user: everything that is the guest's becomes the user's (`identity-security.md`, "Merge").

Only a proof leads here. Both contacts are locked, the conversations follow, the events go last.
"""

from __future__ import annotations

import uuid
from typing import Any

from .. import audit
from ..events import EventLog, EventType
from ..models import Attachment, Contact, ContactMerge, Conversation, Device, Message, Participant, ReadState, Visit
from ..models.audit import AuditAction
from ..queries import HISTORY
from .locks import lock_conversations_of
from .parts import append_event, record_update


def merge_contacts(events: EventLog, *, guest: Contact, user: Contact, device: Device) -> None:
    """Move everything of a locked guest to a locked user and record it, for the visitor, the team and the audit."""
    if user.type != Contact.Type.USER or guest.type == Contact.Type.USER:
        raise ValueError("Only a guest is merged, and only into a user.")
    name = str(guest.display_name)
    events.add(EventType.STREAM_CLOSED, guest.id, contact_id=guest.id)
    events.add(EventType.CONTACT_MERGED, guest.id, contact_id=user.id)
    _forget_shared_keys(guest, user)
    said = _latest_of(guest)
    conversations = lock_conversations_of(guest)
    steps_back = _keeps_own_thread(user)
    _move_rows(guest, user)
    _add_up(guest, user)
    ContactMerge.objects.create(tenant_id=user.tenant_id, source=guest, into=user, device=device, at=events.at)
    moved = {"from": str(guest.id), "conversations": len(conversations)}
    audit.note(AuditAction.CONTACT_MERGED, tenant_id=user.tenant_id, by=events.actor, subject=user, facts=moved)
    for conversation in conversations:
        conversation.contact = user
        conversation.is_primary = conversation.is_primary and not steps_back
        _settle(events, conversation, {"from": str(guest.id), "guest": name, "blocked": guest.blocked})
    for message_id, conversation_id in said:
        events.add(EventType.MESSAGE_GAINED, message_id, contact_id=user.id, conversation_id=conversation_id)


def _keeps_own_thread(user: Contact) -> bool:
    """Whether the guest's primary conversation becomes a parallel one: the user has an open one, or one for ever."""
    owned = Conversation.objects.filter(tenant_id=user.tenant_id, contact=user, is_primary=True)
    if user.tenant.is_single_thread:
        return owned.exists()
    return owned.exclude(status=Conversation.Status.CLOSED).exists()


def _move_rows(guest: Contact, user: Contact) -> None:
    """Conversations are saved one by one later, with the event in each.

    What was said keeps its revision: it is told once, in `contact.merged`, by whom all of it was.
    """
    for model in (Attachment, Message, Participant, ReadState, Visit):
        model.objects.filter(tenant_id=guest.tenant_id, contact=guest).update(contact=user)


def _latest_of(guest: Contact) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """(part, conversation) of what the user's other devices lack, as far back as a snapshot goes, oldest first."""
    parts = Message.objects.filter(tenant_id=guest.tenant_id, contact=guest, visible_seq__isnull=False)
    latest = parts.order_by("-created_at", "-id").values_list("id", "conversation_id")
    return list(reversed(latest[:HISTORY]))


def _forget_shared_keys(guest: Contact, user: Contact) -> None:
    """Client keys are unique per author. Where both used the same one, it stays with what the user did."""
    said = Message.objects.filter(author_kind=Message.Author.CONTACT)
    keyed = (
        (said, "client_message_id"),
        (Conversation.objects.all(), "client_conversation_id"),
        (Attachment.objects.all(), "client_upload_id"),
    )
    for rows, key in keyed:
        own = rows.filter(tenant_id=guest.tenant_id, contact=guest, **{f"{key}__isnull": False})
        theirs = rows.filter(tenant_id=user.tenant_id, contact=user, **{f"{key}__in": own.values(key)})
        if shared := list(theirs.values_list(key, flat=True)):
            own.filter(**{f"{key}__in": shared}).update(**{key: None})


def _add_up(guest: Contact, user: Contact) -> None:
    """One row of the chat log remains. What a guest said of themself stays with the guest, and so does a block.

    Whoever shares a browser, or plants a device id in one, must not decide how a user is called or blocked (S15).
    """
    user.message_count += guest.message_count
    user.last_message_at = max(filter(None, (user.last_message_at, guest.last_message_at)), default=None)
    user.save(update_fields=["message_count", "last_message_at"])
    guest.message_count, guest.last_message_at, guest.merged_into = 0, None, user
    guest.save(update_fields=["message_count", "last_message_at", "merged_into"])


def _settle(events: EventLog, conversation: Conversation, facts: dict[str, Any]) -> None:
    """The conversation is the user's now, and the team reads in the thread what happened, if it knows the thread."""
    if conversation.last_message_id:
        append_event(events, conversation, "merged", agent=None, **facts)
    conversation.rev += 1
    conversation.visible_rev += 1
    conversation.save()
    record_update(events, conversation)
