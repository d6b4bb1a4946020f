"""What the team says of a conversation: how urgent it is, what it is about, and which colleagues take part."""

from __future__ import annotations

import uuid
from typing import Any

from ..errors import Forbidden, Invalid
from ..events import EventLog, EventType
from ..models import Agent, Conversation, Participant
from ..traits import MOST_ATTRIBUTES
from .locks import lock_for_team, require_present
from .parts import append_event, record
from .routing import ensure_participant
from .verb import verb


@verb
def describe_conversation(
    events: EventLog, *, by: Agent, conversation_id: uuid.UUID, fields: dict[str, Any]
) -> Conversation:
    """Set some of priority, subject and attributes, which are merged name by name (null removes one).

    The subject is the visitor's to see, everything else the team's. Raises NotFound, and Invalid for too many
    attributes, and for anything but a priority when the person was erased.
    """
    conversation = lock_for_team(by.tenant_id, conversation_id)
    if not {"subject", "attributes"}.isdisjoint(fields):
        require_present(conversation.contact)
    is_shown = fields.get("subject", conversation.subject) != conversation.subject
    is_ranked = fields.get("priority", conversation.priority) != conversation.priority
    attributes = _merged(conversation, fields.get("attributes", {}))
    if not (is_shown or is_ranked or attributes != conversation.attributes):
        return conversation
    conversation.priority = fields.get("priority", conversation.priority)
    conversation.subject = fields.get("subject", conversation.subject)
    conversation.attributes = attributes
    if is_ranked:
        append_event(events, conversation, "prioritized", agent=by, priority=conversation.priority)
    if is_shown:
        append_event(events, conversation, "renamed", agent=by, subject=conversation.subject)
    conversation.rev += 1
    conversation.visible_rev += is_shown
    conversation.save()
    record(events, EventType.CONVERSATION_UPDATED if is_shown else EventType.TEAM_CONVERSATION_UPDATED, conversation)
    return conversation


@verb
def add_participant(events: EventLog, *, by: Agent, conversation_id: uuid.UUID, agent_id: uuid.UUID) -> Conversation:
    """Let a colleague take part. Somebody who does already changes nothing.

    Raises NotFound, Forbidden for who may not invite here, and Invalid for an agent the tenant does not have (S23).
    """
    conversation = lock_for_team(by.tenant_id, conversation_id)
    colleague = Agent.objects.filter(tenant_id=by.tenant_id, id=agent_id, is_active=True).first()
    if colleague is None:
        raise Invalid("There is no such agent.", attr="agent_id")
    taking_part = Participant.objects.filter(tenant_id=by.tenant_id, conversation=conversation)
    if taking_part.filter(agent=by, can_invite=False).exists():
        raise Forbidden()
    if taking_part.filter(agent=colleague, is_active=True).exists():
        return conversation
    ensure_participant(events, conversation, colleague)
    append_event(events, conversation, "invited", agent=by, participant=colleague.display_name)
    conversation.save()
    record(events, EventType.TEAM_CONVERSATION_UPDATED, conversation)
    return conversation


def _merged(conversation: Conversation, attributes: dict[str, Any]) -> dict[str, Any]:
    merged = {**conversation.attributes, **attributes}
    merged = {name: value for name, value in merged.items() if value is not None}
    if len(merged) > MOST_ATTRIBUTES:
        text = f"At most {MOST_ATTRIBUTES} attributes can be kept."
        raise Invalid(text, code="too_many", attr="attributes")
    return merged
