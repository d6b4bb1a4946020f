"""The turns of the assistant: what it is asked, who works on it, and how it ends: answered, handed over or dropped.

Every end is a transition of a locked turn, and a worker that was taken for dead holds a claim that is none any more:
so a turn is answered at most once. Nothing here asks a provider; between the verbs no transaction is open.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from .. import handing_over, statements
from ..errors import NotFound
from ..events import EventLog, EventType
from ..models import Conversation, Message, Participant, Tenant, Turn
from ..models.assistant import OPEN_TURNS, TurnReason, TurnState
from ..principals import Assistant, Visitor
from ..shapes import Source
from . import lifecycle
from .cycles import cycle_handed_off
from .locks import lock_conversation_of, lock_for_team, lock_speaker
from .parts import append_event, append_part, count_message, record
from .verb import in_one_transaction, verb

# Whoever writes several messages in a row is answered once: so long nothing more may have been said.
_QUIET = timedelta(seconds=2)
# A person who writes a reply says so every three seconds. All in all a turn waits for them for a minute.
_PAUSE, _PAUSED_AT_MOST = timedelta(seconds=10), timedelta(seconds=60)
# Who works on a turn and is not heard of for so long, and for as long as three answers may take, will not answer it.
_STUCK_AFTER = timedelta(seconds=60)
_BATCH = 100


@dataclass(frozen=True, slots=True)
class Claim:
    """A right to work on a turn, until somebody else gets one."""

    tenant_id: uuid.UUID
    turn_id: uuid.UUID
    token: uuid.UUID


@dataclass(frozen=True, slots=True)
class Asked:
    """What a turn is about, as of one moment."""

    claim: Claim
    conversation: Conversation
    tenant: Tenant
    cycle: int
    asked_from: int
    asked_to: int
    asked_at: datetime
    # The switch of the widget: without an assistant there, somebody else has to answer.
    is_on: bool
    # A person began to write, and was still at it when the turn could wait no longer.
    is_taken: bool


def ask(conversation: Conversation, message: Message) -> None:
    """A contact wrote something that the assistant is to answer. The conversation is locked."""
    now = timezone.now()
    statements.ask_assistant(conversation, message.seq, now, now + _QUIET)


def yield_to_person(conversation: Conversation) -> None:
    """A person has replied: the assistant is silent in this cycle, and what it was about to say is dropped."""
    _silence(conversation)
    drop(conversation, Turn.Reason.AGENT_REPLIED)


def drop(conversation: Conversation, reason: TurnReason) -> None:
    """End the conversation's open turn, if there is one, without a word."""
    _open_turns(conversation).update(
        state=Turn.State.DROPPED, reason=reason, ended_at=timezone.now(), claim=None, claimed_at=None
    )


def pause(conversation: Conversation) -> None:
    """A person writes a reply: what the assistant is about to say waits, for a minute from the first such moment."""
    now = timezone.now()
    is_new = Q(paused_since=None)
    waiting = _open_turns(conversation)
    paused = {"state": Turn.State.PAUSED, "due_at": now + _PAUSE, "claim": None, "claimed_at": None}
    if not waiting.filter(is_new).update(**paused, paused_since=now):
        waiting.filter(paused_since__gt=now - _PAUSED_AT_MOST + _PAUSE).update(**paused)


def due_turns(now: datetime) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Return (tenant, turn) of what has become work, at most 100: the longest due of each tenant, then the second …

    So a tenant with a crowd does not keep the visitors of others waiting.
    """
    waiting = Turn.objects.filter(state__in=[Turn.State.WAITING, Turn.State.PAUSED], due_at__lte=now)
    in_line = Window(RowNumber(), partition_by=F("tenant_id"), order_by=["due_at", "id"])
    fair = waiting.annotate(in_line=in_line).order_by("in_line", "due_at", "id")
    return list(fair.values_list("tenant_id", "id")[:_BATCH])


def stuck_turns(now: datetime) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Return (tenant, turn) of those whose worker is not heard of any more, of all tenants, at most 100."""
    running = Turn.objects.filter(state=Turn.State.RUNNING, claimed_at__lte=now - _stuck_after())
    return list(running.order_by("claimed_at", "id").values_list("tenant_id", "id")[:_BATCH])


