"""Random deliveries of a history: dropped, doubled, delayed, out of order, overlapping; healed by a resume at the end.

A schedule is JSON, so that the reducers of both languages run the same ones. Its steps are what reaches a client:

- `["part", step, first, last]`: events first..last, as the log told them at that step;
- `["ask", step, slot]`: a heartbeat of that step names its head, and the client resumes after its cursor; the answer is
  under way; `["answer", slot]`: it arrives;
- `["fetch", step]`: an HTTP answer of that step with conversations and messages (rule 6);
- `["read", index]`: the answer to the client's own request about reading.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from curbe.testing import reducer
from curbe.testing.reducer import LogState

from .histories import History
from .vectors import MOST
from .witnesses import Json

Schedule = dict[str, Any]


def schedules_of(histories: list[History], count: int, seed: int) -> Iterator[Schedule]:
    chance = random.Random(seed)
    for number in range(count):
        index = number % len(histories)
        yield {"number": number, "history": index, **_schedule(histories[index], chance)}


def _schedule(history: History, chance: random.Random) -> Schedule:
    end = len(history.snapshots) - 1
    start = chance.randrange(end)
    steps = [*_pushes(history, start, end, chance), *_resumes(start, end, chance)]
    steps += [["fetch", chance.randint(start, end)] for _ in range(chance.randrange(3))]
    steps += [["read", index] for index, one in enumerate(history.answers) if one["step"] > start]
    # Near to the order in which they were sent, or not at all.
    spread = chance.choice([0.1, 2, 100])
    steps.sort(key=lambda step: _sent_at(history, step) + chance.uniform(0, spread))
    return {"start": start, "steps": [one for step in steps for one in _with_what_is_read(history, start, step)]}


def _with_what_is_read(history: History, start: int, step: list[Any]) -> list[list[Any]]:
    """Nobody reads a conversation that they have not got: one that the log has not brought yet was fetched."""
    if step[0] != "read":
        return [step]
    answer = history.answers[step[1]]
    known = {one["id"] for one in history.snapshots[start]["conversations"]}
    return [step] if answer["conversation_id"] in known else [["fetch", answer["step"] - 1], step]


def _pushes(history: History, start: int, end: int, chance: random.Random) -> list[list[Any]]:
    """Every step's events, cut anywhere; some get lost, some come twice, some as a longer batch read later."""
    pushes: list[list[Any]] = []
    for step in range(start + 1, end + 1):
        first, last = history.head(step - 1) + 1, history.head(step)
        if first > last or chance.random() < 0.25:
            continue
        longer = max(1, first - chance.choice([0, 0, 3]))
        told_at = chance.choice([step, step, chance.randint(step, end)])
        push = ["part", told_at, max(longer, history.head(0) + 1), last]
        pushes += [push] * chance.choice([1, 1, 2])
    return pushes


def _resumes(start: int, end: int, chance: random.Random) -> list[list[Any]]:
    asked = [(chance.randint(start, end), slot) for slot in range(chance.randrange(4))]
    lost = [["ask", step, slot] for step, slot in asked]
    return lost + [["answer", slot] for _, slot in asked if chance.random() < 0.8]


def _sent_at(history: History, step: list[Any]) -> float:
    if step[0] == "read":
        return float(history.answers[step[1]]["step"])
    return float(step[1]) if step[0] != "answer" else float(len(history.snapshots)) / 2


def outcome(history: History, schedule: Schedule) -> Json:
    """What a client knows at the end, in the shape of a snapshot."""
    state = reducer.from_snapshot(history.snapshots[schedule["start"]])
    under_way: dict[int, Json] = {}
    end = len(history.snapshots) - 1
    for kind, *details in [*schedule["steps"], ["ask", end, -1], ["answer", -1]]:
        if kind == "ask":
            step, slot = details
            under_way[slot] = history.batch(step, state.seq + 1, history.head(step))
        else:
            state = _taken(history, state, kind, details, under_way)
    return reducer.as_snapshot(state, MOST[history.audience])


def _taken(history: History, state: LogState, kind: str, details: list[Any], under_way: dict[int, Json]) -> LogState:
    if kind == "fetch":
        snapshot = history.snapshots[details[0]]
        known = reducer.with_conversations(state, snapshot["conversations"])
        return reducer.with_messages(known, snapshot["messages"])
    if kind == "read":
        answer = history.answers[details[0]]
        return reducer.with_read(state, answer["conversation_id"], answer["last_read_seq"], answer["unread"])
    batch = history.batch(*details) if kind == "part" else under_way.get(details[0])
    if batch is None or batch["to"] < batch["from"]:
        return state  # An answer to what was not asked yet, or that had nothing to tell.
    return reducer.receive(state, batch)[0]
