"""Hundreds of long-polls that wait: whoever sends a message must not notice, and no connection is held for them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from statistics import median

import httpx
import psycopg

from curbe.testing.load.crowd import Person, crowd
from curbe.testing.load.figures import Figure, p95
from curbe.testing.load.waiting import until, until_calm
from curbe.testing.stack import Stack

# The pool of a process whose polls held a connection each would be empty after so many of them.
POOL_SIZE = 10
_POLLS_EACH = 5
_WAIT_S = 25
TIMES_AS_LONG = 2


class Poll:
    """One client that asks again whenever it was answered. It is told of nothing until something happens."""

    def __init__(self, http: httpx.AsyncClient, person: Person) -> None:
        self.is_asking = False
        self.answers: list[int] = []
        self._http, self._person = http, person

    async def ask_on(self) -> None:
        query = {"after": self._person.cursor, "wait": str(_WAIT_S)}
        headers = {"Authorization": f"Bearer {self._person.bearer}"}
        while not self.was_told:
            self.is_asking = True
            answer = await self._http.get("events", params=query, headers=headers)
            self.answers.append(answer.status_code)

    @property
    def was_told(self) -> bool:
        """Whether it was answered with anything but "nothing yet" (204)."""
        return any(status != 204 for status in self.answers)


async def polls_beside_sends(stack: Stack, *, polls: int, rounds: int, sends: int) -> list[Figure]:
    """Rounds of sends with and without polls that wait, in turn; the process that serves both is the stack's first."""
    async with crowd(stack, 1 + polls // _POLLS_EACH) as (speaker, *waiting):
        ratios, with_polls, without, open_, busy = [], [], [], [], []
        for number in range(rounds):
            without.append(await _p95_of_sends(stack, speaker, sends))
            async with _polling(stack, waiting, polls) as clients:
                with_polls.append(await _p95_of_sends(stack, speaker, sends))
                await until_calm(stack.pid())
                seen = connections(stack.place.database_url)
                open_.append(seen[0])
                busy.append(seen[1])
                if number == rounds - 1:
                    told_in = await _tell(waiting, clients)
            ratios.append(with_polls[-1] / without[-1])
    return [
        Figure("polls that wait", polls, ""),
        Figure("p95 of sends without them, median of rounds", 1000 * median(without), "ms"),
        Figure("p95 of sends beside them, median of rounds", 1000 * median(with_polls), "ms"),
        Figure("p95 beside them / without, median of rounds", median(ratios), "×", TIMES_AS_LONG),
        Figure("database connections open meanwhile", max(open_), "", POOL_SIZE),
        Figure("database connections in use meanwhile", max(busy), "", 0),
        Figure("until all polls were answered when something happened", told_in, "s"),
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
async def _polling(stack: Stack, people: Sequence[Person], number: int) -> AsyncIterator[list[Poll]]:
    """So many polls, once all of them wait at a server that has nothing else to do."""
    limits = httpx.Limits(max_connections=number)
    base_url = f"{stack.base_url}/api/messenger/"
    async with httpx.AsyncClient(base_url=base_url, timeout=60, limits=limits, trust_env=False) as http:
        polls = [Poll(http, people[i % len(people)]) for i in range(number)]
        tasks = [asyncio.create_task(one.ask_on()) for one in polls]
        try:
            await until(lambda: all(one.is_asking for one in polls), "all polls to ask", 60)
            await until_calm(stack.pid())
            assert not any(one.was_told for one in polls), "a poll was answered although nothing had happened"
            yield polls
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _p95_of_sends(stack: Stack, speaker: Person, number: int) -> float:
    """In seconds. The process has finished whatever came before."""
    await until_calm(stack.pid())
    durations = []
    for i in range(number):
        began = time.perf_counter()
        await speaker.say(f"message {i}")
        durations.append(time.perf_counter() - began)
    return p95(durations)


async def _tell(people: Sequence[Person], polls: Sequence[Poll]) -> float:
    """Say something to everybody who waits: that they were waiting shows in their answers."""
    began = time.monotonic()
    await asyncio.gather(*(one.say("at last") for one in people))
    await until(lambda: all(one.answers[-1:] == [200] for one in polls), "all polls to be answered", 60)
    return time.monotonic() - began
