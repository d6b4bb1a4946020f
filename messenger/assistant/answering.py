"""How a turn of the assistant is worked on: claimed, asked of a provider, streamed, and stored or handed over.

A worker that dies in between has stored nothing, and whoever gets its job begins again. While the provider is asked no
connection to the database is held.
"""

from __future__ import annotations

import time
import uuid
from contextlib import closing
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from .. import actions, presence
from ..actions.alone import alone
from ..actions.turns import Asked, Claim
from ..errors import Busy, DomainError
from ..jobs import let_go
from ..models.assistant import TurnReason
from ..principals import Assistant
from ..rendering import render_markdown
from . import inquiries
from .protocol import Answer, Decline, Inquiry, Provider, ProviderFailed
from .providers import get_provider

log = structlog.get_logger(__name__)

# What is shown of an answer that comes in grows at most so often. Before that it is asked whether it is still wanted:
# nothing of it reaches somebody who was blocked or erased meanwhile.
_SHOW_EVERY_S = 0.15


def hand_out() -> None:
    """Turn what is due next into a job, and hand over what nobody works on any more. Any number may do this.

    One at a time, for somebody who can begin with it: a claim that waits in a queue would look like one that is stuck.
    """
    now = timezone.now()
    for tenant_id, turn_id in actions.due_turns(now):
        if alone(partial(_enqueue, tenant_id, turn_id), "turn", turn_id=turn_id):
            break
    for tenant_id, turn_id in actions.stuck_turns(now):
        alone(partial(actions.hand_off_stuck, by=Assistant(tenant_id), turn_id=turn_id), "turn", turn_id=turn_id)


def _enqueue(tenant_id: uuid.UUID, turn_id: uuid.UUID) -> bool:
    """Claim and job are one transaction: there is no claim that nobody works on. False when somebody else was first."""
    with transaction.atomic():
        claim = actions.claim_turn(tenant_id=tenant_id, turn_id=turn_id)
        if claim:
            answer.enqueue(str(claim.tenant_id), str(claim.turn_id), str(claim.token))
    return claim is not None


@task()
def answer(tenant_id: str, turn_id: str, token: str) -> None:
    """Work on a claimed turn: it is answered, handed over, or waits for what was asked on. Run twice, it ends once."""
    claim = Claim(uuid.UUID(tenant_id), uuid.UUID(turn_id), uuid.UUID(token))
    if asked := actions.open_turn(claim):
        work_on(asked, get_provider())
        actions.put_back(claim)


def work_on(asked: Asked, provider: Provider) -> None:
    """Make one attempt. It leaves the turn as it is when more was asked meanwhile: all of it is asked anew, later."""
    reason = _reason_to_hand_over(asked)
    if reason:
        _hand_over(asked, reason)
        return
    inquiry = inquiries.of(asked)
    let_go()
    showing = _Showing(asked)
    try:
        outcome = _ask(provider, inquiry, asked, showing)
        if isinstance(outcome, Answer):
            _store(asked, inquiry, outcome, showing)
        elif isinstance(outcome, Decline):
            _hand_over(asked, TurnReason(outcome.reason))
    except Busy:
        raise  # The database is: no fault of the provider's, and the job is tried again.
    except ProviderFailed as failure:
        log.warning("assistant_failed", reason=failure.reason, **showing.facts())
        _hand_over(asked, TurnReason.FAILED)  # Handled: a person answers.
    except Exception:
        log.exception("assistant_failed", **showing.facts())
        _hand_over(asked, TurnReason.FAILED)  # Handled: whatever a provider does, the visitor is told.
    finally:
        showing.end()


def _reason_to_hand_over(asked: Asked) -> TurnReason | None:
    """Why a person has to answer, whatever the help says."""
    if asked.is_taken:
        return TurnReason.AGENT_WRITING
    if not asked.is_on or inquiries.breaks_a_rule(asked):
        return TurnReason.RULE
    return None


def _ask(provider: Provider, inquiry: Inquiry, asked: Asked, showing: _Showing) -> Answer | Decline | None:
    """Return what came of it; None as soon as nobody wants it any more."""
    with closing(provider.answer(inquiry)) as stream:
        while True:
            try:
                text = next(stream)
            except StopIteration as end:
                outcome: Answer | Decline = end.value
                return outcome
            if not showing.go_on(text):
                return None


def _store(asked: Asked, inquiry: Inquiry, made: Answer, showing: _Showing) -> None:
    facts = {
        "confidence": round(made.confidence, 3),
        "model": made.model,
        "duration_ms": showing.elapsed_ms(),
        "tokens_in": made.tokens_in,
        "tokens_out": made.tokens_out,
    }
    stored = actions.answer_turn(
        by=Assistant(asked.claim.tenant_id),
        asked=asked,
        body=made.text,
        body_html=render_markdown(made.text),
        sources=inquiries.sources_of(inquiry, made.slugs),
        facts=facts,
    )
    log.info("assistant_answered", stored=stored, **facts, **showing.facts())


def _hand_over(asked: Asked, reason: TurnReason) -> None:
    try:
        handed = actions.hand_off_turn(by=Assistant(asked.claim.tenant_id), claim=asked.claim, reason=reason)
    except Busy:
        raise  # The turn is still open: looked at again at once, the provider would be asked anew. The job is put off.
    except DomainError as refusal:
        log.info("hand_off_refused", code=refusal.code, conversation_id=str(asked.conversation.id))
        return  # Handled: the conversation is gone, or its person.
    log.info("assistant_handed_off", handed=handed, reason=str(reason), conversation_id=str(asked.conversation.id))


class _Showing:
    """Shows an answer while it comes in, and finds out whether it is still wanted."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._began = time.monotonic()
        self._shown_at = 0.0
        self._number = 0
        self._show("", on=True)

    def go_on(self, text: str) -> bool:
        """Show the answer so far, unless it was shown just now; false when nobody wants the rest."""
        now = time.monotonic()
        if now - self._shown_at <= _SHOW_EVERY_S:
            return True
        self._shown_at = now
        is_wanted = actions.is_wanted(self._asked)
        let_go()
        if is_wanted:
            self._show(text, on=True)
        return is_wanted

    def end(self) -> None:
        """There is no more of it: the message is there, or nothing is."""
        self._show("", on=False)

    def elapsed_ms(self) -> int:
        return round((time.monotonic() - self._began) * 1000)

    def facts(self) -> dict[str, Any]:
        """What the log says of it: ids and times."""
        conversation = self._asked.conversation
        return {
            "tenant_id": str(conversation.tenant_id),
            "conversation_id": str(conversation.id),
            "turn_id": str(self._asked.claim.turn_id),
            "elapsed_ms": self.elapsed_ms(),
        }

    def _show(self, text: str, *, on: bool) -> None:
        self._number += 1
        presence.assistant_writes(
            self._asked.conversation,
            self._asked.claim.turn_id,
            number=self._number,
            text=text,
            on=on,
            ttl_s=settings.ASSISTANT_DEADLINE_S + 5,
        )
