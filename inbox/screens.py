"""What the templates show, read through `messenger.queries`. A page's cursor is read before its state."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils.formats import number_format

from messenger import composing, payloads, people, queries, streams, teamwork
from messenger.models import Agent, Conversation
from messenger.principals import memberships_of

from . import snoozes
from .lists import Shown, shown_list
from .texts import script_texts

_TRAIL = 8
_OTHERS = 8
# Counted no further than this ("99+").
_MOST_GUESTS = 100
# Of more than these, the others are found by typing their name.
_MOST_TAGS = 200
PARTS = 50
_FOUND = 6
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
        **rail(agent),
        "preferences": payloads.preferences(composing.preferences_of(agent)),
        "texts": script_texts(),
    }


def rail(agent: Agent) -> dict[str, Any]:
    """What the rail lists, with how much is in it."""
    return {"counts": queries.view_counts(agent), **teamwork.shelves(agent)}


def conversation_list(agent: Agent, shown: Shown, cursor: str | None = None) -> dict[str, Any]:
    """A page of the conversation list."""
    page = queries.inbox_page(agent, cursor=cursor, sort=shown.sort, **shown.filters)
    return {**_of_list(agent, shown), "rows": with_marks(agent, page.items), "next": page.next}


def with_marks(agent: Agent, rows: list[Any]) -> list[dict[str, Any]]:
    """The rows of a list, each saying whether the agent has begun to write something in it, and whether the assistant
    handed it over to people of whom none has answered yet.
    """
    begun = composing.drafts_among(agent, [row["id"] for row in rows]) if rows else set()
    handed_over = queries.handed_over_among(agent, [row["id"] for row in rows if row["waiting_since"]])
    marks = ((row, {"has_draft": row["id"] in begun, "handed_over": row["id"] in handed_over}) for row in rows)
    return [{**row, **mark} for row, mark in marks]


def list_bar(agent: Agent, shown: Shown) -> dict[str, Any]:
    """What can be chosen above a list: its filters, and what is done to many conversations at once."""
    return {
        "colleagues": [payloads.agent_face(one) for one in queries.agents_of(agent.tenant_id)],
        "snoozes": snoozes.choices(),
        "priorities": Conversation.Priority.choices,
        "statuses": Conversation.Status.choices,
        "title": _title(agent, shown),
    }


def thread(agent: Agent, conversation_id: uuid.UUID, view: str, at: int | None = None) -> dict[str, Any]:
    """An open conversation with its latest parts, or those around the part `at`. Raises NotFound."""
    conversation = queries.get_conversation_for_team(agent, conversation_id)
    shown = _latest(conversation) if at is None or at > conversation.last_seq else _parts_around(conversation, at)
    around = _around(agent, conversation, view)
    return {**around, **shown, "writing": _writing(agent, conversation, around["agents"])}


def newer_parts(agent: Agent, conversation_id: uuid.UUID, after: int) -> dict[str, Any]:
    """The parts of a conversation after one that is on screen."""
    conversation = queries.get_conversation_for_team(agent, conversation_id)
    parts, has_newer = queries.team_messages(conversation, before=None, after=after, limit=PARTS)
    return {**_of(agent, conversation), "parts": parts, "has_newer": has_newer}


def older_parts(agent: Agent, conversation_id: uuid.UUID, before: int) -> dict[str, Any]:
    """The parts of a conversation before one that is on screen."""
    conversation = queries.get_conversation_for_team(agent, conversation_id)
    parts, has_older = queries.team_messages(conversation, before=before, after=None, limit=PARTS)
    return {**_of(agent, conversation), "parts": parts, "has_older": has_older}


def news(agent: Agent, query: dict[str, Any]) -> dict[str, Any]:
    """What changed of a page that shows a list and perhaps a thread: rows, counts, and parts after the last shown."""
    shown = shown_list(agent, query)
    rows = queries.inbox_among(agent, query["ids"], **shown.filters) if query["ids"] else []
    shared = {**_of_list(agent, shown), "rows": with_marks(agent, rows), **rail(agent)}
    return {**shared, **_thread_news(agent, query)} if query["open"] else shared


def found(agent: Agent, q: str) -> dict[str, Any]:
    """Conversations and people that the command bar offers for what was typed: none for nothing."""
    if not q:
        return {"conversations": [], "people": []}
    conversations = queries.inbox_page(agent, q=q, limit=_FOUND)
    return {"conversations": conversations.items, "people": queries.chat_log(agent, q=q, limit=_FOUND).items}


def chat_log(agent: Agent, q: str, cursor: str | None = None) -> dict[str, Any]:
    """A page of the chat log."""
    page = queries.chat_log(agent, q=q, cursor=cursor)
    return {"agent": agent, "q": q, "people": page.items, "next": page.next}


def chat_log_news(agent: Agent, query: dict[str, Any]) -> dict[str, Any]:
    """What changed of a chat log on screen: rows, the number of people, and the end of each unfolded timeline."""
    rows = queries.chat_log_among(agent, query["ids"], q=query["q"])
    unfolded = [timeline(agent, contact_id) for contact_id in query["open"]]
    shared = {"agent": agent, **rail(agent), **log_header(agent)}
    return {**shared, "people": rows, "unfolded": unfolded}


def log_header(agent: Agent) -> dict[str, Any]:
    """The number of people in the chat log, or what they are more than."""
    count = queries.count_people(agent.tenant_id)
    more_than = number_format(queries.MOST_PEOPLE, force_grouping=True) if count > queries.MOST_PEOPLE else ""
    return {"people_count": count, "people_more_than": more_than}


def timeline(agent: Agent, contact_id: uuid.UUID, cursor: str | None = None) -> dict[str, Any]:
    """A page of a contact's timeline over all conversations. Raises NotFound for another tenant's contact."""
    contact = queries.get_contact_for_team(agent, contact_id)
    page = queries.timeline(contact, cursor=cursor)
    shown = {"contact_id": str(contact.id), "person": payloads.display_name(contact)}
    return {"agent": agent, **shown, "parts": page.items, "next": page.next}


def _latest(conversation: Conversation) -> dict[str, Any]:
    parts, has_older = queries.team_messages(conversation, before=None, after=None, limit=PARTS)
    return {"parts": parts, "has_older": has_older}


def _parts_around(conversation: Conversation, at: int) -> dict[str, Any]:
    """Half a page before the part and half a page from it on, without a hole between them."""
    before, has_older = queries.team_messages(conversation, before=at, after=None, limit=PARTS // 2)
    after, has_newer = queries.team_messages(conversation, before=None, after=at - 1, limit=PARTS // 2)
    return {"parts": [*before, *after], "has_older": has_older, "has_newer": has_newer, "at": at}


def _of(agent: Agent, conversation: Conversation) -> dict[str, Any]:
    person = payloads.display_name(conversation.contact)
    return {"agent": agent, "conversation": {"id": str(conversation.id)}, "person": person}


def _around(agent: Agent, conversation: Conversation, view: str) -> dict[str, Any]:
    return {
        "agent": agent,
        "view": view,
        "conversation": queries.team_conversation(agent, conversation),
        "person": payloads.display_name(conversation.contact),
        "agents": [payloads.agent_face(one) for one in queries.agents_of(agent.tenant_id)],
        **_for_head(agent),
        "visits": queries.visits_of(conversation.contact, _TRAIL),
        "about": people.about(conversation.contact),
        "others": queries.other_conversations(conversation, _OTHERS),
        "guests": queries.merged_guests(conversation.contact, _MOST_GUESTS),
    }


def _writing(agent: Agent, conversation: Conversation, colleagues: list[Any]) -> dict[str, Any]:
    """What the composer starts with: what was begun, whom a note can name, and what placeholders stand for."""
    draft = composing.draft_of(agent, conversation.id)
    person = payloads.visitor_contact(conversation.contact)
    return {
        "draft": payloads.draft(draft) if draft else None,
        "people": [one["name"] for one in colleagues if one["id"] != str(agent.id)],
        "values": {
            "contact.name": person["name"] or "",
            "contact.first_name": (person["name"] or "").partition(" ")[0],
            "contact.email": person["email"] or "",
            "agent.name": agent.display_name,
            "agent.first_name": agent.display_name.partition(" ")[0],
            "company.name": agent.tenant.name,
        },
        "edit_minutes": agent.tenant.edit_minutes,
        "is_admin": agent.is_admin,
        "suggests": bool(conversation.widget.features.get("assistant")),
    }


def _of_list(agent: Agent, shown: Shown) -> dict[str, Any]:
    return {
        "agent": agent,
        "view": shown.view,
        "shown": shown,
        "query": shown.query,
        "tag_colours": teamwork.colours_of(agent.tenant_id),
    }


def _title(agent: Agent, shown: Shown) -> str:
    """The name of a list that is no view of the rail's first part."""
    kind, _, name = shown.current.partition("-")
    if shown.saved:
        return str(shown.saved.name)
    if kind == "team" and name != "none":
        return teamwork.team_called(agent, uuid.UUID(name))
    return name if kind == "tag" else ""


def _for_head(agent: Agent) -> dict[str, Any]:
    """What an open conversation can be given."""
    return {
        "head_teams": list(queries.teams_of(agent.tenant_id)),
        "head_tags": list(teamwork.tags_of(agent.tenant_id)[:_MOST_TAGS]),
        "tag_colours": teamwork.colours_of(agent.tenant_id),
        "snoozes": snoozes.choices(),
        "priorities": Conversation.Priority.choices,
    }


def _thread_news(agent: Agent, query: dict[str, Any]) -> dict[str, Any]:
    conversation = queries.get_conversation_for_team(agent, query["open"])
    parts, has_newer = queries.team_messages(conversation, before=None, after=query["after"] or 0, limit=_NEW_PARTS)
    return {**_around(agent, conversation, query["view"]), "parts": parts, "has_newer": has_newer}
