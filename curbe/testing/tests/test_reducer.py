"""The Python reducer's own rules; the vectors of the snapshot law show that it agrees with the JavaScript one."""

from __future__ import annotations

from curbe.testing.reducer import as_snapshot, cursor_of, from_snapshot, receive

SNAPSHOT = {"contact": None, "merged_from": [], "conversations": [], "messages": [], "unread_count": 0, "cursor": "e:0"}


def test_a_snapshot_comes_back_as_it_was():
    assert as_snapshot(from_snapshot(SNAPSHOT)) == SNAPSHOT


def batch(first: int, last: int, epoch: str = "e"):
    return {"epoch": epoch, "from": first, "to": last, "items": []}


def test_a_hole_is_held_until_it_is_filled():
    held, need = receive(from_snapshot(SNAPSHOT), batch(3, 4))
    assert (need, cursor_of(held)) == ("resume", "e:0")
    filled, need = receive(held, batch(1, 2))
    assert (need, cursor_of(filled), filled.held) == (None, "e:4", ())


def test_what_is_covered_is_dropped():
    state, _ = receive(from_snapshot(SNAPSHOT), batch(1, 4))
    assert receive(state, batch(2, 3)) == (state, None)


def test_another_history_needs_a_snapshot():
    state = from_snapshot(SNAPSHOT)
    assert receive(state, batch(1, 1, epoch="other")) == (state, "snapshot")
