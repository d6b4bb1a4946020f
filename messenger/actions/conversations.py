"""A conversation's life: get-or-open, explicit new, assignment, closing and reopening."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import Forbidden, Invalid, NotFound, SingleThread
from ..events import EventLog, EventType
from ..models import Agent, Contact, Conversation, Message, Team, Turn
from ..principals import Visitor
from . import lifecycle, turns
from .cycles import end_cycle
from .locks import lock_conversation_of, lock_for_team, lock_speaker
from .messages import Draft, count_and_lock, find_sent, say
from .parts import append_event, record
from .profile import speaker_of
from .routing import ensure_participant, next_member
from .verb import verb


@dataclass(frozen=True, slots=True)
class Started:
    """What "start" led to: the conversation, the message if one came along, and whether anything was created at all."""

    contact: Contact
    conversation: Conversation
    message: Message | None
    created: bool
    is_new_conversation: bool = False


@verb
def start_conversation(
    events: EventLog,
    *,
    by: Visitor,
    is_new: bool = False,
    client_conversation_id: uuid.UUID | None = None,
    draft: Draft | None = None,
) -> Started:
    """Open the visitor's conversation, or a new one when asked to, and say the first message in it.

    Contact, conversation, participants, visit link and message are one transaction: all of them exist afterwards, or
    none. Raises SingleThread or TooManyOpen for an explicit new one, KeyReused, and Forbidden for a blocked contact.
    """
    if is_new and by.tenant.is_single_thread:
        raise SingleThread()
    contact = speaker_of(by)
    replay = find_sent(contact, draft) if draft else None
    if replay:
        return Started(contact, replay.message.conversation, replay.message, created=False)
    conversation, created = _find_or_create(events, by, contact, is_new, client_conversation_id)
    if draft is None:
        return Started(contact, conversation, None, created=created, is_new_conversation=created)
    count_and_lock(events, by, contact)
    conversation = lock_conversation_of(contact, conversation.id)
    conversation = lifecycle.writable(events, by, contact, conversation)
    message = say(events, by, conversation, draft)
    return Started(contact, conversation, message, created=True, is_new_conversation=created)


@verb
def assign(
    events: EventLog, *, by: Agent, conversation_id: uuid.UUID, to: Mapping[str, uuid.UUID | None]
) -> Conversation:
    """Give the conversation to somebody: `to` holds `agent_id` and/or `team_id`; null clears, a missing one stays.

    Of a team that works in turns, its next member gets it, unless an agent is named.

    Raises NotFound, and Invalid for an agent or team that the tenant does not have (S23).
    """
    conversation = lock_for_team(by.tenant_id, conversation_id)
    agent_id = to.get("agent_id", conversation.assignee_id)
    team_id = to.get("team_id", conversation.team_id)
    if (conversation.assignee_id, conversation.team_id) == (agent_id, team_id):
        return conversation
    # Who has it keeps it, even when they could not be given it any more.
    assignee = conversation.assignee if agent_id == conversation.assignee_id else _assignable_agent(by, agent_id)
    team = conversation.team if team_id == conversation.team_id else _assignable_team(by, team_id)
    if team and team_id != conversation.team_id and "agent_id" not in to:
        assignee = next_member(team) or assignee
        agent_id = assignee.id if assignee else None
    is_shown = conversation.assignee_id != agent_id  # The visitor is shown whose it is, and not which team's (I9).
    conversation.assignee, conversation.team = assignee, team
    if assignee:
        ensure_participant(events, conversation, assignee)
    append_event(
        events,
        conversation,
        "assigned",
        agent=by,
        assignee=assignee.display_name if assignee else None,
        team=team.name if team else None,
    )
    conversation.visible_rev += is_shown
    conversation.save()
    record(events, EventType.CONVERSATION_UPDATED if is_shown else EventType.TEAM_CONVERSATION_UPDATED, conversation)
    return conversation


@verb
def close_conversation(
    events: EventLog, *, by: Agent, conversation_id: uuid.UUID, silently: bool = False, spam: bool = False
) -> Conversation:
    """End the cycle. The visitor is asked for feedback when somebody replied in it and it is not closed silently."""
    conversation = lock_for_team(by.tenant_id, conversation_id)
    if not conversation.is_closed:
        close(events, conversation, agent=by, asks=not (silently or spam), **({"spam": True} if spam else {}))
    return conversation


@verb
def end_conversation(events: EventLog, *, by: Visitor, conversation_id: uuid.UUID) -> Conversation:
    """A visitor ends the cycle of their own conversation. One that is closed, or in which nothing was said, stays.

    Raises NotFound, and Forbidden for a blocked contact (S60) and where the tenant does not let visitors do that.
    """
    if by.contact is None:
        raise NotFound()
    contact = lock_speaker(by, by.contact.id)
    conversation = lock_conversation_of(contact, conversation_id)
    if not by.tenant.visitors_may_close:
        raise Forbidden("Conversations are ended by the team here.", code="closing_not_allowed")
    if conversation.last_message_id and not conversation.is_closed:
        close(events, conversation, agent=None, asks=True, by="visitor")
    return conversation


@verb
def reopen_conversation(events: EventLog, *, by: Agent, conversation_id: uuid.UUID) -> Conversation:
    """Begin the next cycle of a closed conversation, end the snooze of a snoozed one; an open one stays as it is."""
    conversation = lock_for_team(by.tenant_id, conversation_id)
    if conversation.status == Conversation.Status.SNOOZED:
        lifecycle.wake(events, conversation, agent=by)
        record(events, EventType.TEAM_CONVERSATION_UPDATED, conversation)
    if conversation.is_closed:
        lifecycle.reopen(events, conversation, agent=by)
    return conversation


def close(events: EventLog, conversation: Conversation, *, agent: Agent | None, asks: bool, **facts: Any) -> None:
    """End the cycle of a locked conversation that is not closed. `facts` are what its event tells beside."""
    conversation.status = Conversation.Status.CLOSED
    conversation.closed_at = events.at
    conversation.is_spam = bool(facts.get("spam"))
    conversation.snoozed_until = conversation.waiting_since = None
    conversation.asks_rating = asks and _was_replied_to(conversation)
    turns.drop(conversation, Turn.Reason.OVER)
    part = append_event(events, conversation, "closed", agent=agent, **facts)
    end_cycle(conversation, part.created_at, agent=agent, is_spam=conversation.is_spam)
    conversation.save()
    record(events, EventType.CONVERSATION_UPDATED, conversation)


def _find_or_create(
    events: EventLog, by: Visitor, contact: Contact, is_new: bool, client_conversation_id: uuid.UUID | None
) -> tuple[Conversation, bool]:
    owned = Conversation.objects.filter(tenant_id=contact.tenant_id, contact=contact)
    if client_conversation_id and (known := owned.filter(client_conversation_id=client_conversation_id).first()):
        return known, False
    open_ones = lifecycle.open_conversations(contact)
    existing = _to_continue(by, contact, open_ones) if not is_new else unused(open_ones, client_conversation_id)
    if existing:
        return existing if existing.is_closed else lifecycle.promote(events, existing, open_ones), False
    lifecycle.refuse_too_many(open_ones)
    lifecycle.demote(events, open_ones)
    made = lifecycle.create_conversation(events, by, contact, client_conversation_id=client_conversation_id)
    return made, True


def _to_continue(by: Visitor, contact: Contact, open_ones: list[Conversation]) -> Conversation | None:
    """The open primary one, else the most recently active; with one thread for ever, that thread even when closed."""
    if by.tenant.is_single_thread:
        return lifecycle.main_thread(contact)
    primary = next((one for one in open_ones if one.is_primary), None)
    return primary or next(iter(open_ones), None)


def unused(open_ones: list[Conversation], key: uuid.UUID | None) -> Conversation | None:
    """An open conversation in which nothing was said yet serves as the new one, and takes its key for the retry."""
    empty = (one for one in open_ones if one.last_message_id is None)
    free = next((one for one in empty if key is None or one.client_conversation_id is None), None)
    if free and key:
        free.client_conversation_id = key
        free.save(update_fields=["client_conversation_id"])
    return free


def _assignable_agent(by: Agent, agent_id: uuid.UUID | None) -> Agent | None:
    agent = Agent.objects.filter(tenant_id=by.tenant_id, id=agent_id, is_active=True).first() if agent_id else None
    if agent_id and agent is None:
        raise Invalid("There is no such agent.", attr="agent_id")
    return agent


def _assignable_team(by: Agent, team_id: uuid.UUID | None) -> Team | None:
    team = Team.objects.filter(tenant_id=by.tenant_id, id=team_id, archived_at=None).first() if team_id else None
    if team_id and team is None:
        raise Invalid("There is no such team.", attr="team_id")
    return team


def _was_replied_to(conversation: Conversation) -> bool:
    parts = Message.objects.filter(tenant_id=conversation.tenant_id, conversation=conversation)
    replies = parts.filter(author_kind__in=[Message.Author.AGENT, Message.Author.ASSISTANT])
    return replies.filter(cycle=conversation.cycle, kind=Message.Kind.MESSAGE).exists()
