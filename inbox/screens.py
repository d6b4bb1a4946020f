"""What the templates show, read through `messenger.queries`. A page's cursor is read before its state."""

from __future__ import annotations

import uuid
from typing import Any

from messenger import payloads, queries, streams
from messenger.models import Agent, Conversation
from messenger.principals import memberships_of

from .texts import script_texts

_TRAIL = 8
_OTHERS = 8
# Counted no further than this ("99+").
_MOST_GUESTS = 100
PARTS = 50
# An open thread that fell further behind is read again in steps of this many parts.
_NEW_PARTS = 100


def frame(agent: Agent, page: str) -> dict[str, Any]:
    """What surrounds every screen. Call it first: it holds the cursor that the socket starts from."""
    return {
        "page": page,
        "cursor": streams.team_stream(agent.tenant_id).cursor,
        "agent": agent,
        "tenant": agent.tenant,
        "tenants": [one.tenant for one in memberships_of(agent.user_id)],
        "counts": queries.view_counts(agent),
        "texts": script_texts(),
    }


def conversation_list(agent: Agent, view: str, cursor: str | None = None) -> dict[str, Any]:
    """A page of the conversation list."""
    chosen = queries.VIEWS[view]
    page = queries.inbox_page(agent, status=chosen["status"], assignee=chosen.get("assignee"), cursor=cursor)
    return {"agent": agent, "view": view, "rows": page.items, "next": page.next}


def thread(agent: Agent, conversation_id: uuid.UUID, view: str) -> dict[str, Any]:
    """An open conversation with its latest parts. Raises NotFound for another tenant's."""
    conversation = queries.get_conversation_for_team(agent, conversation_id)
    parts, has_older = queries.team_messages(conversation, before=None, after=None, limit=PARTS)
    return {**_around(agent, conversation, view), "parts": parts, "has_older": has_older}


def older_parts(agent: Agent, conversation_id: uuid.UUID, before: int) -> dict[str, Any]:
    """The parts of a conversation before one that is on screen."""
    conversation = queries.get_conversation_for_team(agent, conversation_id)
    parts, has_older = queries.team_messages(conversation, before=before, after=None, limit=PARTS)
    return {
        "agent": agent,
        "conversation": {"id": str(conversation.id)},
        "person": payloads.display_name(conversation.contact),
        "parts": parts,
        "has_older": has_older,
    }


def news(agent: Agent, query: dict[str, Any]) -> dict[str, Any]:
    """What changed of a page that shows a list and perhaps a thread: rows, counts, and parts after the last shown."""
    view = query["view"]
    rows = queries.inbox_among(agent, query["ids"], **queries.VIEWS[view]) if query["ids"] else []
    shared = {"agent": agent, "view": view, "rows": rows, "counts": queries.view_counts(agent)}
    return {**shared, **_thread_news(agent, query)} if query["open"] else shared


def chat_log(agent: Agent, q: str, cursor: str | None = None) -> dict[str, Any]:
    """A page of the chat log."""
    page = queries.chat_log(agent, q=q, cursor=cursor)
    return {"agent": agent, "q": q, "people": page.items, "next": page.next}


def chat_log_news(agent: Agent, query: dict[str, Any]) -> dict[str, Any]:
    """What changed of a chat log on screen: rows, the number of people, and the end of each unfolded timeline."""
    rows = queries.chat_log_among(agent, query["ids"], q=query["q"])
    unfolded = [timeline(agent, contact_id) for contact_id in query["open"]]
    shared = {"agent": agent, "counts": queries.view_counts(agent), **log_header(agent)}
    return {**shared, "people": rows, "unfolded": unfolded}


def log_header(agent: Agent) -> dict[str, Any]:
    """The number of people in the chat log."""
    return {"people_count": queries.count_people(agent.tenant_id)}


def timeline(agent: Agent, contact_id: uuid.UUID, cursor: str | None = None) -> dict[str, Any]:
    """A page of a contact's timeline over all conversations. Raises NotFound for another tenant's contact."""
    contact = queries.get_contact_for_team(agent, contact_id)
    page = queries.timeline(contact, cursor=cursor)
    shown = {"contact_id": str(contact.id), "person": payloads.display_name(contact)}
    return {"agent": agent, **shown, "parts": page.items, "next": page.next}


def _around(agent: Agent, conversation: Conversation, view: str) -> dict[str, Any]:
    return {
        "agent": agent,
        "view": view,
        "conversation": queries.team_conversation(agent, conversation),
        "person": payloads.display_name(conversation.contact),
        "agents": [payloads.agent_face(one) for one in queries.agents_of(agent.tenant_id)],
        "visits": queries.visits_of(conversation.contact, _TRAIL),
        "others": queries.other_conversations(conversation, _OTHERS),
        "guests": queries.merged_guests(conversation.contact, _MOST_GUESTS),
    }


def _thread_news(agent: Agent, query: dict[str, Any]) -> dict[str, Any]:
    conversation = queries.get_conversation_for_team(agent, query["open"])
    parts, has_newer = queries.team_messages(conversation, before=None, after=query["after"] or 0, limit=_NEW_PARTS)
    return {**_around(agent, conversation, query["view"]), "parts": parts, "has_newer": has_newer}
