"""The log: seq order is commit order, and a cursor misses nothing (I4, I5)."""

from __future__ import annotations

import threading
import uuid

import pytest
from django.db import connection, transaction
from django.utils import timezone

from curbe.testing.cast import make_company
from messenger import streams
from messenger.events import Actor, EventLog, EventType
from messenger.models import Contact, Event, Stream

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company(transactional_db):
    return make_company("harbor")


class Writer(threading.Thread):
    """A transaction that writes one event and commits when told to."""

    def __init__(self, company, contact, entity_id):
        super().__init__(daemon=True)
        self.company, self.contact, self.entity_id = company, contact, entity_id
        self.wrote, self.may_commit = threading.Event(), threading.Event()
        self.id_taken = None

    def run(self):
        try:
            with transaction.atomic():
                self.id_taken = next_of_a_sequence()
                self.wrote.set()
                assert self.may_commit.wait(10)
                log = EventLog(self.company.tenant.id, Actor("system"), timezone.now())
                log.add(EventType.CONTACT_UPDATED, self.entity_id, contact_id=self.contact.id)
                log.flush()
        finally:
            connection.close()


_sequence = iter(range(1, 1000))


def next_of_a_sequence():
    """What a bare sequence gives: a number taken when the row is written, not when it is committed."""
    return next(_sequence)


def test_a_resumed_cursor_misses_nothing_where_a_sequence_id_would(company):
    """Two transactions interleave: the one that took the lower id commits last."""
    vendor: str = connection.vendor
    if vendor == "sqlite":
        # There is one writer at a time: the second transaction cannot even begin, so there is nothing to interleave.
        assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
        return
    browser = company.browser()
    browser.start("Hello")
    contact = browser.contact
    early, late = (Writer(company, contact, uuid.uuid4()) for _ in range(2))
    early.start()
    assert early.wrote.wait(10)
    late.start()
    assert late.wrote.wait(10)
    late.may_commit.set()
    late.join(10)
    # A client reads now and keeps the highest position it has seen, by either measure.
    stream = streams.contact_stream(contact)
    by_sequence, by_cursor = late.id_taken, stream.head_seq
    early.may_commit.set()
    early.join(10)
    committed_since = early.entity_id
    after_sequence = [writer.entity_id for writer in (early, late) if writer.id_taken > by_sequence]
    after_cursor = list(Event.objects.filter(stream=stream, seq__gt=by_cursor).values_list("entity_id", flat=True))
    assert committed_since not in after_sequence, "the sequence would have lost it"
    assert after_cursor == [committed_since]


def test_nothing_of_a_rolled_back_verb_stays_in_the_log(company):
    browser = company.browser()
    browser.start("Hello")
    before = list(Stream.objects.values_list("id", "head_seq").order_by("id"))

    @transaction.atomic
    def fail_after_the_flush():
        log = EventLog(company.tenant.id, Actor("system"), timezone.now())
        log.add(EventType.CONTACT_UPDATED, browser.contact.id, contact_id=browser.contact.id)
        log.flush()
        raise RuntimeError("after the flush")

    with pytest.raises(RuntimeError):
        fail_after_the_flush()
    assert list(Stream.objects.values_list("id", "head_seq").order_by("id")) == before


def test_a_replay_shows_the_present(company):
    """An event is a pointer: what it says is what the row says now."""
    browser, desk = company.browser(), company.desk()
    conversation_id = browser.start("Hello")["conversation"]["id"]
    desk.post(f"conversations/{conversation_id}/close")
    events = streams.events_after(streams.contact_stream(browser.contact), 0, 100)
    assert events[0].type == "conversation.created"
    assert events[0].payload["conversation"]["status"] == "closed"


def test_the_audience_belongs_to_the_type(company):
    browser, desk = company.browser(), company.desk()
    conversation_id = browser.start("Hello")["conversation"]["id"]
    desk.note(conversation_id, "for us")
    desk.post(f"conversations/{conversation_id}/assign", {"agent_id": str(company.ben.id)})
    contact_events = streams.events_after(streams.contact_stream(browser.contact), 0, 100)
    team_events = streams.events_after(streams.team_stream(company.tenant.id), 0, 100, agent=company.ada)
    assert not {one.type for one in contact_events} & {"note.created"}
    assert {one.type for one in team_events} > {"note.created"}
    assert "for us" not in str([one.payload for one in contact_events])
    assert {one.audience.value for one in EventType if one.wire.startswith("note.")} == {"team"}


def apply(state, item):
    """The client's rules, as far as a snapshot is concerned: replace by a greater rev, add what is new."""
    payload = item.payload or {}
    if "contact" in payload:
        state["contact"] = payload["contact"]
        rename(state, payload["contact"])
    if "conversation" in payload:
        known = state["conversations"].get(payload["conversation"]["id"])
        if known is None or payload["conversation"]["rev"] > known["rev"]:
            state["conversations"][payload["conversation"]["id"]] = payload["conversation"]
    if "message" in payload:
        state["messages"][payload["message"]["id"]] = payload["message"]
    if item.type == "seen.updated":
        state["conversations"][payload["conversation_id"]]["seen_seq"] = payload["seen_seq"]
    if item.type == "read_state.updated":
        mine = state["conversations"][payload["conversation_id"]]
        mine["last_read_seq"], mine["unread_count"] = payload["last_read_seq"], payload["unread_count"]


def rename(state, contact):
    """A person's name is written in many places and changes in all of them."""
    conversations = state["conversations"].values()
    faces = [one["author"] for one in state["messages"].values()]
    faces += [person for one in conversations for person in one["participants"]]
    faces += [one["last_message"]["author"] for one in conversations if one["last_message"]]
    for face in faces:
        if face["id"] == contact["id"]:
            face["name"] = contact["name"] or ""


def as_state(snapshot):
    return {
        "contact": snapshot["contact"],
        "conversations": {one["id"]: one for one in snapshot["conversations"]},
        "messages": {one["id"]: one for one in snapshot["messages"]},
    }


def test_a_snapshot_plus_its_events_is_the_next_snapshot(company):
    """I5, after every action, for the visitor."""
    browser, desk = company.browser(), company.desk()
    conversation_id = browser.start("Hello")["conversation"]["id"]
    path = f"conversations/{conversation_id}"
    actions = [
        lambda: desk.note(conversation_id, "for us"),
        lambda: desk.post(f"{path}/typing", {"on": True}),
        lambda: desk.reply(conversation_id, "Hi"),
        lambda: browser.put(f"{path}/read", {"up_to": 3}),
        lambda: desk.post(f"{path}/assign", {"agent_id": str(company.ben.id)}),
        lambda: browser.say(conversation_id, "Thanks"),
        lambda: browser.post("profile", {"name": "Grace", "email": "grace@example.com"}),
        lambda: desk.post(f"{path}/close"),
        lambda: browser.say(conversation_id, "One more"),
        lambda: browser.start("Another matter", new=True),
        lambda: browser.start(new=True),
        lambda: desk.post(f"{path}/close"),
        lambda: desk.post(f"{path}/reopen"),
    ]
    for number, act in enumerate(actions):
        before = browser.boot()
        act()
        after = browser.boot()
        state, cursor = as_state(before), int(before["cursor"].split(":")[1])
        for item in streams.events_after(streams.contact_stream(browser.contact), cursor, 100):
            apply(state, item)
        assert state == as_state(after), f"action {number}"
    assert Contact.objects.count() == 1
