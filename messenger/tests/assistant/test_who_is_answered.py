"""Who is answered and when: nobody is forgotten, nobody waits behind a crowd, and whoever is gone is asked no more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from curbe.testing.cast import Company
from messenger import actions, presence
from messenger.assistant import answering
from messenger.assistant.protocol import Decline
from messenger.models import Conversation, Turn
from messenger.principals import System

from .conftest import make_due, work
from .test_answering import handed_off, said_by_assistant

pytestmark = pytest.mark.django_db


@pytest.fixture
def shown(monkeypatch):
    """What was shown of answers, as it came in."""
    texts: list[str] = []
    tell = presence.assistant_writes

    def keep(conversation, turn_id, *, text, **facts):
        texts.append(text)
        tell(conversation, turn_id, text=text, **facts)

    monkeypatch.setattr(presence, "assistant_writes", keep)
    return texts


@pytest.fixture
def eager(monkeypatch):
    """Every step of an answer is shown, however soon it comes after the last."""
    monkeypatch.setattr(answering, "_SHOW_EVERY_S", -1)


def test_a_message_that_goes_to_another_thread_is_answered_there(helped, visitor, desk):
    """What is written into an old thread goes on in the one that is open."""
    old = visitor.start("How long does it take?")["conversation"]["id"]
    work()
    desk.post(f"conversations/{old}/close")
    new = visitor.start("And how much is it?", new=True)["conversation"]["id"]
    work()
    helped.tenant.reopen_days = 1
    helped.tenant.save()
    Conversation.objects.filter(id=old).update(closed_at=timezone.now() - timedelta(days=2))
    said = visitor.say(old, "How long, again?").json()
    assert said["conversation_id"] == new
    work()
    assert len(said_by_assistant(visitor, new)) == 2
    assert Turn.objects.filter(conversation_id=new).count() == 2


def test_a_rule_is_heard_wherever_in_the_question_it_stands(helped, visitor, provider):
    helped.tenant.handoff_phrases = ["my lawyer"]
    helped.tenant.save()
    long = visitor.start("It took long. " * 900 + "You will hear from my lawyer.")["conversation"]["id"]
    many = helped.browser()
    first = many.start("You will hear from my lawyer.")["conversation"]["id"]
    for number in range(25):
        many.say(first, f"Line {number}")
    plain = helped.browser()
    other = plain.start("It took long. " * 900)["conversation"]["id"]
    work()
    assert [len(handed_off(who, where)) for who, where in [(visitor, long), (many, first), (plain, other)]] == [1, 1, 0]
    assert len(provider.asked) == 1


def test_the_end_of_a_long_question_is_asked_too(visitor, provider):
    visitor.start("It took long. " * 900 + "Do you ship to Hawaii?")
    work()
    [inquiry] = provider.asked
    assert inquiry.question.startswith("It took long.")
    assert inquiry.question.endswith("Do you ship to Hawaii?")
    assert len(inquiry.question) < 4_100


@pytest.mark.parametrize("way", ["asked for", "declined"])
def test_a_snoozed_conversation_that_is_handed_over_is_open(helped, visitor, desk, provider, way):
    conversation = visitor.start("How long does it take?")["conversation"]["id"]
    until = (timezone.now() + timedelta(days=30)).isoformat()
    desk.post(f"conversations/{conversation}/snooze", {"until": until})
    if way == "asked for":
        visitor.post(f"conversations/{conversation}/handoff")
    else:
        provider.ends_in(Decline("low_confidence"))
        work()
    row = helped.conversation(conversation)
    assert (row.status, row.snoozed_until) == ("open", None)
    parts = desk.get(f"conversations/{conversation}/messages").json()["items"]
    assert [one["event"]["name"] for one in parts if one["event"]] == ["snoozed", "woken", "handed_off"]


def test_one_is_claimed_at_a_time_so_that_none_waits_in_a_queue(helped, provider):
    for _ in range(5):
        helped.browser().start("How long does it take?")
    make_due()
    answering.hand_out()
    assert (Turn.objects.filter(state="running").count(), DBTaskResult.objects.ready().count()) == (1, 1)
    assert work(at_once=False) == 5


def test_a_crowd_in_one_company_keeps_nobody_of_another_waiting(helped: Company, rival: Company):
    rival.widget.features = {"assistant": True}
    rival.widget.save()
    for _ in range(3):
        helped.browser().start("How long does it take?")
    rival.browser().start("How long does it take?")
    make_due()
    due = [tenant_id for tenant_id, _ in actions.due_turns(timezone.now())]
    assert due == [helped.tenant.id, rival.tenant.id, helped.tenant.id, helped.tenant.id]


def leave(helped, visitor, desk, way):
    if way == "blocked":
        assert desk.post(f"contacts/{visitor.contact.id}/block", {"blocked": True}).status_code == 200
    elif way == "erased":
        actions.erase_contact(by=System(helped.tenant.id), contact_id=visitor.contact.id)
    else:
        helped.tenant.is_active = False
        helped.tenant.save()


@pytest.mark.parametrize("way", ["blocked", "erased", "switched off"])
def test_nobody_is_asked_about_somebody_who_is_gone(helped, visitor, desk, provider, shown, way):
    visitor.start("I am Grace. How long does it take?")
    leave(helped, visitor, desk, way)
    work()
    assert provider.asked == []
    assert shown == []
    assert Turn.objects.get().state == "dropped"


@pytest.mark.parametrize("way", ["blocked", "erased", "at their place"])
def test_nothing_more_is_shown_to_somebody_who_left_meanwhile(helped, visitor, desk, provider, shown, eager, way):
    text = "It takes two days, dear Grace."
    act = (lambda: None) if way == "at their place" else lambda: leave(helped, visitor, desk, way)
    provider.says(text, during=act)
    visitor.start("I am Grace. How long does it take?")
    work()
    assert any(shown), "the control: the first half was shown"
    assert (text in shown) == (way == "at their place")
