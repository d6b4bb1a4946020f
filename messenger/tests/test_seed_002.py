"""Seed 002: pressing "New" or sending the first message makes everything at once, or nothing, and never silently."""

from __future__ import annotations

import uuid

import pytest

from messenger import statements
from messenger.models import (
    Contact,
    Conversation,
    Device,
    Event,
    Message,
    Participant,
    ReadState,
    Stream,
    Visit,
)

pytestmark = pytest.mark.django_db(transaction=True)

MADE_TOGETHER = (Contact, Conversation, Participant, ReadState, Message, Event)


def counts():
    return {model.__name__: model.objects.count() for model in MADE_TOGETHER}


@pytest.fixture
def visitor(transactional_db):
    from curbe.testing.cast import make_company

    browser = make_company("harbor").browser()
    browser.client.raise_request_exception = False
    return browser


def press_new(browser):
    return browser.post("conversations", {"new": True})


def send_first(browser):
    return browser.post("conversations", {"message": {"client_message_id": str(uuid.uuid4()), "body": "Hi"}})


STEPS = [
    pytest.param(press_new, "contact", (Contact, "save"), id="new-contact"),
    pytest.param(press_new, "stream", (Stream, "save"), id="new-stream"),
    pytest.param(press_new, "conversation", (Conversation, "save"), id="new-conversation"),
    pytest.param(press_new, "participants", (Participant.objects, "bulk_create"), id="new-participants"),
    pytest.param(press_new, "read state", (ReadState, "save"), id="new-read-state"),
    pytest.param(press_new, "events", (statements, "insert_events"), id="new-events"),
    pytest.param(send_first, "conversation", (Conversation, "save"), id="first-conversation"),
    pytest.param(send_first, "participants", (Participant.objects, "bulk_create"), id="first-participants"),
    pytest.param(send_first, "message", (statements, "insert_message"), id="first-message"),
    pytest.param(send_first, "events", (statements, "insert_events"), id="first-events"),
]


@pytest.mark.parametrize(("act", "step", "where"), STEPS)
def test_a_failure_at_any_step_leaves_nothing_and_is_told(visitor, monkeypatch, log_lines, act, step, where):
    owner, method = where

    def fail(*args, **kwargs):
        raise RuntimeError(f"injected at {step}")

    with monkeypatch.context() as patch:
        patch.setattr(owner, method, fail)
        refused = act(visitor)
    assert refused.status_code == 500
    trace_id = refused.json()["trace_id"]
    assert refused.json()["type"] == "server_error"
    assert refused.headers["X-Trace-Id"] == trace_id
    assert set(counts().values()) == {0}
    assert Device.objects.get().contact_id is None
    assert Visit.objects.get().contact_id is None
    told = [line for line in log_lines() if line.get("trace_id") == trace_id]
    assert any(f"injected at {step}" in line.get("exception", "") for line in told)
    # The same press works once the fault is gone: nothing half-stored is in its way.
    assert act(visitor).status_code == 201
    made = counts()
    assert made["Contact"] == made["Conversation"] == made["Participant"] == made["ReadState"] == 1


def test_pressing_new_makes_the_conversation_with_its_participants_and_visit(visitor):
    assert press_new(visitor).status_code == 201
    conversation = Conversation.objects.get()
    assert str(conversation.visit_id) == visitor.snapshot["visit_id"]
    assert Participant.objects.get().contact_id == conversation.contact_id == Device.objects.get().contact_id
    assert [one["id"] for one in visitor.get("conversations").json()["items"]] == [str(conversation.id)]
