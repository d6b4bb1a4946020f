"""Where a cursor stands: what the log can bring up to date, what it cannot, and that a snapshot's misses nothing."""

from __future__ import annotations

import pytest

from messenger import queries, streams
from messenger.models import Stream
from messenger.streams import MOST_BEHIND, Cursor


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (2000, None),
        (1999, None),
        (2000 - MOST_BEHIND, None),
        (2000 - MOST_BEHIND - 1, "too_many"),
        (500, "too_many"),
        (499, "too_old"),
        (2001, "ahead"),
    ],
)
def test_a_cursor_is_answered_by_the_log_or_by_a_snapshot(at, reason):
    stream = Stream(epoch="here", head_seq=2000, min_seq=500)
    assert streams.resync_reason(stream, Cursor("here", at)) == reason


def test_a_cursor_of_another_epoch_or_none_asks_for_a_snapshot():
    stream = Stream(epoch="here", head_seq=2000, min_seq=0)
    assert streams.resync_reason(stream, Cursor("elsewhere", 2000)) == "epoch"
    assert streams.resync_reason(stream, None) == "epoch"


@pytest.mark.django_db
def test_a_visitors_cursor_is_read_before_the_state(guest, chat, monkeypatch):
    """Somebody writes between the two: a client may be told it twice, and never not at all."""
    say_before(monkeypatch, "history", guest, chat)
    snapshot = guest.tab().boot()
    assert snapshot["messages"][-1]["body"] == "just now"
    assert Cursor.parse(snapshot["cursor"]).seq < streams.contact_stream(guest.contact).head_seq


@pytest.mark.django_db
def test_the_teams_cursor_is_read_before_the_state(harbor, guest, chat, desk, monkeypatch):
    say_before(monkeypatch, "inbox_page", guest, chat)
    snapshot = desk.get("snapshot").json()
    assert snapshot["items"][0]["last_message"]["body"] == "just now"
    assert Cursor.parse(snapshot["cursor"]).seq < streams.team_stream(harbor.tenant.id).head_seq


def say_before(monkeypatch, name, guest, chat):
    """Let the guest say something just before this query reads the state."""
    plain = getattr(queries, name)

    def late(*args, **kwargs):
        monkeypatch.undo()
        guest.say(chat["conversation"]["id"], "just now")
        return plain(*args, **kwargs)

    monkeypatch.setattr(queries, name, late)


@pytest.mark.parametrize("who", ["guest", "desk"])
def test_a_span_of_parts_is_read_between_its_ends(request, guest, chat, who):
    conversation = chat["conversation"]["id"]
    for number in range(5):
        guest.say(conversation, f"Line {number}")
    reader = request.getfixturevalue(who)

    def seqs(**ends):
        answer = reader.get(f"conversations/{conversation}/messages", ends).json()
        return [one["seq"] for one in answer["items"]], answer["has_more"]

    assert seqs(after=1, before=5) == ([2, 3, 4], False)
    assert seqs(after=1, before=5, limit=2) == ([2, 3], True)
    assert seqs(after=1) == ([2, 3, 4, 5, 6], False)
    assert seqs(before=5) == ([1, 2, 3, 4], False)
