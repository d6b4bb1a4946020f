"""Beside a fresh snapshot a state that has missed something shows it."""

from __future__ import annotations

import pytest

from curbe.testing.reducer import from_snapshot
from curbe.testing.soak.clients import Company, Desk, Visitor, World
from curbe.testing.soak.comparing import differing, settled, unlike
from curbe.testing.soak.history import History, now
from curbe.testing.soak.sockets import Follower


def conversation(**fields):
    known = {"id": "c1", "rev": 2, "last_seq": 2, "unread_count": 1, "last_read_seq": 1, "seen_seq": 0}
    return {**known, "created_at": "2030-01-01T10:00:00.000Z", "last_message_at": None, **fields}


def message(seq, **fields):
    at = f"2030-01-01T10:00:0{seq}.000Z"
    return {"id": f"m{seq}", "conversation_id": "c1", "seq": seq, "created_at": at, "body": f"part {seq}", **fields}


def snapshot(**fields):
    known = {"contact": {"id": "p1"}, "merged_from": [], "conversations": [conversation()], "cursor": "e1:5"}
    return {**known, "messages": [message(1), message(2)], "unread_count": 1, **fields}


@pytest.fixture
def world():
    company = Company("harbor", "widget", "token", [])
    return World(History(), "http://127.0.0.1:9", [company], lambda: False)


@pytest.fixture
def visitor(world):
    visitor = Visitor(world, world.companies[0], "visitor")
    visitor.state = from_snapshot(snapshot())
    return visitor


def test_a_state_that_missed_nothing_is_a_fresh_snapshot(visitor):
    assert differing(visitor, snapshot()) == []


@pytest.mark.parametrize(
    ("fresh", "place"),
    [
        ({"cursor": "e1:6"}, ".cursor"),
        ({"cursor": "e2:5"}, ".cursor"),
        ({"conversations": [conversation(unread_count=0)]}, ".conversations[0].unread_count"),
        ({"messages": [message(1), message(2), message(3)]}, ".messages"),
        ({"messages": [message(1), message(2, body="edited")]}, ".messages[1].body"),
        ({"contact": {"id": "p2"}}, ".contact.id"),
        ({"merged_from": ["p0"]}, ".merged_from"),
        ({"unread_count": 2}, ".unread_count"),
    ],
    ids=lambda one: one if isinstance(one, str) else None,
)
def test_whatever_was_missed_is_named(visitor, fresh, place):
    assert [one.partition(" ")[0] for one in differing(visitor, snapshot(**fresh))] == [place]


async def test_who_has_not_caught_up_in_time_has_diverged(visitor, monkeypatch):
    async def take_snapshot():
        return snapshot(cursor="e1:6")

    monkeypatch.setattr(visitor, "take_snapshot", take_snapshot)
    _, differences = await settled(visitor, now())
    assert differences == ["harbor/visitor: .cursor is 'e1:5' and not 'e1:6'"]


def test_of_a_team_the_parts_since_its_snapshot_are_compared(world):
    desk = Desk(world, world.companies[0], "desk")
    follower = Follower(desk, "ws://127.0.0.1:9/ws/inbox")
    follower.known_from = {"c1": 1}
    desk.state = from_snapshot({"cursor": "e1:5", "items": [conversation()], "messages": [message(2)]})
    assert unlike(follower, {"c1": [message(1), message(2)]}) == []
    assert unlike(follower, {"c1": [message(1), message(2), message(3)]}) == [
        "harbor/desk: c1 is a list of 1 and not a list of 2"
    ]
