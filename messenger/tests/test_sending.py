"""Saying something: stored once, numbered, and never twice (I1, I2, I3)."""

from __future__ import annotations

import uuid
from functools import partial

import pytest

from curbe.testing.ledger import everything
from messenger import actions
from messenger.actions.messages import Draft
from messenger.errors import Invalid
from messenger.models import Message, VisitorToken

pytestmark = pytest.mark.django_db


def test_it_stores_a_message_once_however_often_it_is_sent(guest, chat):
    conversation_id, key = chat["conversation"]["id"], str(uuid.uuid4())
    first = guest.say(conversation_id, "Where is my order?", key)
    again = guest.say(conversation_id, "Where is my order?", key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert "Idempotent-Replay" not in first.headers
    assert again.headers["Idempotent-Replay"] == "true"
    assert first.json() == again.json()
    assert Message.objects.filter(client_message_id=key).count() == 1


def test_a_repeat_moves_nothing(harbor, guest, chat, desk):
    """Neither a counter, nor the life of a conversation that was closed meanwhile, nor the log."""
    conversation_id, key = chat["conversation"]["id"], str(uuid.uuid4())
    guest.say(conversation_id, "Where is my order?", key)
    desk.post(f"conversations/{conversation_id}/close")
    before = everything(but=[VisitorToken])
    assert guest.say(conversation_id, "Where is my order?", key).status_code == 200
    assert everything(but=[VisitorToken]) == before
    # The control: another key does all of that.
    guest.say(conversation_id, "Where is my order?")
    assert harbor.conversation(conversation_id).status == "open"
    assert everything(but=[VisitorToken]) != before


def test_it_refuses_a_key_that_comes_back_with_another_body(guest, chat):
    conversation_id, key = chat["conversation"]["id"], str(uuid.uuid4())
    guest.say(conversation_id, "One thing", key)
    refused = guest.say(conversation_id, "Another thing", key)
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["code"] == "idempotency_key_reused"
    assert Message.objects.filter(client_message_id=key).get().body == "One thing"


@pytest.mark.parametrize("kind", ["message", "note"])
def test_an_agents_key_belongs_to_one_conversation(harbor, chat, desk, kind):
    here, key = chat["conversation"]["id"], str(uuid.uuid4())
    there = harbor.browser().start("Hi")["conversation"]["id"]
    sent = [desk.reply(here, "One moment", kind=kind, client_message_id=key) for _ in range(2)]
    assert [one.status_code for one in sent] == [201, 200]
    refused = desk.reply(there, "One moment", kind=kind, client_message_id=key)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "idempotency_key_reused")
    assert not Message.objects.filter(conversation=there, agent=harbor.ada).exists()
    assert desk.reply(there, "One moment", kind=kind).status_code == 201  # The control.


def test_s58_another_visitor_may_use_the_same_key(harbor, guest, chat):
    key = str(uuid.uuid4())
    other = harbor.browser()
    other_chat = other.start("Hi")
    mine = guest.say(chat["conversation"]["id"], "Mine", key)
    theirs = other.say(other_chat["conversation"]["id"], "Theirs", key)
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["id"] != theirs.json()["id"]


def test_it_numbers_both_orders_without_holes(guest, chat, desk):
    conversation_id = chat["conversation"]["id"]
    for i in range(3):
        assert desk.note(conversation_id, f"note {i}").status_code == 201
        assert guest.say(conversation_id, f"message {i}").status_code == 201
    parts = list(Message.objects.filter(conversation=conversation_id).order_by("seq"))
    assert [part.seq for part in parts] == list(range(1, 8))
    visible = [part.visible_seq for part in parts if part.visible_seq]
    assert visible == list(range(1, 5))
    assert [part.created_at for part in parts] == sorted({part.created_at for part in parts})


def test_a_note_leaves_no_trace_in_what_the_visitor_gets(guest, chat, desk):
    conversation_id = chat["conversation"]["id"]

    def all_that_the_visitor_sees():
        paths = ["conversations", f"conversations/{conversation_id}", f"conversations/{conversation_id}/messages"]
        return [guest.get(path).json() for path in [*paths, "history"]]

    before = all_that_the_visitor_sees()
    for i in range(10):
        assert desk.note(conversation_id, f"secret {i}").status_code == 201
    assert all_that_the_visitor_sees() == before
    # The control: a reply does show.
    desk.reply(conversation_id, "Hello")
    assert all_that_the_visitor_sees() != before


def test_a_reply_makes_the_agent_join_once(guest, chat, desk):
    conversation_id = chat["conversation"]["id"]
    desk.reply(conversation_id, "Hello")
    desk.reply(conversation_id, "How can I help?")
    parts = guest.get(f"conversations/{conversation_id}/messages").json()["items"]
    names = [part["event"]["name"] for part in parts if part["kind"] == "event"]
    assert names == ["agent_joined"]
    people = guest.get(f"conversations/{conversation_id}").json()["participants"]
    assert [person["kind"] for person in people] == ["contact", "agent"]


