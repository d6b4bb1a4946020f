"""One verb over many conversations: each in a transaction of its own, with an outcome of its own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from . import actions
from .errors import DomainError
from .models import Agent
from .shapes import Outcome

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 200

_FAILED = "This one failed on our side. Try it again."

# The verbs by the names of their routes, with those that say which field of a conversation they set.
VERBS: Mapping[str, Callable[..., Any]] = {
    "assign": actions.assign,
    "close": actions.close_conversation,
    "reopen": actions.reopen_conversation,
    "snooze": actions.snooze_conversation,
    "tag": actions.tag_conversation,
    "untag": actions.untag_conversation,
    "priority": actions.describe_conversation,
    "participants": actions.add_participant,
}


def change_each(*, by: Agent, verb: str, ids: Sequence[uuid.UUID], arguments: Mapping[str, Any]) -> list[Outcome]:
    """Do this to each conversation, in the order given; what cannot be done to one does not keep the others from it."""
    return [_change(by, VERBS[verb], conversation_id, arguments) for conversation_id in dict.fromkeys(ids)]


def _change(by: Agent, act: Callable[..., Any], conversation_id: uuid.UUID, arguments: Mapping[str, Any]) -> Outcome:
    try:
        act(by=by, conversation_id=conversation_id, **arguments)
    except DomainError as refusal:  # Handled: it is this one's outcome.
        return {"id": str(conversation_id), "ok": False, "code": refusal.code, "detail": refusal.detail}
    except Exception:  # Handled: logged, and what was done to the others is told nevertheless.
        log.exception("bulk_failed", verb=act.__name__, conversation_id=str(conversation_id))
        return {"id": str(conversation_id), "ok": False, "code": "server_error", "detail": _FAILED}
    return {"id": str(conversation_id), "ok": True, "code": None, "detail": None}
