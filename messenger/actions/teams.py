"""Teams: who is in them, and how what they are given is shared out."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import Max

from ..errors import Invalid, NotFound
from ..events import EventLog, EventType
from ..models import Agent, Team, TeamMember
from ..principals import System
from .rights import require_admin
from .verb import verb

# What a team is told of besides its members.
_COLUMNS = ("name", "round_robin", "is_default")


@verb
def create_team(events: EventLog, *, by: Agent | System, fields: dict[str, Any]) -> Team:
    """Make a team of some of name, round_robin, is_default and members (ids of agents).

    An archived one of that name comes back with what it had been given, and with these members alone.

    Raises Forbidden for whoever is no admin, and Invalid for a name that is taken and for unknown members (S23).
    """
    require_admin(by)
    rows = Team.objects.select_for_update(no_key=True).filter(tenant_id=by.tenant_id, name=fields["name"])
    team = rows.first() or Team(tenant_id=by.tenant_id)
    if not team._state.adding and team.archived_at is None:
        raise _taken()
    team.archived_at = None
    _keep(events, by, team, {"members": (), **fields})
    events.add(EventType.SETTINGS_UPDATED, team.id)
    return team


@verb
def update_team(events: EventLog, *, by: Agent | System, team_id: uuid.UUID, fields: dict[str, Any]) -> Team:
    """Change a team, as `create_team` makes one. Raises NotFound, also for an archived one, Forbidden and Invalid."""
    require_admin(by)
    team = _own(by, team_id)
    if team.archived_at:
        raise NotFound()
    others = Team.objects.filter(tenant_id=by.tenant_id, name=fields.get("name", team.name)).exclude(id=team.id)
    for other in others:
        raise _archived() if other.archived_at else _taken()
    if _keep(events, by, team, fields):
        events.add(EventType.SETTINGS_UPDATED, team.id)
    return team


@verb
def archive_team(events: EventLog, *, by: Agent | System, team_id: uuid.UUID) -> Team:
    """Give a team nothing any more. What it has keeps its name. Raises NotFound, and Forbidden for who is no admin."""
    require_admin(by)
    team = _own(by, team_id)
    if team.archived_at is None:
        team.archived_at, team.is_default = events.at, False
        team.save(update_fields=["archived_at", "is_default"])
        events.add(EventType.SETTINGS_UPDATED, team.id)
    return team


def _keep(events: EventLog, by: Agent | System, team: Team, fields: dict[str, Any]) -> bool:
    """Store what is different; whether anything was."""
    before = [getattr(team, name) for name in _COLUMNS]
    for name in _COLUMNS:
        setattr(team, name, fields.get(name, getattr(team, name)))
    if team.is_default:
        others = Team.objects.filter(tenant_id=by.tenant_id, is_default=True).exclude(id=team.id)
        others.update(is_default=False)
    is_new = team._state.adding
    team.save()
    is_staffed = "members" in fields and _staff(by, team, fields["members"])
    return is_new or is_staffed or before != [getattr(team, name) for name in _COLUMNS]


def _staff(by: Agent | System, team: Team, agent_ids: Sequence[uuid.UUID]) -> bool:
    """Let the team have these members and no others. Who joins goes to the end of the turns."""
    wanted = set(agent_ids)
    known = Agent.objects.filter(tenant_id=by.tenant_id, id__in=wanted, is_active=True)
    members = TeamMember.objects.filter(tenant_id=by.tenant_id, team=team)
    present = set(members.values_list("agent_id", flat=True))
    if wanted - set(known.values_list("id", flat=True)) - present:
        raise Invalid("There is no such agent.", code="unknown_agent", attr="members")
    members.exclude(agent__in=wanted).delete()
    turn = (members.aggregate(turn=Max("turn"))["turn"] or 0) + 1
    joining = sorted(wanted - present)
    TeamMember.objects.bulk_create(
        TeamMember(tenant_id=by.tenant_id, team=team, agent_id=one, turn=turn) for one in joining
    )
    return present != wanted


def _own(by: Agent | System, team_id: uuid.UUID) -> Team:
    team = Team.objects.select_for_update(no_key=True).filter(tenant_id=by.tenant_id, id=team_id).first()
    if team is None:
        raise NotFound()
    return team


def _archived() -> Invalid:
    text = "An archived team has this name. Create a team of that name to bring it back."
    return Invalid(text, code="name_archived", attr="name")


def _taken() -> Invalid:
    return Invalid("There is such a team already.", code="name_taken", attr="name")
