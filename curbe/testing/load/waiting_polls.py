"""Hundreds of long-polls that wait: whoever sends a message must not notice, and no connection is held for them."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import httpx
import psycopg

from curbe.testing.load.crowd import Person, crowd, door_of
from curbe.testing.load.figures import Figure, p95
from curbe.testing.load.waiting import until
from curbe.testing.scale import IS_FULL
from curbe.testing.stack import Stack

# A process whose polls held a connection each would have none left after so many of them.
POOL_SIZE = 10
_POLLS_EACH = 5
_WAIT_S = 25
_LOOKS = 20
TIMES_AS_LONG = 2


@dataclass
class Poll:
    """One client that asks again whenever there was nothing to tell it (204)."""

    http: httpx.AsyncClient
    person: Person
    is_asking: bool = False
    told: int | None = None

    async def ask_on(self) -> None:
        while self.told in (None, 204):
            self.is_asking = True
            try:
                self.told = await self.person.poll(self.http, _WAIT_S)
            except httpx.TransportError:
                continue  # Handled: an idle connection that the server gave up, just when it was used. Ask again.


@dataclass
class _Measured:
    """Seconds that sends took, and what the database saw while polls were waiting."""

    beside: list[float] = field(default_factory=list)
    without: list[float] = field(default_factory=list)
    open: int = 0
    in_use: int = 0
    told_in: float = 0


async def polls_beside_sends(stack: Stack, *, polls: int, rounds: int, sends: int) -> list[Figure]:
    """Of two processes one has polls that wait, the other has none, and in the next round it is the other way round.

    Sends go to both in turn, one by one, so that whatever else the machine does concerns both alike.
    """
    found = _Measured()
    async with crowd(stack, 1 + polls // _POLLS_EACH) as (speaker, *waiting):
        for number in range(rounds):
            door = number % 2
            async with _polling(stack, door, waiting, polls) as clients:
                await _send_to_both(stack, speaker, sends, door, found)
                _look_at_connections(stack, found)
                found.told_in = await _tell(waiting, clients)
    # The promise is of the p95, of which a short run has too few: on a busy machine they are those that it has stopped.
    name, figure = ("p95", p95) if IS_FULL else ("median", statistics.median)
    beside, without = 1000 * figure(found.beside), 1000 * figure(found.without)
    return [
        Figure("polls that wait", polls, ""),
        Figure("sends beside them, and as many without", len(found.beside), ""),
        Figure(f"{name} of sends without them", without, "ms"),
        Figure(f"{name} of sends beside them", beside, "ms"),
        Figure(f"{name} beside them / without", beside / without, "×", TIMES_AS_LONG),
        Figure("database connections of both processes", found.open, "", 2 * POOL_SIZE),
        Figure("database connections in use while all wait", found.in_use, "", 0),
        Figure("until all polls were answered when something had happened", found.told_in, "s"),
    ]


def connections(database_url: str) -> tuple[int, int]:
    """How many connections to the database there are besides this one, and how many of them are in use."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE state <> 'idle') FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


@asynccontextmanager
async def _polling(stack: Stack, door: int, people: Sequence[Person], number: int) -> AsyncIterator[list[Poll]]:
    """So many polls at that process, from when they wait. They have to be told of something before the block ends."""
    for person in people:
        person.cursor = await person.present_cursor()
    # One more, so that the request which comes after the polls need not wait for the end of one.
    async with door_of(stack, door, at_once=number + 1) as http, asyncio.TaskGroup() as group:
        polls = [Poll(http, people[i % len(people)]) for i in range(number)]
        for poll in polls:
            group.create_task(poll.ask_on())
        await until(lambda: all(one.is_asking for one in polls), "all polls to ask", 60)
        for _ in range(2):  # Each poll has been looked at twice before it waits, and this one comes after them.
            await people[0].poll(http, 0)
        assert {one.told for one in polls} <= {None, 204}, "a poll was told of something that has not happened"
        yield polls


async def _send_to_both(stack: Stack, speaker: Person, number: int, door: int, found: _Measured) -> None:
    async with door_of(stack, door) as http, door_of(stack, 1 - door) as other:
        pairs = [(replace(speaker, http=http), found.beside), (replace(speaker, http=other), found.without)]
        for one, _ in pairs:
            await one.say("So that the connection is there")
        for i in range(number):
            for one, durations in pairs:
                began = time.perf_counter()
                await one.say(f"message {i}")
                durations.append(time.perf_counter() - began)


def _look_at_connections(stack: Stack, found: _Measured) -> None:
    """Now and then a poll asks again, so the fewest that are in use at a time are those that waiting costs."""
    looks = [connections(stack.place.database_url) for _ in range(_LOOKS)]
    found.open = max(found.open, *(open_ for open_, _ in looks))
    found.in_use = max(found.in_use, min(in_use for _, in_use in looks))


async def _tell(people: Sequence[Person], polls: Sequence[Poll]) -> float:
    """Say something to everybody who waits, which ends their polls: that they were waiting shows in the answers."""
    began = time.monotonic()
    await asyncio.gather(*(one.say("at last") for one in people))
    await until(lambda: all(one.told == 200 for one in polls), "all polls to be told", 60)
    return time.monotonic() - began
