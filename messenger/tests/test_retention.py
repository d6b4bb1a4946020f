"""How long the log is kept, and what readers and clients notice of it."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from curbe.testing.cast import make_company
from curbe.testing.race import race
from curbe.testing.scale import repetitions
from messenger import streams
from messenger.actions import retention
from messenger.models import Event, Message, Stream

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(guest, desk):
    """A conversation with some history: (the guest's stream, the team's)."""
    conversation_id = guest.start("Hello")["conversation"]["id"]
    for number in range(3):
        guest.say(conversation_id, f"message {number}")
    desk.reply(conversation_id, "Hi")
    return streams.contact_stream(guest.contact), streams.team_stream(guest.visitor.tenant_id)


def age(stream, up_to, by):
    """Make a stream's first events older, as the clock would: their ids begin with the time, too."""
    for event in Event.objects.filter(stream=stream, seq__lte=up_to):
        moment = event.created_at - by
        old_id = retention.first_id_at(moment).int | (event.id.int & ((1 << 80) - 1))
        Event.objects.filter(id=event.id).update(id=uuid.UUID(int=old_id), created_at=moment)


def seqs(stream):
    return list(Event.objects.filter(stream=stream).order_by("seq").values_list("seq", flat=True))


def test_a_contacts_log_is_kept_for_30_days_and_the_teams_for_7(talk):
    contact, team = talk
    age(contact, 2, timedelta(days=31))
    age(team, 3, timedelta(days=8))
    messages = Message.objects.count()
    assert retention.prune_log() == 5
    assert seqs(contact) == list(range(3, contact.head_seq + 1))
    assert seqs(team) == list(range(4, team.head_seq + 1))
    contact.refresh_from_db()
    team.refresh_from_db()
    assert (contact.min_seq, team.min_seq) == (2, 3)
    assert Message.objects.count() == messages, "the log is about messages; they are not in it"
    assert retention.prune_log() == 0


def test_a_contacts_log_of_8_days_stays(talk):
    contact, _ = talk
    age(contact, contact.head_seq, timedelta(days=8))
    assert retention.prune_log() == 0


def test_of_a_busy_team_100_000_events_are_kept(talk, monkeypatch):
    _, team = talk
    monkeypatch.setattr(retention, "MOST_TEAM_EVENTS", 2)
    retention.prune_log()
    assert seqs(team) == [team.head_seq - 1, team.head_seq]


def test_a_log_that_is_old_from_end_to_end_goes_wholly(talk):
    contact, _ = talk
    age(contact, contact.head_seq, timedelta(days=40))
    retention.prune_log()
    contact.refresh_from_db()
    assert (seqs(contact), contact.min_seq) == ([], contact.head_seq)
    at_head = streams.Cursor(contact.epoch, contact.head_seq)
    assert streams.resync_reason(contact, at_head) is None
    assert streams.resync_reason(contact, streams.Cursor(contact.epoch, contact.head_seq - 1)) == "too_old"


def test_batches_are_bounded_and_all_of_it_goes(talk, monkeypatch):
    contact, team = talk
    monkeypatch.setattr(retention, "_BATCH", 2)
    age(contact, contact.head_seq, timedelta(days=40))
    age(team, team.head_seq, timedelta(days=40))
    retention.prune_log()
    assert (seqs(contact), seqs(team)) == ([], [])


def test_a_reader_never_gets_the_rest_of_a_range_that_was_pruned_under_its_feet(talk):
    contact, _ = talk
    Event.objects.filter(stream=contact, seq__lte=2).delete()
    with pytest.raises(streams.Pruned):
        streams.events_after(contact, 0, 200)
    assert [item.seq for item in streams.events_after(contact, 2, 200)] == list(range(3, contact.head_seq + 1))


@pytest.mark.django_db(transaction=True)
def test_pruning_beside_readers_gives_each_a_whole_range_or_none():
    """Prune against resume: whoever reads gets everything after the cursor, or is told that it is gone."""
    company = make_company("harbor")
    for _ in range(repetitions(small=3, full=20)):
        guest = company.browser()
        conversation_id = guest.start("Hello")["conversation"]["id"]
        for number in range(8):
            guest.say(conversation_id, f"message {number}")
        stream = streams.contact_stream(guest.contact)
        age(stream, 5, timedelta(days=31))

        def act(i, stream=stream):
            if i == 0:
                return retention.prune_log()
            try:
                return [item.seq for item in streams.events_after(stream, 3, 200)]
            except streams.Pruned:
                return "pruned"

        removed, *read = race(5, act)
        assert removed >= 5
        whole = list(range(4, stream.head_seq + 1))
        assert all(answer in (whole, "pruned") for answer in read), read


def test_the_command_says_what_it_did(talk, capsys):
    contact, _ = talk
    age(contact, 2, timedelta(days=31))
    call_command("prune")
    assert "2 events" in capsys.readouterr().out


def test_rotating_gives_every_stream_an_epoch_of_its_own(talk, guest, desk, capsys):
    before = dict(Stream.objects.values_list("id", "epoch"))
    cursor = guest.boot()["cursor"]
    call_command("rotate_epochs")
    after = dict(Stream.objects.values_list("id", "epoch"))
    assert len(set(after.values())) == len(after) >= 2
    assert all(before[stream_id] != epoch for stream_id, epoch in after.items())
    assert "a new epoch" in capsys.readouterr().out
    answer = guest.get("events", {"after": cursor}).json()
    assert answer == {"t": "resync_required", "reason": "epoch"}
    assert guest.get("events", {"after": guest.boot()["cursor"]}).status_code == 204


def test_event_ids_follow_the_clock(talk):
    """What `prune` relies on to find the oldest events of all contacts without an index of their times."""
    newest = Event.objects.order_by("-id").first()
    assert newest.id > retention.first_id_at(timezone.now() - timedelta(minutes=1))
    assert newest.id < retention.first_id_at(timezone.now() + timedelta(minutes=1))
