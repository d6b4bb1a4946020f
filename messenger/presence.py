"""Ephemeral facts: typing, and an agent's own reading. They travel beside the log and are never stored."""

from __future__ import annotations

import uuid
from typing import Any

from . import nudges
from .models import Agent, Contact, Conversation, Stream
from .payloads import agent_face, display_name

TYPING_TTL_S = 6


def contact_typing(contact: Contact, conversation: Conversation, *, on: bool) -> None:
    """Tell the team that the contact types. Of a blocked one the team sees nothing new (S60)."""
    if contact.blocked:
        return
    by = {"kind": "contact", "id": str(contact.id), "name": display_name(contact)}
    _push(_team_stream(conversation.tenant_id), _typing(conversation.id, by, on=on))


def agent_typing(agent: Agent, conversation: Conversation, *, on: bool, kind: str) -> None:
    """Tell the team that an agent types; the contact too when it is a message. A note's typing stays inside (I9)."""
    face = agent_face(agent)
    by = {"kind": "agent", "id": face["id"], "name": face["name"]}
    _push(_team_stream(conversation.tenant_id), _typing(conversation.id, by, on=on, kind=kind))
    if kind == "message":
        _push(_contact_stream(conversation), _typing(conversation.id, by, on=on))


def agent_viewing(agent: Agent, conversation_id: uuid.UUID | None) -> None:
    """Tell colleagues which thread the agent has open; none when they left it."""
    by = {"kind": "agent", "id": str(agent.id), "name": agent.display_name}
    conversation = str(conversation_id) if conversation_id else None
    frame = {"t": "eph", "k": "viewing", "c": conversation, "by": by, "on": True, "ttl": 60}
    _push(_team_stream(agent.tenant_id), frame)


def agent_read(agent: Agent, conversation_id: uuid.UUID, last_read_seq: int, unread: int) -> None:
    """Tell the agent's other tabs how far they have read."""
    frame = {"t": "eph", "k": "agent_read", "c": str(conversation_id), "last_read_seq": last_read_seq, "unread": unread}
    _push(_team_stream(agent.tenant_id), frame, agent_id=agent.id)


def _typing(conversation_id: uuid.UUID, by: dict[str, str], *, on: bool, **more: str) -> dict[str, Any]:
    return {"t": "eph", "k": "typing", "c": str(conversation_id), "by": by, "on": on, "ttl": TYPING_TTL_S, **more}


def _push(stream_id: uuid.UUID | None, frame: dict[str, Any], *, agent_id: uuid.UUID | None = None) -> None:
    if stream_id:
        nudges.publish_ephemeral(stream_id, frame, agent_id=agent_id)


def _team_stream(tenant_id: uuid.UUID) -> uuid.UUID | None:
    return Stream.objects.filter(tenant_id=tenant_id, contact=None).values_list("id", flat=True).first()


def _contact_stream(conversation: Conversation) -> uuid.UUID | None:
    owned = Stream.objects.filter(tenant_id=conversation.tenant_id, contact=conversation.contact_id)
    return owned.values_list("id", flat=True).first()
