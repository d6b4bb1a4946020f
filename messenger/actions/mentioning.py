"""Naming colleagues in notes: `@` and a display name, which is how the name was written when the note was."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from ..models import Agent, Mention, Message
from ..rendering import render_markdown, render_note


@dataclass(frozen=True, slots=True)
class Noted:
    """A note as it is kept: rendered, and the ids of the colleagues whom it names."""

    body_html: str
    agent_ids: tuple[uuid.UUID, ...]


def read_note(by: Agent, body: str) -> Noted:
    """Render a note and find whom it names. A name that no colleague has stays text; of namesakes all are meant.

    Whoever names themself is not told.
    """
    by_name: dict[str, list[uuid.UUID]] = {}
    if "@" in body:
        people = Agent.objects.filter(tenant_id=by.tenant_id, is_active=True).order_by("id")
        for agent_id, name in people.values_list("id", "display_name"):
            by_name.setdefault(name.strip().casefold(), []).append(agent_id)
    html, named = render_note(body, by_name)
    meant = {one for name in named for one in by_name.get(name, ())} - {by.id}
    return Noted(html, tuple(sorted(meant)))


def read_as(by: Agent, *, kind: str, body: str) -> str:
    """Return a reply or note as it would be rendered."""
    return read_note(by, body).body_html if kind == Message.Kind.NOTE else render_markdown(body)


def name_agents(message: Message, agent_ids: Collection[uuid.UUID], at: datetime) -> None:
    """Tell agents that a stored note names them."""
    Mention.objects.bulk_create(
        Mention(
            tenant_id=message.tenant_id,
            agent_id=agent_id,
            message=message,
            conversation_id=message.conversation_id,
            created_at=at,
        )
        for agent_id in agent_ids
    )


def name_others(message: Message, agent_ids: Collection[uuid.UUID], at: datetime) -> None:
    """Make a note that was changed name these agents and no others. Who was named before stays so from that time on."""
    known = {uuid.UUID(one) for one in message.mentions}
    named = Mention.objects.filter(tenant_id=message.tenant_id, message=message)
    if known - set(agent_ids):
        named.exclude(agent__in=agent_ids).delete()
    name_agents(message, [one for one in agent_ids if one not in known], at)
    message.mentions = as_json(agent_ids)


def as_json(agent_ids: Collection[uuid.UUID]) -> list[str]:
    """Return ids as a message keeps them."""
    return [str(one) for one in agent_ids]
