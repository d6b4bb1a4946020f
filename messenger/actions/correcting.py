"""Taking back what was said: editing and removing. The part keeps its place, its number and its key (I1–I3)."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db.models import Q

from .. import audit, handing_over
from ..errors import Forbidden, MessageRemoved, NotFound, TooLate
from ..events import EventLog, EventType
from ..models import Agent, Conversation, Message
from ..models.audit import AuditAction
from ..principals import actor_of
from ..rendering import render_markdown
from .locks import lock_for_team
from .mentioning import name_others, read_note
from .messages import require_text
from .parts import change_event, record
from .removing import remove_files
from .verb import verb


@verb
def edit_message(events: EventLog, *, by: Agent, message_id: uuid.UUID, body: str) -> Message:
    """Say something else instead, in a reply or note of one's own. The same again changes nothing.

    Raises NotFound, Forbidden for what somebody else wrote, TooLate after the tenant's `edit_minutes`, MessageRemoved,
    and Invalid for a message that would say nothing.
    """
    message = _lock_message(by, message_id)
    if not _is_own(by, message):
        raise Forbidden("Only who wrote this may change it.")
    if message.deleted_at:
        raise MessageRemoved()
    _require_time(events, by, message)
    require_text(body, message.files)
    if body == message.body:
        return message
    _say(events, by, message, body)
    message.edited_at = events.at
    _save(events, message, EventType.NOTE_UPDATED if _is_note(message) else EventType.MESSAGE_UPDATED)
    return message


@verb
def redact_message(events: EventLog, *, by: Agent, message_id: uuid.UUID) -> Message:
    """Remove what a message or note said, for good, and its files; a tombstone stays. Once more changes nothing.

    Agents remove what they wrote within the tenant's `edit_minutes`; admins anything at any time. Raises NotFound,
    Forbidden and TooLate.
    """
    message = _lock_message(by, message_id)
    if message.deleted_at:
        return message
    if not by.is_admin:
        if not _is_own(by, message):
            raise Forbidden("Only who wrote this, or an admin, may remove it.")
        _require_time(events, by, message)
    remove_files(Q(tenant_id=message.tenant_id, message=message))
    # The hash goes, too: of a short text it would tell what it was.
    message.body = message.body_html = message.request_hash = ""
    message.files = []
    name_others(message, (), events.at)
    message.deleted_at = events.at
    _save(events, message, EventType.NOTE_DELETED if _is_note(message) else EventType.MESSAGE_DELETED)
    _quote_no_more(events, message)
    facts = {"conversation_id": str(message.conversation_id)}
    audit.note(AuditAction.MESSAGE_REDACTED, tenant_id=by.tenant_id, by=actor_of(by), subject=message, facts=facts)
    return message


def _say(events: EventLog, by: Agent, message: Message, body: str) -> None:
    message.body = body
    if not _is_note(message):
        message.body_html = render_markdown(body) if body else ""
        return
    noted = read_note(by, body)
    message.body_html = noted.body_html
    name_others(message, noted.agent_ids, events.at)


def _lock_message(by: Agent, message_id: uuid.UUID) -> Message:
    """Return a message or note of the tenant, its contact and conversation locked. An event is no message."""
    said = Message.objects.filter(tenant_id=by.tenant_id, id=message_id).exclude(kind=Message.Kind.EVENT)
    for conversation_id in said.values_list("conversation_id", flat=True):
        conversation = lock_for_team(by.tenant_id, conversation_id)
        message = said.select_related("agent").get()
        message.conversation, message.contact = conversation, conversation.contact
        return message
    raise NotFound()


def _quote_no_more(events: EventLog, message: Message) -> None:
    """What a contact said is quoted to the team where the assistant handed over afterwards."""
    if message.author_kind != Message.Author.CONTACT:
        return
    conversation: Conversation = message.conversation
    later = Message.objects.filter(tenant_id=message.tenant_id, conversation=conversation, seq__gt=message.seq)
    for part in later.filter(cycle=message.cycle, kind=Message.Kind.EVENT, event__name="handed_off"):
        change_event(events, conversation, part, summary=handing_over.summary_of(part))
    conversation.save(update_fields=["rev", "visible_rev"])


def _is_own(by: Agent, message: Message) -> bool:
    return message.agent_id == by.id


def _is_note(message: Message) -> bool:
    return message.kind == Message.Kind.NOTE


def _require_time(events: EventLog, by: Agent, message: Message) -> None:
    minutes = by.tenant.edit_minutes
    if minutes is not None and events.at > message.created_at + timedelta(minutes=minutes):
        raise TooLate()


def _save(events: EventLog, message: Message, type_: EventType) -> None:
    """Store the part as it is now. Its conversation shows it, so that has another revision, too."""
    message.rev += 1
    message.save(
        update_fields=[
            *("body", "body_html", "files", "mentions"),
            *("request_hash", "edited_at", "deleted_at", "rev"),
        ],
    )
    conversation: Conversation = message.conversation
    conversation.rev += 1
    conversation.visible_rev += message.visible_seq is not None
    conversation.save(update_fields=["rev", "visible_rev"])
    record(events, type_, conversation, message.id)
