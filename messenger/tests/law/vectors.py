"""Vectors as both reducers take them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from curbe.testing.reducer import LogState, as_snapshot, from_snapshot, receive, with_read

from .witnesses import Json, Vector

Receive = Callable[[LogState, Json], tuple[LogState, Any]]

# How many messages a snapshot holds: the latest 50 of a visitor's; an agent's is made of whole threads.
MOST = {"visitor": 50, "team": 10_000}


def reduced(vector: Vector, take: Receive = receive) -> Json:
    """What a client knows who had the snapshot and was told the events, in the shape of a snapshot."""
    state = from_snapshot(vector.before)
    if vector.events:
        state, need = take(state, vector.events)
        assert need is None, need
    for answer in vector.answers:
        state = with_read(state, answer["conversation_id"], answer["last_read_seq"], answer["unread"])
    return as_snapshot(state, MOST[vector.audience])


def expected(vector: Vector) -> Json:
    """The snapshot after, in the order of threads that clients keep."""
    return as_snapshot(from_snapshot(vector.after), MOST[vector.audience])


def as_json(vector: Vector) -> Json:
    """The vector with what has to come out."""
    return {**asdict(vector), "after": expected(vector), "most": MOST[vector.audience]}
