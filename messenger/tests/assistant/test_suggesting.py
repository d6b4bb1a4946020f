"""A suggested reply: what the assistant would say, stored nowhere, and asked for only where it is switched on."""

from __future__ import annotations

import pytest

from messenger.assistant.protocol import Decline, ProviderFailed
from messenger.models import Message, Turn

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(visitor):
    return visitor.start("How long does it take?")["conversation"]["id"]


def suggestion(desk, conversation_id):
    return desk.post(f"conversations/{conversation_id}/suggestion")


def test_it_is_what_the_assistant_would_say_and_stored_nowhere(desk, asked, provider):
    parts, turns = Message.objects.count(), Turn.objects.values_list("state", flat=True)
    answer = suggestion(desk, asked)
    assert answer.status_code == 200
    assert answer.json() == {"body": "It takes two days.", "reason": None, "sources": [], "confidence": 0.9}
    assert (Message.objects.count(), list(turns)) == (parts, ["waiting"])
    assert provider.asked[0].question == "How long does it take?"


def test_it_answers_what_was_said_since_the_last_reply(desk, visitor, asked, provider):
    desk.reply(asked, "Where to?")
    visitor.say(asked, "To Hawaii")
    desk.note(asked, "note-canary")
    suggestion(desk, asked)
    [inquiry] = provider.asked
    assert inquiry.question == "To Hawaii"
    assert [one.by for one in inquiry.history] == ["contact", "agent"]
    assert "canary" not in repr(inquiry)


def test_what_it_does_not_know_it_says(desk, asked, provider):
    provider.ends_in(Decline("low_confidence"))
    told = suggestion(desk, asked).json()
    assert (told["body"], told["reason"], told["sources"]) == (None, "low_confidence", [])


def test_a_failure_is_told_as_one(desk, asked, provider):
    provider.ends_in(ProviderFailed("timeout"))
    answer = suggestion(desk, asked)
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["code"] == "assistant_unavailable"
    assert answer.headers["Retry-After"]


def test_where_it_is_switched_off_nothing_goes_to_a_provider(helped, desk, asked, provider):
    helped.widget.features = {}
    helped.widget.save()
    answer = suggestion(desk, asked)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "assistant_off")
    assert provider.asked == []


def test_another_companys_conversation_does_not_exist(rival, asked, provider):
    assert suggestion(rival.desk(), asked).status_code == 404
    assert provider.asked == []