def test_a_reply_clears_the_waiting_and_counts_as_first_reply(harbor, chat, desk):
    row = harbor.conversation(chat["conversation"]["id"])
    assert row.waiting_since is not None
    desk.reply(str(row.id), "Hello")
    row.refresh_from_db()
    assert row.waiting_since is None
    assert row.first_reply_at is not None


def test_the_collision_guard_shows_a_colleagues_answer(harbor, chat, desk):
    conversation_id = chat["conversation"]["id"]
    ben = harbor.desk(harbor.ben)
    desk.reply(conversation_id, "I have this one")
    key = str(uuid.uuid4())
    refused = ben.reply(conversation_id, "Let me help", last_seen_seq=1, client_message_id=key)
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["code"] == "newer_reply_exists"
    assert [one["body"] for one in refused.json()["messages"]] == ["I have this one"]
    assert not Message.objects.filter(client_message_id=key).exists()
    # Without the guard the same key goes through.
    assert ben.reply(conversation_id, "Let me help", client_message_id=key).status_code == 201


def test_a_blocked_contact_is_refused_neutrally_and_nothing_is_stored(guest, chat):
    contact = guest.contact
    contact.blocked = True
    contact.save()
    before = Message.objects.count()
    refused = guest.say(chat["conversation"]["id"], "Let me in")
    assert refused.status_code == 403
    assert refused.json()["errors"][0]["code"] == "not_available"
    assert guest.post("conversations", {"new": True}).status_code == 403
    assert Message.objects.count() == before


@pytest.mark.parametrize("body", ["", "   ", "x" * 20_001, "nul\0", "\ud800 lone", None, 7, ["x"], {"a": 1}])
def test_it_refuses_bodies_that_are_no_message(guest, chat, body):
    conversation_id = chat["conversation"]["id"]
    before = Message.objects.count()
    refused = guest.post(
        f"conversations/{conversation_id}/messages", {"client_message_id": str(uuid.uuid4()), "body": body}
    )
    if body == 7:  # A number reads as text everywhere in this API.
        assert refused.status_code == 201
        return
    assert refused.status_code == 422, refused.content
    assert refused.json()["type"] == "validation_error"
    assert refused.json()["trace_id"]
    assert Message.objects.count() == before


def test_the_longest_message_is_stored_whole(guest, chat):
    text = "🦊" * 20_000
    sent = guest.say(chat["conversation"]["id"], text)
    assert sent.status_code == 201
    assert sent.json()["body"] == text


def test_a_conversation_carries_the_beginning_of_a_long_message_and_the_whole_of_a_short_one(guest, chat, desk):
    thread = chat["conversation"]["id"]
    assert chat["conversation"]["last_message"] == chat["message"]
    long = "<b>" + "word " * 3_999
    guest.say(thread, long)
    path = f"conversations/{thread}"
    assert guest.get(f"{path}/messages").json()["items"][-1]["body"] == long
    for reader in (guest, desk):
        carried = reader.get(path).json()["last_message"]
        assert carried["body"] == long[:500].rstrip() + "…"
        assert "<b>" not in carried["body_html"] and "&lt;b&gt;word" in carried["body_html"]


def test_the_event_of_the_longest_plain_message_fits_a_frame(guest, chat):
    thread, cursor = chat["conversation"]["id"], chat["cursor"]
    guest.say(thread, "x" * 20_000)
    answer = guest.get("events", {"after": cursor})
    assert answer.json()["items"][-1]["payload"]["message"]["body"] == "x" * 20_000
    assert len(answer.content) < 64 * 1024


def test_no_door_lets_anybody_say_nothing(harbor, guest, chat):
    conversation_id = uuid.UUID(chat["conversation"]["id"])

    def attempts(text):
        by_visitor = Draft.by_visitor(uuid.uuid4(), text)
        yield partial(actions.send_message, by=guest.visitor, conversation_id=conversation_id, draft=by_visitor)
        for verb in (actions.send_reply, actions.add_note):
            draft = Draft.by_agent(uuid.uuid4(), text)
            yield partial(verb, by=harbor.ada, conversation_id=conversation_id, draft=draft)
        draft = Draft.by_agent(uuid.uuid4(), text)
        yield partial(actions.write_to_contact, by=harbor.ada, contact_id=guest.contact.id, draft=draft)

    before = everything()
    for attempt in attempts(" \n\t"):
        with pytest.raises(Invalid, match="needs some text"):
            attempt()
    assert everything() == before
    for attempt in attempts("."):  # The control.
        attempt()
