"""The steps of a conversation's life that several verbs share. Callers hold the contact and the conversation."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from ..errors import TooManyOpen
from ..events import EventLog, EventType
from ..models import Agent, Contact, Conversation, Participant, ReadState, Visit, Widget
from ..principals import Visitor
from .cycles import start_cycle
from .locks import lock_conversation_of
from .parts import append_event, record, record_update

MOST_OPEN = 10


def open_conversations(contact: Contact) -> list[Conversation]:
    """Return the contact's conversations that are not closed, most recently active first."""
    owned = Conversation.objects.filter(tenant_id=contact.tenant_id, contact=contact)
    return list(owned.exclude(status=Conversation.Status.CLOSED).order_by("-last_message_at", "-id"))


def main_thread(contact: Contact) -> Conversation | None:
    """Return the thread of a contact who has one for ever: after a merge the user's own, even when it is closed."""
    owned = Conversation.objects.filter(tenant_id=contact.tenant_id, contact=contact)
    return owned.order_by("-is_primary", "-last_message_at", "-id").first()


def create_conversation(
    events: EventLog, by: Visitor, contact: Contact, *, client_conversation_id: uuid.UUID | None = None
) -> Conversation:
    """Insert a primary conversation with its participants, begun in the visitor's present visit (I14)."""
    visit = by.visit
    return insert_conversation(
        events, contact, widget=visit.widget, visit=visit, client_conversation_id=client_conversation_id
    )


def insert_conversation(
    events: EventLog,
    contact: Contact,
    *,
    widget: Widget,
    visit: Visit | None = None,
    client_conversation_id: uuid.UUID | None = None,
    assignee: Agent | None = None,
) -> Conversation:
    """Insert a primary conversation with its participants; without a visit when an agent begins it."""
    conversation = Conversation.objects.create(
        tenant_id=contact.tenant_id,
        contact=contact,
        widget=widget,
        visit=visit,
        client_conversation_id=client_conversation_id,
        assignee=assignee,
        created_at=events.at,
        last_message_at=events.at,
        last_part_at=events.at,
    )
    _add_first_participants(events, conversation, has_assistant=has_assistant(widget))
    record(events, EventType.CONVERSATION_STARTED, conversation)
    return conversation


def list_for_team(events: EventLog, conversation: Conversation) -> None:
    """The first message: the team learns that the conversation exists."""
    record(events, EventType.CONVERSATION_LISTED, conversation)


def writable(events: EventLog, by: Visitor, contact: Contact, conversation: Conversation) -> Conversation:
    """Return the conversation a visitor's message goes to: this one, reopened or woken, or a new one when too old.

    With one thread for ever it is that one: a guest's thread that a merge brought along is for reading.
    """
    if by.tenant.is_single_thread and not conversation.is_primary and (main := main_thread(contact)):
        conversation = lock_conversation_of(contact, main.id)
    if conversation.status == Conversation.Status.SNOOZED:
        wake(events, conversation, by="visitor")
    if not conversation.is_closed:
        return conversation
    if _is_too_old(events, by, conversation):
        existing = open_conversations(contact)
        if not existing:
            return create_conversation(events, by, contact)
        chosen = promote(events, existing[0], existing)
        return writable(events, by, contact, lock_conversation_of(contact, chosen.id))
    reopen(events, conversation, agent=None)
    return conversation


def reopen(events: EventLog, conversation: Conversation, *, agent: Agent | None) -> None:
    """Begin the next cycle of a closed conversation. It comes back parallel when another one is primary by now."""
    others = Conversation.objects.filter(tenant_id=conversation.tenant_id, contact=conversation.contact_id)
    has_primary = others.filter(is_primary=True).exclude(status=Conversation.Status.CLOSED).exists()
    conversation.status = Conversation.Status.OPEN
    conversation.is_primary = not has_primary
    conversation.closed_at = conversation.first_reply_at = conversation.waiting_since = None
    conversation.asks_rating, conversation.rating, conversation.is_spam = False, None, False
    conversation.cycle += 1
    call_assistant(events, conversation)
    part = append_event(events, conversation, "reopened", agent=agent)
    if conversation.last_message_id:
        start_cycle(conversation, part.created_at)
    conversation.save()
    record(events, EventType.CONVERSATION_UPDATED, conversation)


