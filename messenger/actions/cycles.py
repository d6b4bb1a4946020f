"""Where a cycle turns: it starts, is waited in, is replied to, ends. Callers hold the conversation.

A message between those moments costs nothing here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F

from ..models import Agent, Conversation, Cycle, Message


def cycle_said(conversation: Conversation, message: Message) -> None:
    """A message was said. Call it before the conversation's counters and clocks move."""
    if conversation.last_message_id is None:
        start_cycle(conversation, message.created_at)
    if message.author_kind == Message.Author.ASSISTANT:
        _turn(conversation, "assistant_reply_at", assistant_reply_at=message.created_at)
    elif conversation.first_reply_at is not None:
        return
    elif message.author_kind == Message.Author.AGENT:
        told = {"first_reply_at": message.created_at, "first_reply_agent": message.agent}
        _turn(conversation, "first_reply_at", **told)
    elif conversation.waiting_since is None:
        _turn(conversation, "first_contact_at", first_contact_at=message.created_at)


def start_cycle(conversation: Conversation, at: datetime) -> None:
    """The conversation's present cycle begins."""
    Cycle.objects.create(
        tenant_id=conversation.tenant_id, conversation=conversation, cycle=conversation.cycle, started_at=at
    )


def end_cycle(conversation: Conversation, at: datetime, *, agent: Agent | None, is_spam: bool) -> None:
    """The present cycle is closed, by an agent or somebody else; nothing to count where nothing was ever said."""
    if conversation.last_message_id is None:
        return
    credited = conversation.assignee_id or (agent.id if agent else F("first_reply_agent_id"))
    closed = {"closed_at": at, "closed_agent": agent, "is_spam": is_spam}
    _turn(conversation, "closed_at", **closed, agent_id=credited, team_id=conversation.team_id)


def cycle_handed_off(conversation: Conversation, at: datetime) -> None:
    """The assistant gave the present cycle to the team."""
    _turn(conversation, "handed_off_at", handed_off_at=at)


def _turn(conversation: Conversation, once: str, **values: Any) -> None:
    """Set what the present cycle does not have yet."""
    owned = Cycle.objects.filter(tenant_id=conversation.tenant_id, conversation=conversation.id)
    own = owned.filter(cycle=conversation.cycle)
    if not own.filter(**{once: None}).update(**values) and not own.exists():
        _make_up(conversation)
        own.filter(**{once: None}).update(**values)


def _make_up(conversation: Conversation) -> None:
    """A process of the release before cycles were kept began this one: the thread tells what has happened in it."""
    owned = Message.objects.filter(tenant_id=conversation.tenant_id, conversation=conversation.id)
    parts = owned.filter(cycle=conversation.cycle).order_by("seq")
    said = parts.filter(kind=Message.Kind.MESSAGE)
    reply = said.filter(author_kind=Message.Author.AGENT).first()
    asked = said.filter(author_kind=Message.Author.CONTACT, seq__lt=reply.seq if reply else conversation.last_seq + 1)
    first = (parts if conversation.cycle > 1 else said).values_list("created_at", flat=True)
    Cycle.objects.create(
        tenant_id=conversation.tenant_id,
        conversation=conversation,
        cycle=conversation.cycle,
        started_at=first[0],
        first_contact_at=asked.values_list("created_at", flat=True).first(),
        first_reply_at=reply.created_at if reply else None,
        first_reply_agent_id=reply.agent_id if reply else None,
    )
