"""What the assistant would answer, for an agent to change and to send."""

from __future__ import annotations

import structlog

from ..actions.lifecycle import has_assistant
from ..errors import AssistantOff, AssistantUnavailable
from ..jobs import let_go
from ..models import Agent, Conversation
from ..shapes import Suggestion
from . import inquiries
from .protocol import Answer, Decline, Inquiry, ProviderFailed
from .providers import get_provider

log = structlog.get_logger(__name__)


def suggest(agent: Agent, conversation: Conversation) -> Suggestion:
    """Return what the assistant would say to a conversation of the agent's tenant. Nothing is stored.

    Takes as long as the provider, and holds no connection to the database meanwhile. Raises AssistantUnavailable, and
    AssistantOff where the conversation's widget has none.
    """
    if not has_assistant(conversation.widget):
        raise AssistantOff()
    inquiry = inquiries.for_agent(conversation, agent.tenant)
    let_go()
    try:
        outcome = _whole(inquiry)
    except ProviderFailed as failure:
        log.warning("suggestion_failed", reason=failure.reason, conversation_id=str(conversation.id))
        raise AssistantUnavailable() from failure
    if isinstance(outcome, Decline):
        return {"body": None, "reason": outcome.reason, "sources": [], "confidence": inquiry.finding.confidence}
    sources = inquiries.sources_of(inquiry, outcome.slugs)
    return {"body": outcome.text, "reason": None, "sources": sources, "confidence": outcome.confidence}


def _whole(inquiry: Inquiry) -> Answer | Decline:
    stream = get_provider().answer(inquiry)
    while True:
        try:
            next(stream)
        except StopIteration as end:
            outcome: Answer | Decline = end.value
            return outcome
