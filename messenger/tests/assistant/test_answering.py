"""A turn from the question to its end: answered once, by what was said, and only as long as nobody else speaks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from curbe.testing.cast import Browser
from messenger import actions, jobs
from messenger.actions import turns
from messenger.actions.turns import Claim
from messenger.assistant.protocol import Decline, ProviderFailed
from messenger.errors import Busy
from messenger.models import Conversation, Cycle, Message, SeenState, Turn
from messenger.principals import Assistant

from .conftest import make_due, work

pytestmark = pytest.mark.django_db


def parts_of(visitor: Browser, conversation_id: str):
    return visitor.get(f"conversations/{conversation_id}/messages").json()["items"]


def said_by_assistant(visitor: Browser, conversation_id: str):
    return [one["body"] for one in parts_of(visitor, conversation_id) if one["author"]["kind"] == "assistant"]


def handed_off(visitor: Browser, conversation_id: str):
    return [
        one["event"] for one in parts_of(visitor, conversation_id) if (one["event"] or {}).get("name") == "handed_off"
    ]


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """What is put off for some seconds is so for minutes, however long this machine takes to look again."""
    monkeypatch.setattr(turns, "_QUIET", timedelta(minutes=5))
    monkeypatch.setattr(jobs, "_BACKOFF_S", (60, 240))


@pytest.fixture
def asked(visitor):
    """A visitor who asked something."""
    return visitor.start("How long does it take?")["conversation"]["id"]


def test_a_question_is_answered_once_and_told_how(helped, visitor, asked, desk, provider):
    assert work() == 1
    assert said_by_assistant(visitor, asked) == ["It takes two days."]
    [message] = Message.objects.filter(author_kind="assistant")
    assert message.answer["model"] == "scripted-1"
    assert message.answer["confidence"] == 0.9
    assert (message.answer["tokens_in"], message.answer["tokens_out"]) == (7, 5)
    assert message.answer["duration_ms"] >= 0
    assert work() == 0
    turn = Turn.objects.get()
    assert (turn.state, turn.message_id) == ("answered", message.id)
    team = desk.get(f"conversations/{asked}/messages").json()["items"]
    assert [one["answer"]["model"] for one in team if one["author"]["kind"] == "assistant"] == ["scripted-1"]
    assert all("answer" not in one for one in parts_of(visitor, asked))


def test_it_does_not_wait_for_the_send_to_be_answered_and_not_before_a_moment_of_quiet(visitor, asked, provider):
    assert said_by_assistant(visitor, asked) == []
    assert work(at_once=False) == 0
    assert provider.asked == []


def test_several_quick_messages_are_one_turn(visitor, asked, provider):
    visitor.say(asked, "To Hawaii, that is.")
    visitor.say(asked, "With express.")
    assert work() == 1
    assert [one.question for one in provider.asked] == ["How long does it take?\nTo Hawaii, that is.\nWith express."]
    assert said_by_assistant(visitor, asked) == ["It takes two days."]


def test_what_is_written_while_it_answers_belongs_to_the_question(visitor, asked, provider):
    provider.says("It takes two days.", during=lambda: once(lambda: visitor.say(asked, "To Hawaii, that is.")))
    assert work() == 1
    assert said_by_assistant(visitor, asked) == [], "whoever writes on is not answered line by line"
    assert work(at_once=False) == 0, "not at once, either"
    assert work() == 1
    assert [one.question.count("\n") for one in provider.asked] == [0, 1]
    assert said_by_assistant(visitor, asked) == ["It takes two days."]


def once(act, done=[]):  # noqa: B006  Remembering is the point.
    if not done:
        done.append(True)
        act()


def test_it_never_moves_seen_and_is_no_first_human_reply(helped, visitor, asked):
    work()
    row = helped.conversation(asked)
    cycle = Cycle.objects.get(conversation=row)
    assert not SeenState.objects.exists()
    assert (row.first_reply_at, row.waiting_since, cycle.first_reply_at) == (None, None, None)
    assert cycle.assistant_reply_at is not None


def test_what_it_does_not_know_it_hands_over_visibly(helped, visitor, asked, desk, provider):
    helped.tenant.reply_time = "hours"
    helped.tenant.save()
    provider.ends_in(Decline("low_confidence"))
    work()
    assert handed_off(visitor, asked) == [{"name": "handed_off", "reply_time": "hours", "back_at": None}]
    [event] = [one["event"] for one in desk.get(f"conversations/{asked}/messages").json()["items"] if one["event"]]
    assert event["reason"] == "low_confidence"
    assert "How long does it take?" in event["summary"]
    assert Turn.objects.get().state == "handed_off"
    assert Cycle.objects.get().handed_off_at is not None


@pytest.mark.parametrize("failure", [ProviderFailed("timeout"), RuntimeError("a bug of the provider")])
def test_a_failure_is_handed_over_and_costs_the_visitor_nothing(visitor, asked, provider, failure):
    provider.ends_in(failure)
    work()
    assert len(handed_off(visitor, asked)) == 1
    assert parts_of(visitor, asked)[0]["body"] == "How long does it take?"


@pytest.mark.parametrize("outcome", [ProviderFailed("timeout"), Decline("low_confidence")])
def test_while_the_database_is_busy_the_provider_is_not_asked_over_and_over(
    visitor, asked, provider, monkeypatch, outcome
):
    provider.ends_in(outcome)
    hand_off, refusals = actions.hand_off_turn, [Busy()] * 5

    def is_busy_for_a_while(**asked_for):
        if refusals:
            raise refusals.pop()
        return hand_off(**asked_for)

    monkeypatch.setattr(actions, "hand_off_turn", is_busy_for_a_while)
    assert work() == 1
    assert len(provider.asked) == 1
    assert handed_off(visitor, asked) == []
    refusals.clear()
    assert work(at_once=False) == 0, "it is put off"
    DBTaskResult.objects.update(run_after=timezone.now())
    assert work(at_once=False) == 1
    assert len(handed_off(visitor, asked)) == 1


def test_an_answer_that_a_busy_database_does_not_take_is_put_off_too(visitor, asked, provider, monkeypatch):
    store, refusals = actions.answer_turn, [Busy()]

    def is_busy_once(**told):
        if refusals:
            raise refusals.pop()
        return store(**told)

    monkeypatch.setattr(actions, "answer_turn", is_busy_once)
    assert work() == 1
    assert (said_by_assistant(visitor, asked), handed_off(visitor, asked)) == ([], [])
    DBTaskResult.objects.update(run_after=timezone.now())
    assert work(at_once=False) == 1
    assert (said_by_assistant(visitor, asked), handed_off(visitor, asked)) == (["It takes two days."], [])


def test_after_a_hand_over_it_is_silent(visitor, asked, provider):
    provider.ends_in(Decline("low_confidence"))
    work()
    visitor.say(asked, "And to Alaska?")
    assert work() == 0
    assert len(provider.asked) == 1


def test_talking_to_a_person_is_one_request_however_often(visitor, asked, provider):
    for _ in range(2):
        answer = visitor.post(f"conversations/{asked}/handoff")
        assert answer.status_code == 200
        assert answer.json()["assistant_answers"] is False
    assert len(handed_off(visitor, asked)) == 1
    assert work() == 0, "the open turn ended with it"
    assert Turn.objects.get().reason == "requested"


def test_where_there_is_no_assistant_asking_for_a_person_changes_nothing(guest, chat):
    conversation_id = chat["conversation"]["id"]
    assert guest.post(f"conversations/{conversation_id}/handoff").status_code == 200
    assert handed_off(guest, conversation_id) == []


def test_a_person_who_replies_while_it_streams_ends_the_answer(visitor, asked, desk, provider):
    provider.says("It takes two days.", during=lambda: desk.reply(asked, "Let me look."))
    work()
    assert said_by_assistant(visitor, asked) == []
    assert Turn.objects.get().reason == "agent_replied"
    visitor.say(asked, "Thank you!")
    assert work() == 0


def test_it_speaks_again_in_the_next_cycle(visitor, asked, desk, provider):
    desk.reply(asked, "Two days.")
    desk.post(f"conversations/{asked}/close")
    visitor.say(asked, "One more question")
    assert work() == 1
    assert said_by_assistant(visitor, asked) == ["It takes two days."]
    assert [one.history for one in provider.asked] == [()], "the cycle before is not its business"


def test_a_person_who_types_makes_it_wait_and_one_who_leaves_lets_it_go_on(visitor, asked, desk, provider):
    provider.says("It takes two days.", during=lambda: once_more(lambda: type_reply(desk, asked)))
    work()
    assert said_by_assistant(visitor, asked) == []
    assert Turn.objects.get().state == "paused"
    assert work() == 1
    assert said_by_assistant(visitor, asked) == ["It takes two days."]


def once_more(act, done=[]):  # noqa: B006  Remembering is the point.
    if not done:
        done.append(True)
        act()


def type_reply(desk, conversation_id, kind="message"):
    desk.post(f"conversations/{conversation_id}/typing", {"on": True, "kind": kind})


def test_a_person_who_types_a_note_does_not(visitor, asked, desk, provider):
    provider.says("It takes two days.", during=lambda: type_reply(desk, asked, "note"))
    work()
    assert said_by_assistant(visitor, asked) == ["It takes two days."]


def test_a_person_who_types_on_for_a_minute_has_it(visitor, asked, desk):
    type_reply(desk, asked)
    turn = Turn.objects.get()
    Turn.objects.update(
        paused_since=turn.paused_since - timedelta(seconds=42), due_at=turn.due_at - timedelta(seconds=2)
    )
    type_reply(desk, asked)
    turn.refresh_from_db()
    assert timedelta(seconds=50) < turn.due_at - turn.paused_since <= timedelta(seconds=60)
    Turn.objects.update(
        paused_since=turn.paused_since - timedelta(seconds=11), due_at=turn.due_at - timedelta(seconds=11)
    )
    type_reply(desk, asked)
    turn.refresh_from_db()
    assert turn.due_at - turn.paused_since <= timedelta(seconds=60), "a minute is the most"
    work(at_once=False)
    assert Turn.objects.get().reason == "agent_writing"
    assert len(handed_off(visitor, asked)) == 1


def test_a_rule_of_the_company_goes_before_any_answer(helped, visitor, provider):
    helped.tenant.handoff_phrases = ["my lawyer"]
    helped.tenant.save()
    asked = visitor.start("You will hear from MY LAWYER.")["conversation"]["id"]
    work()
    assert provider.asked == []
    assert len(handed_off(visitor, asked)) == 1
    other = helped.browser().start("My lawyers like you")["conversation"]["id"]
    assert work() == 1, "the control: a word that begins so is another one"
    assert len(provider.asked) == 1
    assert other


def test_switched_off_meanwhile_it_hands_over(helped, visitor, asked, provider):
    helped.widget.features = {}
    helped.widget.save()
    work()
    assert provider.asked == []
    assert len(handed_off(visitor, asked)) == 1


def test_a_closed_conversation_is_not_answered(visitor, asked, desk, provider):
    desk.post(f"conversations/{asked}/close")
    assert work() == 0
    assert Turn.objects.get().reason == "over"


def test_a_blocked_person_is_not_answered(helped, visitor, asked, desk, provider):
    desk.post(f"contacts/{visitor.contact.id}/block", {"blocked": True})
    work()
    assert said_by_assistant(visitor, asked) == []
    assert not Turn.objects.exclude(state="dropped").exists()


def test_a_claim_that_was_lost_stores_nothing(helped, visitor, asked):
    """The worker was thought dead, and comes back when another one has answered."""
    make_due()
    turn = Turn.objects.get()
    lost = actions.claim_turn(tenant_id=turn.tenant_id, turn_id=turn.id)
    assert isinstance(lost, Claim)
    asked_then = actions.open_turn(lost)
    assert actions.claim_turn(tenant_id=turn.tenant_id, turn_id=turn.id) is None, "it is taken"
    Turn.objects.update(state="waiting", due_at=turn.asked_at)
    work()
    stored = actions.answer_turn(
        by=Assistant(turn.tenant_id), asked=asked_then, body="Late", body_html="<p>Late</p>", sources=[], facts={}
    )
    assert stored is False
    assert said_by_assistant(visitor, asked) == ["It takes two days."]


def test_one_nobody_works_on_any_more_is_handed_over(visitor, asked):
    make_due()
    turn = Turn.objects.get()
    claim = actions.claim_turn(tenant_id=turn.tenant_id, turn_id=turn.id)
    work(at_once=False)
    assert handed_off(visitor, asked) == [], "the control: whoever was heard of just now is at it"
    Turn.objects.update(claimed_at=turn.asked_at - timedelta(seconds=61))
    work(at_once=False)
    assert len(handed_off(visitor, asked)) == 1
    assert actions.open_turn(claim) is None


def test_a_turn_that_cannot_be_begun_keeps_no_other_from_it(helped, visitor, asked, provider, monkeypatch):
    """The first one fails, whatever the reason; the second is answered."""
    other = helped.browser()
    theirs = other.start("And how much is it?")["conversation"]["id"]
    first = Turn.objects.get(conversation_id=asked)
    claim = actions.claim_turn

    def fails_once(*, tenant_id, turn_id):
        if turn_id == first.id:
            raise ValueError("something unforeseen")
        return claim(tenant_id=tenant_id, turn_id=turn_id)

    monkeypatch.setattr(actions, "claim_turn", fails_once)
    work()
    assert said_by_assistant(other, theirs) == ["It takes two days."]
    assert said_by_assistant(visitor, asked) == []
    monkeypatch.undo()
    work(at_once=False)
    assert len(provider.asked) == 2, "and it is looked at again"


def test_a_conversation_that_an_agent_begins_is_theirs(helped, desk, provider):
    browser = helped.known("grace", None)
    began = desk.post(
        f"contacts/{browser.contact.id}/conversations",
        {"client_message_id": "0197f0f0-0000-7000-8000-000000000001", "body": "Hello"},
    )
    assert began.status_code in (200, 201)
    conversation_id = began.json()["conversation"]["id"]
    browser.say(conversation_id, "Hello you")
    assert work() == 0
    assert Conversation.objects.get(id=conversation_id).first_reply_at
