"""Reading what an agent writes with: mentions, saved replies, drafts, preferences. Each begins at the agent."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from . import payloads
from .errors import NotFound
from .models import Agent, Draft, Mention, Preference, SavedReply
from .paging import Page, alphabetical, newest_first


def mentions_page(agent: Agent, *, cursor: str | None, limit: int) -> Page:
    """Return a page of the notes that name the agent, newest first. Raises BadCursor."""
    rows = Mention.objects.filter(tenant_id=agent.tenant_id, agent=agent)
    page = newest_first(rows.select_related("message__agent", "message__contact"), "created_at", cursor, limit)
    return Page([payloads.team_message(one.message) for one in page.items], page.next)


def saved_replies_of(agent: Agent, q: str = "") -> QuerySet[SavedReply]:
    """The replies an agent is offered: the team's and their own; by shortcut or a part of the title."""
    rows = SavedReply.objects.filter(Q(agent=None) | Q(agent=agent), tenant_id=agent.tenant_id)
    return rows.filter(Q(shortcut__startswith=q.lower()) | Q(title__icontains=q)) if q else rows


def saved_replies_page(agent: Agent, *, q: str = "", cursor: str | None, limit: int) -> Page:
    """Return a page of the replies that the agent is offered, by shortcut. Raises BadCursor."""
    page = alphabetical(saved_replies_of(agent, q), "shortcut", cursor, limit)
    return Page([payloads.saved_reply(one) for one in page.items], page.next)


def get_saved_reply_for(agent: Agent, reply_id: uuid.UUID) -> SavedReply:
    """Return a reply that the agent is offered; a colleague's own one does not exist. Raises NotFound."""
    reply = saved_replies_of(agent).filter(id=reply_id).first()
    if reply is None:
        raise NotFound()
    return reply


def draft_of(agent: Agent, conversation_id: uuid.UUID) -> Draft | None:
    """Return what the agent has begun to write in a conversation."""
    own = Draft.objects.filter(tenant_id=agent.tenant_id, agent=agent, conversation=conversation_id)
    return own.first()


def drafts_among(agent: Agent, conversation_ids: Iterable[Any]) -> set[str]:
    """Return the ids of those conversations in which the agent has begun to write something."""
    own = Draft.objects.filter(tenant_id=agent.tenant_id, agent=agent, conversation__in=list(conversation_ids))
    return {str(one) for one in own.values_list("conversation", flat=True)}


def preferences_of(agent: Agent) -> Preference:
    """Return how the agent likes to work; who has said nothing has what everybody has at first."""
    own = Preference.objects.filter(tenant_id=agent.tenant_id, agent=agent)
    return own.first() or Preference(tenant_id=agent.tenant_id, agent=agent)
