"""Reading what a team works with: its teams, tags and kept views; and how much each of them holds."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import OuterRef, Q, QuerySet

from . import payloads, shapes
from .errors import NotFound
from .models import Agent, Conversation, SavedView, Tag, Team, TeamMember
from .paging import Page, alphabetical
from .queries import CappedCount, counts_of, teams_of

# More than these are looked for, not listed.
MOST_LISTED = 50
_MOST_COLOURS = 1000
_FILTERS = {"status", "assignee", "team", "tag", "priority", "unread", "mentions", "q"}


def tags_of(tenant_id: uuid.UUID) -> QuerySet[Tag]:
    """The tenant's tags by name, without the archived ones."""
    return Tag.objects.filter(tenant_id=tenant_id, archived_at=None).order_by("key", "id")


def colours_of(tenant_id: uuid.UUID) -> dict[str, str]:
    """Return the colours of tags by their names, archived ones too."""
    rows = Tag.objects.filter(tenant_id=tenant_id).order_by("key")
    return dict(rows.values_list("name", "colour")[:_MOST_COLOURS])


def views_of(agent: Agent) -> QuerySet[SavedView]:
    """The views an agent is offered, by name: their own, and those that everybody has."""
    rows = SavedView.objects.filter(Q(agent=agent) | Q(is_shared=True), tenant_id=agent.tenant_id)
    return rows.select_related("agent").order_by("name", "id")


def tags_page(agent: Agent, *, cursor: str | None, limit: int) -> Page:
    """Return a page of the tags. Raises BadCursor."""
    page = alphabetical(tags_of(agent.tenant_id), "key", cursor, limit)
    return Page([payloads.tag(one) for one in page.items], page.next)


def teams_page(agent: Agent, *, cursor: str | None, limit: int) -> Page:
    """Return a page of the teams with their members. Raises BadCursor."""
    page = alphabetical(teams_of(agent.tenant_id), "name", cursor, limit)
    return Page(with_members(agent.tenant_id, page.items), page.next)


def views_page(agent: Agent, *, cursor: str | None, limit: int) -> Page:
    """Return a page of the views that the agent is offered. Raises BadCursor."""
    page = alphabetical(views_of(agent), "name", cursor, limit)
    return Page([payloads.saved_view(one) for one in page.items], page.next)


def get_tag_for(agent: Agent, tag_id: uuid.UUID) -> shapes.TagPayload:
    """Return a tag of the agent's company. Raises NotFound, also for one that is archived."""
    found = tags_of(agent.tenant_id).filter(id=tag_id).first()
    if found is None:
        raise NotFound()
    return payloads.tag(found)


def get_team_for(agent: Agent, team_id: uuid.UUID) -> shapes.TeamPayload:
    """Return a team of the agent's company with its members. Raises NotFound, also for one that is archived."""
    found = list(teams_of(agent.tenant_id).filter(id=team_id))
    if not found:
        raise NotFound()
    return with_members(agent.tenant_id, found)[0]


def team_called(agent: Agent, team_id: uuid.UUID) -> str:
    """Return the name of a team, also of an archived one: conversations stay with it. Raises NotFound."""
    name = Team.objects.filter(tenant_id=agent.tenant_id, id=team_id).values_list("name", flat=True).first()
    if name is None:
        raise NotFound()
    return name


def get_view_for(agent: Agent, view_id: uuid.UUID) -> SavedView:
    """Return a view of the agent's own, or one that everybody has. Raises NotFound."""
    view = views_of(agent).filter(id=view_id).first()
    if view is None:
        raise NotFound()
    return view


def with_members(tenant_id: uuid.UUID, teams: Sequence[Team]) -> list[shapes.TeamPayload]:
    """Return teams with their active members by name."""
    people: dict[uuid.UUID, list[Agent]] = defaultdict(list)
    members = TeamMember.objects.filter(tenant_id=tenant_id, team__in=teams, agent__is_active=True)
    for member in members.select_related("agent").order_by("agent__display_name", "agent_id"):
        people[member.team_id].append(member.agent)
    return [payloads.team(one, people[one.id]) for one in teams]


def shelves(agent: Agent) -> dict[str, Any]:
    """Return what the rail lists below the fixed views, each with how much is open in it, counted no further than 100.

    Four statements however many there are.
    """
    open_ones = Conversation.objects.filter(
        tenant_id=agent.tenant_id, status=Conversation.Status.OPEN, last_message__isnull=False
    )
    of_team = open_ones.filter(team=OuterRef("id"))
    of_tag = open_ones.filter(taggings__tenant_id=agent.tenant_id, taggings__tag=OuterRef("id"))
    views = list(views_of(agent)[:MOST_LISTED])
    counted = counts_of(agent, {str(one.id): filters_of(one) for one in views})
    return {
        "teams": list(teams_of(agent.tenant_id).annotate(count=CappedCount(of_team))[:MOST_LISTED]),
        "tags": list(tags_of(agent.tenant_id).annotate(count=CappedCount(of_tag))[:MOST_LISTED]),
        "saved": [(one, counted[str(one.id)]) for one in views],
    }


def filters_of(view: SavedView) -> dict[str, Any]:
    """Return the filters of a kept view as `queries.inbox` takes them. One that is known no more narrows nothing."""
    return {name: value for name, value in view.filters.items() if name in _FILTERS}
