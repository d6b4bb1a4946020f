"""Ending a conversation from the visitor's side, where the company lets them."""

from __future__ import annotations

import pytest

from messenger.models import Contact, Message, Tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def thread(chat):
    Tenant.objects.update(visitors_may_close=True)
    return chat["conversation"]["id"]


def end(browser, conversation_id):
    return browser.post(f"conversations/{conversation_id}/close")


def test_it_closes_once_and_asks_when_somebody_had_answered(guest, desk, thread):
    desk.reply(thread, "Hello")
    ended = end(guest, thread)
    assert (ended.status_code, ended.json()["status"], ended.json()["rating_requested"]) == (200, "closed", True)
    assert end(guest, thread).json()["rev"] == ended.json()["rev"]
    (part,) = Message.objects.filter(conversation_id=thread, event__name="closed")
    assert (part.event["by"], part.agent) == ("visitor", None)
    shown = guest.get(f"conversations/{thread}/messages").json()["items"][-1]
    assert (shown["event"], shown["author"]["kind"]) == ({"name": "closed"}, "system")


def test_it_does_not_ask_when_nobody_had(guest, thread):
    assert end(guest, thread).json()["rating_requested"] is False


def test_it_is_refused_unless_the_company_says_so(guest, thread):
    Tenant.objects.update(visitors_may_close=False)
    refused = end(guest, thread)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (403, "closing_not_allowed")
    assert guest.get(f"conversations/{thread}").json()["status"] == "open"
    assert guest.boot()["widget"]["features"]["close"] is False


def test_writing_again_begins_the_next_cycle(guest, thread):
    end(guest, thread)
    guest.say(thread, "One more thing")
    conversation = guest.get(f"conversations/{thread}").json()
    assert (conversation["status"], conversation["cycle"]) == ("open", 2)


def test_s16_nobody_ends_anothers_conversation(harbor, outsider, guest, thread):
    neighbour = harbor.browser()
    assert end(neighbour, thread).status_code == 404  # Nobody has been met there yet.
    neighbour.start("Mine")
    for stranger in (neighbour, outsider):
        assert end(stranger, thread).status_code == 404
    assert end(guest, thread).status_code == 200


def test_s60_who_is_blocked_ends_nothing(guest, thread):
    Contact.objects.filter(id=guest.boot()["contact"]["id"]).update(blocked=True)
    assert end(guest, thread).status_code == 403
