"""An answered conversation in which nobody writes any more is closed after the company's days, and no other one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from curbe.testing.race import race
from messenger import actions, chores
from messenger.models import Conversation, Cycle, Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def tidy(harbor):
    harbor.tenant.inactivity_days = 7
    harbor.tenant.save()
    return harbor


@pytest.fixture
def thread(tidy, chat, desk):
    """A conversation that was answered."""
    desk.reply(chat["conversation"]["id"], "It left us today.")
    return chat["conversation"]["id"]


def falls_silent(*threads, days=8):
    Conversation.objects.filter(id__in=threads).update(last_message_at=timezone.now() - timedelta(days=days))


def test_it_is_closed_once_and_its_visitor_asked_how_it_was(tidy, thread, desk, guest):
    falls_silent(thread)
    assert (actions.close_idle_conversations(), actions.close_idle_conversations()) == (1, 0)
    seen = guest.get(f"conversations/{thread}").json()
    assert (seen["status"], seen["rating_requested"]) == ("closed", True)
    parts = desk.get(f"conversations/{thread}/messages").json()["items"]
    assert parts[-1]["event"] == {"name": "closed", "by": "inactivity"}
    assert parts[-1]["author"]["kind"] == "system"
    cycle = Cycle.objects.get(conversation_id=thread)
    assert cycle.closed_at is not None


def test_who_writes_again_comes_back_as_after_any_close(thread, guest):
    falls_silent(thread)
    actions.close_idle_conversations()
    guest.say(thread, "Still not here")
    assert guest.get(f"conversations/{thread}").json()["status"] == "open"


def test_whoever_waits_for_the_team_is_left_alone(tidy, thread, guest):
    guest.say(thread, "And when does it come?")
    falls_silent(thread, days=400)
    assert actions.close_idle_conversations() == 0


def test_what_is_snoozed_is_left_alone(tidy, thread, desk):
    desk.post(f"conversations/{thread}/snooze", {"until": (timezone.now() + timedelta(days=1)).isoformat()})
    falls_silent(thread)
    assert actions.close_idle_conversations() == 0


@pytest.mark.parametrize(("after", "days", "closed"), [(7, 6, 0), (7, 8, 1), (None, 400, 0)])
def test_it_is_the_companys_to_say_when(harbor, thread, after, days, closed):
    harbor.tenant.inactivity_days = after
    harbor.tenant.save()
    falls_silent(thread, days=days)
    assert actions.close_idle_conversations() == closed


def test_a_company_that_is_switched_off_is_left_alone(tidy, thread):
    falls_silent(thread)
    tidy.tenant.is_active = False
    tidy.tenant.save()
    assert actions.close_idle_conversations() == 0


def test_one_company_closes_nothing_of_another(tidy, rival, thread):
    other = rival.browser().start("Hello")["conversation"]["id"]
    rival.desk().reply(other, "Hello to you")
    falls_silent(thread, other)
    assert actions.close_idle_conversations() == 1
    assert rival.conversation(other).status == "open"


def test_it_is_looked_for_now_and_then(thread):
    falls_silent(thread)
    assert chores.do_chores(1) == 0
    assert chores.do_chores(20) == 1


@pytest.mark.django_db(transaction=True)
def test_several_who_find_it_close_it_once(tidy, thread):
    falls_silent(thread)
    assert sum(race(4, lambda _: actions.close_idle_conversations())) == 1
    assert Message.objects.filter(conversation_id=thread, event__name="closed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_message_that_comes_meanwhile_keeps_it_open(tidy, thread, guest):
    falls_silent(thread)
    race(2, lambda number: actions.close_idle_conversations() if number else guest.say(thread, "Wait"))
    assert guest.get(f"conversations/{thread}").json()["status"] == "open"