def has_assistant(widget: Widget) -> bool:
    """Whether the assistant answers in this widget."""
    return bool(widget.features.get("assistant"))


def call_assistant(events: EventLog, conversation: Conversation) -> None:
    """A cycle begins: the assistant may speak in it, whoever spoke in the last one, if the widget has one."""
    widget = Widget.objects.get(tenant_id=conversation.tenant_id, id=conversation.widget_id)
    own = Participant.objects.filter(
        tenant_id=conversation.tenant_id, conversation=conversation, kind=Participant.Kind.ASSISTANT
    )
    conversation.assistant_listens = has_assistant(widget)
    if not own.update(is_active=has_assistant(widget), can_reply=True) and has_assistant(widget):
        _assistant_participant(events, conversation).save(force_insert=True)


def wake(events: EventLog, conversation: Conversation, *, agent: Agent | None = None, **facts: str) -> None:
    """End a snooze. The visitor never saw it, so only the team is told, with the facts of why it ended."""
    conversation.status = Conversation.Status.OPEN
    conversation.snoozed_until = None
    append_event(events, conversation, "woken", agent=agent, **facts)
    conversation.save()


def promote(events: EventLog, conversation: Conversation, open_ones: list[Conversation]) -> Conversation:
    """Make a conversation the primary one. The previous one is demoted first, as the unique index demands."""
    if conversation.is_primary:
        return conversation
    demote(events, open_ones)
    conversation.is_primary = True
    _save_changed(events, conversation)
    return conversation


def demote(events: EventLog, open_ones: list[Conversation]) -> None:
    """Take the primary mark from whichever open conversation has it."""
    for other in open_ones:
        if other.is_primary:
            other.is_primary = False
            _save_changed(events, other)


def refuse_too_many(open_ones: list[Conversation]) -> None:
    """Raise TooManyOpen when the contact may not open another one."""
    if len(open_ones) >= MOST_OPEN:
        raise TooManyOpen()


def new_agent_participant(events: EventLog, conversation: Conversation, agent: Agent, **fields: Any) -> Participant:
    """Insert an agent who replies for the first time, was assigned, or has a wish of their own about it."""
    return Participant.objects.create(
        tenant_id=agent.tenant_id,
        conversation=conversation,
        kind=Participant.Kind.AGENT,
        agent=agent,
        can_invite=True,
        created_at=events.at,
        **fields,
    )


def _add_first_participants(events: EventLog, conversation: Conversation, *, has_assistant: bool) -> None:
    tenant_id, contact = conversation.tenant_id, conversation.contact
    shared = {"tenant_id": tenant_id, "conversation": conversation}
    people = [Participant(**shared, kind=Participant.Kind.CONTACT, contact=contact, created_at=events.at)]
    if has_assistant:
        people.append(_assistant_participant(events, conversation))
    conversation.assistant_listens = has_assistant
    Participant.objects.bulk_create(people)
    ReadState.objects.create(**shared, kind=ReadState.Kind.CONTACT, contact=contact)


def _assistant_participant(events: EventLog, conversation: Conversation) -> Participant:
    return Participant(
        tenant_id=conversation.tenant_id,
        conversation=conversation,
        kind=Participant.Kind.ASSISTANT,
        notifications_enabled=False,
        created_at=events.at,
    )


def _is_too_old(events: EventLog, by: Visitor, conversation: Conversation) -> bool:
    days = by.tenant.reopen_days
    if days is None or by.tenant.is_single_thread or conversation.closed_at is None:
        return False
    # Divided, because no date is as early as some numbers of days would have it.
    return (events.at - conversation.closed_at) / timedelta(days=1) > days


def _save_changed(events: EventLog, conversation: Conversation) -> None:
    conversation.rev += 1
    conversation.visible_rev += 1
    conversation.save(update_fields=["is_primary", "rev", "visible_rev"])
    record_update(events, conversation)
