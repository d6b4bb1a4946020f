"""Ephemeral facts: typing, presence, viewing, page views, an agent's own reading. They travel beside the log, are never
stored, and none of them is known from anything else: whoever misses one is wrong only until it runs out. What an agent
has read or muted is stored, for them alone, and no log tells of it: their other tabs ask for it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from . import nudges
from .models import Agent, Contact, Conversation, Visit
from .payloads import agent_face, display_name, timestamp

TYPING_TTL_S = 6
VIEWING_TTL_S = 60
_ASSISTANT = {"kind": "assistant", "id": None, "name": ""}
# Said again at every second heartbeat; whoever has not been heard of for so long is offline.
PRESENCE_TTL_S = 90


def contact_typing(contact: Contact, conversation: Conversation, *, on: bool) -> None:
    """Tell the team that the contact types. Of a blocked one the team sees nothing new (S60)."""
    if not contact.blocked:
        _tell_team(conversation.tenant_id, _typing(conversation.id, _contact(contact), on=on))


def agent_typing(agent: Agent, conversation: Conversation, *, on: bool, kind: str) -> None:
    """Tell the team that an agent types; the contact too when it is a message. A note's typing stays inside (I9)."""
    _tell_team(conversation.tenant_id, _typing(conversation.id, _agent(agent), on=on, kind=kind))
    if kind == "message":
        nudges.publish_ephemeral(conversation.contact_id, _typing(conversation.id, _agent(agent), on=on))


def agent_viewing(agent: Agent, conversation: Conversation | None) -> None:
    """Tell colleagues which thread the agent has open, none when they left it, and ask whether its contact is there."""
    shown = str(conversation.id) if conversation else None
    _tell_team(agent.tenant_id, {**_eph("viewing", _agent(agent), VIEWING_TTL_S), "c": shown, "on": True})
    if conversation:
        nudges.publish_who(conversation.contact_id)


def agent_read(
    agent: Agent, conversation_id: uuid.UUID, last_read_seq: int, unread: int, *, back: bool = False
) -> None:
    """Tell the agent's other tabs how far they have read; `back`: they marked it as unread from there on."""
    frame = {"t": "eph", "k": "agent_read", "c": str(conversation_id), "last_read_seq": last_read_seq, "unread": unread}
    frame |= {"back": back}
    nudges.publish_ephemeral(agent.tenant_id, frame, agent_id=agent.id)


def agent_muted(agent: Agent, conversation_id: uuid.UUID) -> None:
    """Have the agent's other tabs ask whether they want to be told of the conversation."""
    frame = {"t": "eph", "k": "agent_muted", "c": str(conversation_id)}
    nudges.publish_ephemeral(agent.tenant_id, frame, agent_id=agent.id)


def assistant_writes(
    conversation: Conversation, turn_id: uuid.UUID, *, number: int, text: str, on: bool, ttl_s: int
) -> None:
    """Tell the contact and the team what the assistant has written so far: all of it, so that one lost is no harm.

    `number` grows with each; a lesser one comes late. With `on` false there will be no more, and what was shown is void
    unless a message has come. Empty text: it thinks.
    """
    frame = {**_eph("assistant.delta", _ASSISTANT, ttl_s), "c": str(conversation.id), "on": on}
    frame |= {"turn": str(turn_id), "n": number, "text": text}
    nudges.publish_ephemeral(conversation.contact_id, frame)
    _tell_team(conversation.tenant_id, frame)


def contact_present(contact: Contact, *, is_active: bool, last_active_at: datetime) -> None:
    """Tell the team that the contact has the messenger before them, or had at that time. Not of a blocked one (S60)."""
    if not contact.blocked:
        _tell_team(contact.tenant_id, _presence(_contact(contact), is_active, last_active_at))


def agent_present(agent: Agent, *, is_active: bool, last_active_at: datetime) -> None:
    """Tell colleagues that the agent looks at the inbox, or did at that time."""
    _tell_team(agent.tenant_id, _presence(_agent(agent), is_active, last_active_at))


def contact_visits(contact: Contact, visit: Visit) -> None:
    """Tell the team which page the contact is on. Not of a blocked one (S60)."""
    if not contact.blocked:
        page = {"url": visit.url, "title": visit.title}
        frame = {**_eph("visit", _contact(contact), PRESENCE_TTL_S), "page": page, "at": timestamp(visit.created_at)}
        _tell_team(contact.tenant_id, frame)


def _eph(kind: str, by: Mapping[str, str | None], ttl_s: int) -> dict[str, Any]:
    return {"t": "eph", "k": kind, "by": by, "ttl": ttl_s}


def _typing(conversation_id: uuid.UUID, by: dict[str, str], *, on: bool, **more: str) -> dict[str, Any]:
    return {**_eph("typing", by, TYPING_TTL_S), "c": str(conversation_id), "on": on, **more}


def _presence(by: dict[str, str], is_active: bool, last_active_at: datetime) -> dict[str, Any]:
    status = "online" if is_active else "away"
    return {**_eph("presence", by, PRESENCE_TTL_S), "status": status, "last_active_at": timestamp(last_active_at)}


def _contact(contact: Contact) -> dict[str, str]:
    return {"kind": "contact", "id": str(contact.id), "name": display_name(contact)}


def _agent(agent: Agent) -> dict[str, str]:
    face = agent_face(agent)
    return {"kind": "agent", "id": face["id"], "name": face["name"]}


def _tell_team(tenant_id: uuid.UUID, frame: dict[str, Any]) -> None:
    nudges.publish_ephemeral(tenant_id, frame)
