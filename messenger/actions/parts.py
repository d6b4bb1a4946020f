"""Appending to a thread: the numbers, counters and clocks that every part moves. Callers hold the conversation."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from .. import statements
from ..events import EventLog, EventType
from ..models import Agent, Conversation, Message, ReadState, SeenState, new_id
from .cycles import cycle_said

# What a visitor is told of the thread's life. Every other event is the team's.
_VISIBLE_EVENTS = {"agent_joined", "closed", "reopened", "handed_off", "rated"}


def append_part(events: EventLog, conversation: Conversation, *, visible: bool, **fields: Any) -> Message:
    """Insert the next part of a locked conversation and record it. The caller saves the conversation.

    Numbers grow by one in each order that the part belongs to (I3). Its time is never before its predecessor's, so a
    timeline sorted by time agrees with seq even when the clocks of two servers do not.
    """
    conversation.last_seq += 1
    conversation.rev += 1
    if visible:
        conversation.last_visible_seq += 1
        conversation.visible_rev += 1
    conversation.last_part_at = max(events.at, conversation.last_part_at + timedelta(microseconds=1))
    part = Message(
        id=new_id(),
        tenant_id=conversation.tenant_id,
        conversation=conversation,
        contact=conversation.contact,
        seq=conversation.last_seq,
        visible_seq=conversation.last_visible_seq if visible else None,
        cycle=conversation.cycle,
        created_at=conversation.last_part_at,
        **fields,
    )
    if part.kind == Message.Kind.EVENT or part.author_kind == Message.Author.ASSISTANT:
        part.save(force_insert=True)
    else:
        statements.insert_message(part)
    record(events, EventType.MESSAGE_CREATED if visible else EventType.NOTE_CREATED, conversation, part.id)
    return part


def append_event(
    events: EventLog, conversation: Conversation, name: str, *, agent: Agent | None, **facts: Any
) -> Message:
    """Insert an event part, such as "closed", written by an agent or, without one, by the system."""
    return append_part(
        events,
        conversation,
        visible=name in _VISIBLE_EVENTS,
        kind=Message.Kind.EVENT,
        author_kind=Message.Author.AGENT if agent else Message.Author.SYSTEM,
        agent=agent,
        event={"name": name, **facts},
    )


def change_event(events: EventLog, conversation: Conversation, part: Message, **facts: Any) -> None:
    """Let an event part that everybody sees tell something else of what happened. The caller saves the conversation."""
    part.event = {**(part.event or {}), **facts}
    part.rev += 1
    part.save(update_fields=["event", "rev"])
    conversation.rev += 1
    conversation.visible_rev += 1
    record(events, EventType.MESSAGE_UPDATED, conversation, part.id)


def record(events: EventLog, type_: EventType, conversation: Conversation, entity_id: uuid.UUID | None = None) -> None:
    """Record that the conversation, or something in it, changed."""
    events.add(
        type_,
        entity_id or conversation.id,
        contact_id=conversation.contact_id,
        conversation_id=conversation.id,
    )


def record_update(events: EventLog, conversation: Conversation) -> None:
    """Record that a conversation changed: for its contact alone as long as nothing was said, and for the team too."""
    is_listed = conversation.last_message_id is not None
    record(events, EventType.CONVERSATION_UPDATED if is_listed else EventType.OWN_CONVERSATION_UPDATED, conversation)


def count_message(events: EventLog, conversation: Conversation, message: Message) -> None:
    """Move what a said message moves: the preview, the sort, and the counter of its author's side.

    The contact was counted, and thereby locked, before the message had its time. Where that came out later, because
    another part came first, the chat log follows: it sorts by the very time that the thread shows.
    """
    if message.created_at > events.at:
        statements.move_last_message(message.tenant_id, conversation.contact_id, message.created_at)
    cycle_said(conversation, message)
    conversation.last_message = message
    conversation.last_message_at = message.created_at
    if message.author_kind == Message.Author.CONTACT:
        conversation.contact_messages += 1
        conversation.waiting_since = conversation.waiting_since or message.created_at
    else:
        conversation.reply_messages += 1


def read_own(conversation: Conversation, *, contact_id: uuid.UUID | None = None, agent: Agent | None = None) -> None:
    """Whoever writes has read everything up to what they wrote."""
    agent_id = agent.id if agent else None
    if statements.read_everything(conversation, contact_id=contact_id, agent_id=agent_id):
        return
    ReadState.objects.create(
        tenant_id=conversation.tenant_id,
        conversation=conversation,
        kind=ReadState.Kind.AGENT if agent else ReadState.Kind.CONTACT,
        contact_id=contact_id,
        agent=agent,
        last_read_seq=conversation.last_seq,
        last_read_visible_seq=conversation.last_visible_seq if contact_id else 0,
        messages_read=conversation.reply_messages if contact_id else conversation.contact_messages,
    )


def move_seen(events: EventLog, conversation: Conversation, agent: Agent) -> None:
    """The agent types or replies: the visitor may know that everything so far was seen (I11)."""
    if not has_unseen(conversation):
        return
    seen = getattr(conversation, "seen_state", None) or SeenState(
        tenant_id=conversation.tenant_id, conversation=conversation
    )
    seen.seen_seq, seen.seen_visible_seq = conversation.last_seq, conversation.last_visible_seq
    seen.contact_messages = conversation.contact_messages
    seen.agent, seen.at = agent, events.at
    seen.save()
    record(events, EventType.SEEN_UPDATED, conversation, seen.id)


def has_unseen(conversation: Conversation) -> bool:
    """Whether the contact said something since Seen last moved."""
    seen = getattr(conversation, "seen_state", None)
    return conversation.contact_messages > (seen.contact_messages if seen else 0)