@in_one_transaction
def claim_turn(*, tenant_id: uuid.UUID, turn_id: uuid.UUID) -> Claim | None:
    """Take a turn that is due; None when somebody else has it, or it has ended or was put off."""
    now, token = timezone.now(), uuid.uuid4()
    due = Turn.objects.filter(tenant_id=tenant_id, id=turn_id, due_at__lte=now)
    due = due.filter(state__in=[Turn.State.WAITING, Turn.State.PAUSED])
    if not due.update(state=Turn.State.RUNNING, claim=token, claimed_at=now):
        return None
    return Claim(tenant_id, turn_id, token)


@in_one_transaction
def open_turn(claim: Claim) -> Asked | None:
    """Return what a claimed turn asks for by now; None when the claim is none any more.

    Of somebody who was blocked or erased, and in a tenant that is switched off, nobody is asked anything: the turn is
    dropped.
    """
    related = [f"conversation__{name}" for name in ("widget", "tenant", "contact")]
    turn = _claimed(claim).select_related(*related).first()
    if turn is None:
        return None
    conversation: Conversation = turn.conversation
    if not (conversation.tenant.is_active and _may_be_answered(conversation)):
        drop(conversation, Turn.Reason.OVER)
        return None
    _claimed(claim).update(claimed_at=timezone.now())
    return Asked(
        claim=claim,
        conversation=conversation,
        tenant=conversation.tenant,
        cycle=turn.cycle,
        asked_from=turn.asked_from,
        asked_to=turn.asked_to,
        asked_at=turn.asked_at,
        is_on=lifecycle.has_assistant(conversation.widget),
        is_taken=_was_written_on(turn),
    )


def is_wanted(asked: Asked) -> bool:
    """Whether the claim still holds, nothing more was asked, and who asked is neither blocked nor erased.

    It is looked at while an answer comes in, before more of it is shown.
    """
    still = _claimed(asked.claim).filter(asked_to=asked.asked_to)
    return still.filter(conversation__contact__blocked=False, conversation__contact__erased_at=None).exists()


@in_one_transaction
def put_back(claim: Claim) -> None:
    """Let a turn wait again of which more was asked while somebody worked on it; one that has ended has ended.

    Not at once: whoever writes on would have each line answered, and a provider is paid by the word.
    """
    waiting = {"state": Turn.State.WAITING, "due_at": timezone.now() + _QUIET, "claim": None, "claimed_at": None}
    _claimed(claim).update(**waiting)


@verb
def answer_turn(
    events: EventLog,
    *,
    by: Assistant,
    asked: Asked,
    body: str,
    body_html: str,
    sources: list[Source],
    facts: dict[str, Any],
) -> bool:
    """Store the answer to a turn; false when it is not wanted any more. The assistant sees nothing and reads nothing.

    Whoever was paused, replaced or asked more meanwhile has to begin again, or not at all.
    """
    turn = _lock_claimed(by, asked.claim)
    if turn is None or turn.asked_to != asked.asked_to:
        return False
    conversation = turn.conversation
    statements.count_message(by.tenant_id, conversation.contact_id, events.at)
    message = append_part(
        events,
        conversation,
        visible=True,
        author_kind=Message.Author.ASSISTANT,
        body=body,
        body_html=body_html,
        client_message_id=turn.id,
        sources=sources,
        answer=facts,
    )
    count_message(events, conversation, message)
    conversation.waiting_since = None
    statements.save_moved(conversation)
    _end(turn, Turn.State.ANSWERED, at=message.created_at, message=message)
    return True


@verb
def hand_off_turn(events: EventLog, *, by: Assistant, claim: Claim, reason: TurnReason) -> bool:
    """Give the conversation of a turn to the team, visibly; false when the claim is none any more."""
    turn = _lock_claimed(by, claim)
    if turn is None:
        return False
    _hand_off(events, turn.conversation, reason)
    return True


@verb
def hand_off_stuck(events: EventLog, *, by: Assistant, turn_id: uuid.UUID) -> bool:
    """Give the conversation of a turn to the team whose worker is not heard of any more; false when it is."""
    turn = _lock(
        by, Turn.objects.filter(id=turn_id, state=Turn.State.RUNNING, claimed_at__lte=events.at - _stuck_after())
    )
    if turn is None:
        return False
    _hand_off(events, turn.conversation, Turn.Reason.FAILED)
    return True


