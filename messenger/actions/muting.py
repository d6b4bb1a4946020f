"""An agent wants to be told of a conversation no more."""

from __future__ import annotations

import uuid

from .. import presence
from ..events import EventLog
from ..models import Agent, Participant
from .lifecycle import new_agent_participant
from .locks import lock_for_team
from .verb import verb


def mute_conversation(*, by: Agent, conversation_id: uuid.UUID, on: bool) -> None:
    """Tell this agent of what is said in a conversation no more, or again; who names them is told nevertheless.

    It is private to the agent: told to their other tabs, and logged nowhere. Raises NotFound.
    """
    if _set_muted(by=by, conversation_id=conversation_id, on=on):
        presence.agent_muted(by, conversation_id)


@verb
def _set_muted(events: EventLog, *, by: Agent, conversation_id: uuid.UUID, on: bool) -> bool:
    """Return whether that changed anything. Whoever mutes what they take no part in still takes none."""
    conversation = lock_for_team(by.tenant_id, conversation_id)
    own = Participant.objects.filter(tenant_id=by.tenant_id, conversation=conversation, agent=by)
    if own.filter(notifications_enabled=on).update(notifications_enabled=not on):
        return True
    if not on or own.exists():
        return False
    new_agent_participant(events, conversation, by, is_active=False, notifications_enabled=False)
    return True
