"""A machine that is busy otherwise: messages come fast, and every socket ends up with all of them."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from curbe.testing.load.crowd import Person, crowd, team_followers
from curbe.testing.load.figures import Figure
from curbe.testing.load.follower import Follower, following
from curbe.testing.load.restarting import closed_with, faults
from curbe.testing.processes import Process
from curbe.testing.stack import Stack

_HOGS, _HOG_LASTS_S = 2, 180
_HOG = "import sys, time\nend = time.monotonic() + float(sys.argv[1])\nwhile time.monotonic() < end: pass"
_SPEAKERS, _AGENTS = 10, 5
COMPLETE_WITHIN_S = 120


async def under_hogs(stack: Stack, *, messages: int, sockets: int) -> list[Figure]:
    """Ten visitors say so much in all, as fast as they are answered; five agents watch from so many sockets.

    One socket in ten is cut off half-way, so that coming back is part of it.
    """
    async with crowd(stack, _SPEAKERS) as people:
        team = await team_followers(stack, agents=_AGENTS, sockets_each=sockets // _AGENTS)
        async with following(team):
            with hogs(stack):
                began = time.monotonic()
                await _speak(people, messages // 2 // _SPEAKERS)
                for one in team[::10]:
                    one.cut()
                await _speak(people, messages // _SPEAKERS - messages // 2 // _SPEAKERS)
                said = time.monotonic()
                incomplete = await _incomplete(people, team)
                complete = time.monotonic()
    keys = set().union(*(one.acknowledged for one in people))
    return [
        Figure("sockets", len(team), ""),
        Figure("messages acknowledged", len(keys), ""),
        Figure("until the last message was acknowledged", said - began, "s"),
        Figure("until every socket had everything, from then", complete - said, "s", COMPLETE_WITHIN_S),
        *faults(team, incomplete),
        Figure("times that a socket came back and resumed", sum(one.welcomes.total() - 1 for one in team), ""),
        Figure("sockets closed for being slow (4008)", closed_with(team, 4008), ""),
    ]


@contextmanager
def hogs(stack: Stack) -> Iterator[None]:
    """Keep the processor busy. They end with the block, and by themselves if nothing else ends them."""
    command = [sys.executable, "-c", _HOG, str(_HOG_LASTS_S)]
    running = [Process(command, stack.place.local_dir / f"hog-{i}.log") for i in range(_HOGS)]
    try:
        for one in running:
            one.start()
        yield
    finally:
        for one in running:
            one.kill()


async def _speak(people: Sequence[Person], times: int) -> None:
    async def one_speaks(one: Person) -> None:
        for number in range(times):
            await one.say(f"message {number}")

    await asyncio.gather(*(one_speaks(one) for one in people))


async def _incomplete(people: Sequence[Person], team: Sequence[Follower]) -> list[Follower]:
    """Whoever has not heard everything in good time."""
    keys = set().union(*(one.acknowledged for one in people))
    deadline = time.monotonic() + COMPLETE_WITHIN_S
    while (found := [one for one in team if one.heard.lacks(keys)]) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    return found
