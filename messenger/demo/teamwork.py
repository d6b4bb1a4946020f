"""How the demo's companies share their work: teams with members, tags, priorities, what is put off, and kept views."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from .. import actions
from ..models import Agent, Conversation, Team


@dataclass(frozen=True, slots=True)
class Mark:
    """What the team says of somebody's latest conversation; the person is known by their e-mail address."""

    email: str
    tags: Sequence[str] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    snoozed_days: int = 0


# Members of a team by the beginning of their addresses.
MEMBERS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "harbor": {"Sales": ("tom", "ines"), "Aftercare": ("maya", "ines")},
}
TAGS: Mapping[str, Mapping[str, str]] = {
    "harbor": {"Complaint": "red", "Refund": "orange", "Envíos": "blue", "Course": "teal", "Sample": "purple"},
    "rival": {"Taller": "orange", "Prueba": "teal", "Garantía": "purple"},
}
MARKS: Mapping[str, Sequence[Mark]] = {
    "harbor": (
        Mark("agnes.okoro@mail.example", ("Complaint", "Refund"), {"priority": "urgent", "subject": "Teapot handle"}),
        Mark("theo@lambert.example", ("Sample",), {"priority": "low"}, snoozed_days=2),
        Mark("freya.nilsen@mail.example", ("Course",), {"priority": "high"}),
        Mark("carmen.ibanez@correo.example", ("Envíos",)),
    ),
}
VIEWS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "harbor": {
        "Urgent": {"status": "open", "priority": "urgent"},
        "Longest waiting": {"status": "open", "assignee": "none", "sort": "waiting_since"},
    },
    "rival": {"Sin responder": {"status": "open", "sort": "waiting_since"}},
}


def share_work(slug: str, agents: Mapping[str, Agent]) -> None:
    """Let a company that has just been played share its work, as of now: its log goes on in time."""
    admin = next(agent for agent in agents.values() if agent.is_admin)
    for team in Team.objects.filter(tenant=admin.tenant_id, name__in=MEMBERS.get(slug, {})):
        members = [agents[key].id for key in MEMBERS[slug][team.name]]
        actions.update_team(by=admin, team_id=team.id, fields={"members": members})
    for name, colour in TAGS.get(slug, {}).items():
        actions.create_tag(by=admin, name=name, colour=colour)
    for name, filters in VIEWS.get(slug, {}).items():
        actions.create_view(by=admin, fields={"name": name, "filters": dict(filters), "is_shared": True})
    for mark in MARKS.get(slug, ()):
        _put(mark, admin)


def _put(mark: Mark, agent: Agent) -> None:
    rows = Conversation.objects.filter(tenant=agent.tenant_id, contact__email=mark.email)
    row = rows.order_by("-last_message_at").first()
    if row is None:
        return
    conversation: dict[str, uuid.UUID] = {"conversation_id": row.id}
    for name in mark.tags:
        actions.tag_conversation(by=agent, name=name, **conversation)
    if mark.fields:
        actions.describe_conversation(by=agent, fields=dict(mark.fields), **conversation)
    if mark.snoozed_days and not row.is_closed:
        until = timezone.now() + timedelta(days=mark.snoozed_days)
        actions.snooze_conversation(by=agent, until=until, **conversation)