@verb
def ask_for_person(events: EventLog, *, by: Visitor, conversation_id: uuid.UUID) -> Conversation:
    """A visitor wants to talk to a person: the assistant hands over. Nothing happens where it does not answer.

    Raises NotFound, and Forbidden for a blocked contact (S60).
    """
    if by.contact is None:
        raise NotFound()
    contact = lock_speaker(by, by.contact.id)
    conversation = lock_conversation_of(contact, conversation_id)
    if conversation.assistant_listens and conversation.last_message_id and not conversation.is_closed:
        _hand_off(events, conversation, Turn.Reason.REQUESTED)
    return conversation


def _hand_off(events: EventLog, conversation: Conversation, reason: TurnReason) -> None:
    """The assistant is silent in this cycle; the visitor reads when the team answers, and the team what it is about."""
    _silence(conversation)
    if conversation.status == Conversation.Status.SNOOZED:  # Now it is for people, and nobody would find it.
        lifecycle.wake(events, conversation, by="assistant")
        record(events, EventType.TEAM_CONVERSATION_UPDATED, conversation)
    facts = handing_over.facts_of(conversation, reason, now=events.at)
    part = append_event(events, conversation, "handed_off", agent=None, **facts)
    cycle_handed_off(conversation, part.created_at)
    conversation.waiting_since = conversation.waiting_since or part.created_at
    statements.save_moved(conversation)
    turn = _open_turns(conversation).first()
    if turn is not None:
        _end(turn, Turn.State.HANDED_OFF, at=part.created_at, reason=reason)


def _stuck_after() -> timedelta:
    return max(_STUCK_AFTER, 3 * timedelta(seconds=settings.ASSISTANT_DEADLINE_S))


def _was_written_on(turn: Turn) -> bool:
    """Whether the person for whom a turn waited wrote on until it could wait no longer."""
    return bool(turn.paused_since and turn.due_at and turn.due_at - turn.paused_since > _PAUSED_AT_MOST - _PAUSE)


def _silence(conversation: Conversation) -> None:
    own = Participant.objects.filter(tenant_id=conversation.tenant_id, conversation=conversation.id)
    own.filter(kind=Participant.Kind.ASSISTANT).update(can_reply=False)
    conversation.assistant_listens = False


def _end(turn: Turn, state: TurnState, *, at: datetime, reason: str = "", message: Message | None = None) -> None:
    turn.state, turn.reason, turn.message, turn.ended_at = state, reason, message, at
    turn.claim = turn.claimed_at = None
    turn.save()


def _open_turns(conversation: Conversation) -> QuerySet[Turn]:
    return Turn.objects.filter(tenant_id=conversation.tenant_id, conversation=conversation.id, state__in=OPEN_TURNS)


def _may_be_answered(conversation: Conversation) -> bool:
    contact = conversation.contact
    return not (contact.blocked or contact.erased_at or conversation.is_closed)


def _claimed(claim: Claim) -> QuerySet[Turn]:
    return Turn.objects.filter(tenant_id=claim.tenant_id, id=claim.turn_id, state=Turn.State.RUNNING, claim=claim.token)


def _lock_claimed(by: Assistant, claim: Claim) -> Turn | None:
    return _lock(by, _claimed(claim))


def _lock(by: Assistant, wanted: QuerySet[Turn]) -> Turn | None:
    """Return the turn, locked after its contact and conversation; None when it is not wanted, or may not be answered.

    Of somebody who was blocked or erased nothing is said any more: their turn is dropped.
    """
    wanted = wanted.filter(tenant_id=by.tenant_id)
    conversation_id = wanted.values_list("conversation", flat=True).first()
    if conversation_id is None:
        return None
    conversation = lock_for_team(by.tenant_id, conversation_id)
    turn = wanted.select_for_update(no_key=True).first()
    if turn is None:
        return None
    turn.conversation = conversation
    if not _may_be_answered(conversation):
        drop(conversation, Turn.Reason.OVER)
        return None
    return turn
