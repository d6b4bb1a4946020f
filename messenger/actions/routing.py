"""Whose work something is: the team that gets what is new, and the member of a team whose turn it is."""

from __future__ import annotations

from django.db.models import Max, Q

from ..events import EventLog, EventType
from ..models import Agent, Conversation, Participant, Team, TeamMember, Widget
from .lifecycle import new_agent_participant
from .parts import append_event, record


def route(events: EventLog, conversation: Conversation) -> None:
    """Give a conversation in which the first message was just said to the team that its widget or tenant names.

    The caller saves what appending moved.
    """
    team = None if conversation.team_id or conversation.assignee_id else _team_for(conversation)
    if team is None:
        return
    member = next_member(team)
    conversation.team, conversation.assignee = team, member
    if member:
        ensure_participant(events, conversation, member)
        conversation.visible_rev += 1  # The visitor is shown whose it is.
    given = Conversation.objects.filter(tenant_id=conversation.tenant_id, id=conversation.id)
    given.update(team=team, assignee=member)
    append_event(
        events,
        conversation,
        "assigned",
        agent=None,
        assignee=member.display_name if member else None,
        team=team.name,
    )
    record(events, EventType.CONVERSATION_UPDATED if member else EventType.TEAM_CONVERSATION_UPDATED, conversation)


def next_member(team: Team) -> Agent | None:
    """Return whose turn it is in a team that works in turns: the member who is there and was not asked for longest.

    None when the team does not, or nobody is there. The team is locked, so that two at once get different members.
    """
    if not team.round_robin:
        return None
    Team.objects.select_for_update(no_key=True).get(tenant_id=team.tenant_id, id=team.id)
    members = TeamMember.objects.filter(tenant_id=team.tenant_id, team=team)
    there = members.filter(
        agent__is_active=True, agent__user__is_active=True, agent__availability=Agent.Availability.ONLINE
    )
    next_one = there.select_related("agent").order_by("turn", "id").first()
    if next_one is None:
        return None
    last = members.aggregate(turn=Max("turn"))["turn"]
    members.filter(id=next_one.id).update(turn=last + 1)
    agent: Agent = next_one.agent
    return agent


def ensure_participant(events: EventLog, conversation: Conversation, agent: Agent) -> Participant:
    """Return the agent's part in the conversation, made when they have none; who has only muted it takes part now."""
    own = Participant.objects.filter(tenant_id=agent.tenant_id, conversation=conversation, agent=agent).first()
    if own is None:
        return new_agent_participant(events, conversation, agent)
    if not own.is_active:
        own.is_active, own.created_at = True, events.at
        own.save(update_fields=["is_active", "created_at"])
    return own


def _team_for(conversation: Conversation) -> Team | None:
    """The team of the conversation's widget, else the one that gets what is new."""
    own = Widget.objects.filter(tenant_id=conversation.tenant_id, id=conversation.widget_id).values("team")
    teams = Team.objects.filter(tenant_id=conversation.tenant_id, archived_at=None)
    found = list(teams.filter(Q(id__in=own) | Q(is_default=True)).order_by("is_default", "id"))
    return found[0] if found else None
