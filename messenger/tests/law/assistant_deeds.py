"""Deeds of the assistant: answered, handed over on request, for want of an answer, and when its worker is gone."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from messenger import actions
from messenger.actions.turns import Asked
from messenger.models import Turn
from messenger.models.assistant import TurnReason
from messenger.principals import Assistant

from .deeds import Play, deed
from .stage import Stage


def asked_assistant(stage: Stage) -> str:
    """A conversation in which the visitor asked something that the assistant is to answer."""
    stage.harbor.widget.features = {"assistant": True}
    stage.harbor.widget.save()
    return stage.thread("How long does it take?")


def claimed(thread: str) -> Asked:
    """What a worker has of the open turn of a conversation, whether or not it is due."""
    turn = Turn.objects.get(conversation_id=thread, ended_at=None)
    Turn.objects.filter(id=turn.id).update(due_at=timezone.now() - timedelta(seconds=1))
    claim = actions.claim_turn(tenant_id=turn.tenant_id, turn_id=turn.id)
    assert claim
    asked = actions.open_turn(claim)
    assert asked
    return asked


def answer(asked: Asked) -> bool:
    """Store an answer to it; whether it was wanted."""
    sources = [{"slug": "shipping", "locale": "en", "title": "Shipping"}]
    return actions.answer_turn(
        by=Assistant(asked.claim.tenant_id),
        asked=asked,
        body="Two days.",
        body_html="<p>Two days.</p>",
        sources=sources,  # type: ignore[arg-type]
        facts={"confidence": 0.9, "model": "m", "duration_ms": 1, "tokens_in": 0, "tokens_out": 0},
    )


@deed("answer_turn")
def once_however_often_it_is_tried(stage: Stage) -> Play:
    thread = asked_assistant(stage)
    asked = claimed(thread)
    yield None
    assert [answer(asked), answer(asked)] == [True, False]


@deed("answer_turn")
def and_the_visitor_reads_and_writes_on(stage: Stage) -> Play:
    thread = asked_assistant(stage)
    asked = claimed(thread)
    yield None
    answer(asked)
    stage.visitor.put(f"conversations/{thread}/read", {"up_to": 2})
    stage.visitor.say(thread, "Thank you")


@deed("hand_off_turn")
def for_want_of_an_answer(stage: Stage) -> Play:
    thread = asked_assistant(stage)
    asked = claimed(thread)
    yield None
    by = Assistant(asked.claim.tenant_id)
    assert actions.hand_off_turn(by=by, claim=asked.claim, reason=TurnReason.LOW_CONFIDENCE)
    assert not actions.hand_off_turn(by=by, claim=asked.claim, reason=TurnReason.LOW_CONFIDENCE)


@deed("hand_off_stuck")
def whose_worker_is_gone(stage: Stage) -> Play:
    thread = asked_assistant(stage)
    asked = claimed(thread)
    Turn.objects.filter(id=asked.claim.turn_id).update(claimed_at=timezone.now() - timedelta(minutes=2))
    yield None
    assert actions.hand_off_stuck(by=Assistant(asked.claim.tenant_id), turn_id=asked.claim.turn_id)


@deed("ask_for_person")
def twice(stage: Stage) -> Play:
    thread = asked_assistant(stage)
    yield None
    stage.visitor.post(f"conversations/{thread}/handoff")
    stage.visitor.post(f"conversations/{thread}/handoff")


@deed("send_reply")
def before_the_assistant_could(stage: Stage) -> Play:
    thread = asked_assistant(stage)
    yield None
    stage.ada.reply(thread, "Let me look")
    stage.visitor.say(thread, "Thank you")


@deed("reopen_conversation")
def and_the_assistant_may_speak_again(stage: Stage) -> Play:
    thread = asked_assistant(stage)
    stage.ada.reply(thread, "Let me look")
    stage.close(thread)
    yield None
    stage.ben.post(f"conversations/{thread}/reopen")
