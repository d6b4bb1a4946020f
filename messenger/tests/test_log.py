"""The log: seq order is commit order, and a cursor misses nothing (I4, I5)."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from curbe.testing.cast import make_company
from curbe.testing.ledger import told_to
from messenger import streams
from messenger.events import Actor, EventLog, EventType
from messenger.models import Event, Stream, Team

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
                log = EventLog(self.company.tenant.id, Actor("system"), timezone.now())
                log.add(EventType.CONTACT_UPDATED, self.entity_id, contact_id=self.contact.id)
                self.wrote.set()
                assert self.may_commit.wait(10)
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


def test_a_nudge_speaks_of_what_everybody_can_read(company, monkeypatch):
    """Whoever is woken before the commit finds nothing, and may sleep on."""
    promised, found = [], []

    def look(_subject_id, _epoch, rows):
        promised.append(rows[-1].seq)
        heads = Stream.objects.filter(id=rows[-1].stream_id).values_list("head_seq", flat=True)
        found.append(elsewhere(heads.first))

    monkeypatch.setattr("messenger.nudges.publish", look)
    company.browser().start("Hello")
    assert found == promised == [2, 2], "of the contact's stream and the team's"


def elsewhere(look):
    """What another connection sees."""

    def run():
        try:
            return look()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result(10)


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
    own, team = streams.contact_stream(browser.contact), streams.team_stream(company.tenant.id)
    assert "note.created" not in told_to(own)
    assert "note.created" in told_to(team)
    assert "for us" not in str([one.payload for one in streams.events_after(own, 0, 100)])
    assert "for us" in str([one.payload for one in streams.events_after(team, 0, 100, agent=company.ada)])
    assert {one.audience.value for one in EventType if one.wire.startswith("note.")} == {"team"}


def test_the_team_is_told_who_may_be_the_same_person(company):
    """A change of name must not take the hint away that the conversation had."""
    browser, other = company.browser(), company.browser()
    for one in (browser, other):
        one.start("Hello")
        one.post("profile", {"email": "same@example.com"})
    browser.post("profile", {"name": "Grace"})
    told = streams.events_after(streams.team_stream(company.tenant.id), 0, 100, agent=company.ada)[-1]
    assert told.type == "contact.updated"
    assert told.payload["contact"]["possible_duplicates"] == [
        {"id": str(other.contact.id), "display_name": "same@example.com"}
    ]


def test_what_only_the_team_may_know_of_an_assignment_does_not_move_the_visitor(company):
    browser, desk = company.browser(), company.desk()
    path = f"conversations/{browser.start('Hello')['conversation']['id']}"
    team = Team.objects.create(tenant=company.tenant, name="Support")
    before = browser.boot()
    desk.post(f"{path}/assign", {"team_id": str(team.id)})
    after = browser.boot()
    assert [after[key] for key in ("conversations", "cursor")] == [before[key] for key in ("conversations", "cursor")]
    desk.post(f"{path}/assign", {"agent_id": str(company.ben.id)})
    assert browser.boot()["conversations"][0]["assignee"]["name"] == "Ben", "the control: whose it is now is shown"
    told = streams.events_after(streams.team_stream(company.tenant.id), 0, 100, agent=company.ada)
    assert [one.type for one in told].count("conversation.updated") == 2
