"""Feedback after closing: one rating per cycle, changeable until its remark, asked for anew after each reopening."""

from __future__ import annotations

import uuid

import pytest

from curbe.testing.cast import make_company
from curbe.testing.race import race
from messenger import streams
from messenger.models import Contact, Event, Message, Rating

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed(chat, desk):
    """A conversation that was answered and closed, so that it asks for feedback."""
    conversation_id = chat["conversation"]["id"]
    desk.reply(conversation_id, "Hello")
    desk.post(f"conversations/{conversation_id}/close")
    return conversation_id


def rate(browser, conversation_id, score, cycle=1, **more):
    return browser.put(f"conversations/{conversation_id}/rating", {"cycle": cycle, "score": score, **more})


def shown(caller, conversation_id):
    answer = caller.get(f"conversations/{conversation_id}").json()
    return answer["rating"], answer["rating_requested"]


def refusal(response):
    return response.status_code, response.json()["errors"][0]["code"]


def test_a_visitor_rates_and_everybody_sees_it(harbor, guest, desk, closed):
    answer = rate(guest, closed, 4)
    assert (answer.status_code, answer.json()) == (200, {"cycle": 1, "score": 4, "remark": None})
    for caller in (guest, desk):
        assert shown(caller, closed) == ({"cycle": 1, "score": 4, "remark": None}, True)
    assert Rating.objects.get().agent == harbor.ada


def test_rating_again_changes_the_one_row_and_the_one_part(guest, desk, closed):
    rate(guest, closed, 2)
    rate(guest, closed, 5, remark="")
    assert Rating.objects.get().score == 5
    told = Message.objects.get(event__name="rated")
    assert (told.event, told.rev) == ({"name": "rated", "score": 5, "remark": ""}, 2)
    (for_team,) = [
        one for one in desk.get(f"conversations/{closed}/messages").json()["items"] if one["id"] == str(told.id)
    ]
    assert for_team["event"]["score"] == 5
    (for_visitor,) = [one for one in guest.get("history").json()["items"] if one["id"] == str(told.id)]
    assert for_visitor["event"] == {"name": "rated"}


def test_the_same_score_again_is_accepted_and_changes_nothing(guest, closed):
    rate(guest, closed, 3)
    head, parts = streams.contact_stream(guest.contact).head_seq, Message.objects.count()
    assert rate(guest, closed, 3).status_code == 200
    assert (streams.contact_stream(guest.contact).head_seq, Message.objects.count()) == (head, parts)
    rate(guest, closed, 4)
    assert streams.contact_stream(guest.contact).head_seq > head


def test_a_remark_is_the_last_word_and_may_be_sent_twice(guest, closed):
    for _ in range(2):
        assert rate(guest, closed, 5, remark="Quick!").json() == {"cycle": 1, "score": 5, "remark": "Quick!"}
    assert shown(guest, closed) == ({"cycle": 1, "score": 5, "remark": "Quick!"}, False)
    assert refusal(rate(guest, closed, 1)) == (409, "rating_not_requested")
    assert refusal(rate(guest, closed, 5, remark="Slow!")) == (409, "rating_not_requested")
    assert Rating.objects.get().score == 5


def test_after_the_next_closing_the_next_cycle_is_asked_for(guest, desk, closed):
    rate(guest, closed, 1, remark="Not solved")
    guest.say(closed, "It is broken again")
    assert shown(guest, closed) == (None, False)
    desk.reply(closed, "Let me see")
    desk.post(f"conversations/{closed}/close")
    assert shown(guest, closed) == (None, True)
    assert rate(guest, closed, 5, cycle=2).status_code == 200
    assert list(Rating.objects.order_by("cycle").values_list("cycle", "score")) == [(1, 1), (2, 5)]
    assert guest.get("conversations").json()["items"][0]["id"] == closed, "feedback opens no conversation"
    assert len(guest.get("conversations").json()["items"]) == 1


def test_a_form_of_an_earlier_cycle_rates_nothing(guest, desk, closed):
    guest.say(closed, "One more thing")
    assert refusal(rate(guest, closed, 5)) == (409, "rating_not_requested")
    desk.reply(closed, "Yes?")
    desk.post(f"conversations/{closed}/close")
    for cycle in (1, 3):
        assert refusal(rate(guest, closed, 5, cycle=cycle)) == (409, "rating_not_requested")
    assert not Rating.objects.exists()


@pytest.mark.parametrize("how", [{"silently": True}, {"spam": True}])
def test_what_was_closed_without_asking_is_not_rated(guest, desk, chat, how):
    conversation_id = chat["conversation"]["id"]
    assert refusal(rate(guest, conversation_id, 5)) == (409, "rating_not_requested"), "it is open"
    desk.reply(conversation_id, "Hello")
    desk.post(f"conversations/{conversation_id}/close", how)
    assert refusal(rate(guest, conversation_id, 5)) == (409, "rating_not_requested")


@pytest.mark.parametrize(
    "body",
    [{"cycle": 1}, {"score": 5}, {"cycle": 0, "score": 5}, {"cycle": 1, "score": 0}, {"cycle": 1, "score": 6},
     {"cycle": 1, "score": "great"}, {"cycle": 1, "score": 5, "remark": "x" * 2001}],
)  # fmt: skip
def test_a_rating_that_is_none_is_refused(guest, closed, body):
    assert guest.put(f"conversations/{closed}/rating", body).status_code == 422
    assert not Rating.objects.exists()


def test_the_agent_who_replied_last_is_credited(harbor, guest, desk, closed):
    guest.say(closed, "Still here")
    desk.reply(closed, "I am Ada")
    harbor.desk(harbor.ben).reply(closed, "And I am Ben")
    desk.post(f"conversations/{closed}/close")
    rate(guest, closed, 5, cycle=2)
    assert Rating.objects.get().agent == harbor.ben


def test_s60_a_blocked_contact_does_not_rate(guest, desk, closed):
    Contact.objects.update(blocked=True)
    head = Event.objects.count()
    assert rate(guest, closed, 1).status_code == 403
    assert (Event.objects.count(), Rating.objects.exists()) == (head, False)


def test_s16_another_contacts_conversation_is_not_there_to_be_rated(harbor, guest, outsider, closed):
    neighbour = harbor.browser()
    neighbour.start("I am somebody else")
    for stranger in (neighbour, outsider):
        assert rate(stranger, closed, 1).status_code == 404
    assert not Rating.objects.exists()
    assert rate(guest, closed, 1).status_code == 200


def test_nobody_yet_has_nothing_to_rate(harbor):
    stranger = harbor.browser()
    stranger.boot()
    assert rate(stranger, uuid.uuid4(), 5).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_twenty_ratings_at_once_are_one():
    company = make_company("harbor")
    guest, desk = company.browser(), company.desk()
    conversation_id = guest.start("Hello")["conversation"]["id"]
    desk.reply(conversation_id, "Hello")
    desk.post(f"conversations/{conversation_id}/close")
    answers = race(20, lambda i: rate(guest, conversation_id, 1 + i % 5).status_code)
    assert set(answers) == {200}
    assert Rating.objects.count() == Message.objects.filter(event__name="rated").count() == 1
    rating, told = Rating.objects.get(), Message.objects.get(event__name="rated")
    assert rating.score == told.event["score"] == shown(guest, conversation_id)[0]["score"]
