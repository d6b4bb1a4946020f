"""What an idle socket costs, and how long one message takes to the last of many sockets."""

from __future__ import annotations

import asyncio
import time
from statistics import median

import psutil

from curbe.testing.load.crowd import crowd, team_followers
from curbe.testing.load.figures import Figure, p95
from curbe.testing.load.follower import all_of, following
from curbe.testing.load.waiting import until_calm
from curbe.testing.stack import Stack

# An agent may hold 20 sockets.
_SOCKETS_OF_AGENT = 20
_WARM_UP = 40
# A nudge takes it there; the sweeper alone would take up to 5 s.
_LAST_WITHIN_S = 4
_KIB_PER_SOCKET = 150


async def idle_sockets(stack: Stack, *, people: int, sockets_each: int) -> list[Figure]:
    """The growth of the last process while sockets that nothing happens on are opened, after some to warm it up."""
    door = len(stack.base_urls) - 1
    await asyncio.to_thread(stack.restart, door)  # What an earlier crowd has left behind would hide the growth.
    async with crowd(stack, people) as visitors:
        everybody = [one.follower(stack.base_urls[door]) for one in visitors for _ in range(sockets_each)]
        first, rest = everybody[:_WARM_UP], everybody[_WARM_UP:]
        async with following(first):
            await until_calm(stack.pid(door))
            before = _memory(stack.pid(door))
            async with following(rest):
                await until_calm(stack.pid(door))
                grown = _memory(stack.pid(door)) - before
    return [
        Figure("idle sockets", len(rest), ""),
        Figure("memory of the process before", before / 1024**2, "MiB"),
        Figure("memory per idle socket", grown / 1024 / len(rest), "KiB", _KIB_PER_SOCKET),
    ]


async def fan_out(stack: Stack, *, sockets: int, rounds: int) -> list[Figure]:
    """From the moment before a visitor's message is sent until the last of the team's sockets has heard it."""
    door = len(stack.base_urls) - 1
    agents = max(1, sockets // _SOCKETS_OF_AGENT)
    team = await team_followers(stack, agents=agents, sockets_each=min(sockets, _SOCKETS_OF_AGENT), door=door)
    durations = []
    async with crowd(stack, 1) as (visitor,), following(team):
        for number in range(rounds):
            began = time.monotonic()
            key = {await visitor.say(f"message {number}")}
            await all_of(team, "to hear it", lambda one, key=key: not one.heard.lacks(key), 30)  # type: ignore[misc]
            durations.append(max(one.heard_at for one in team) - began)
    return [
        Figure("sockets of the team", len(team), ""),
        Figure("from send to the last socket, median", median(durations), "s", _LAST_WITHIN_S),
        Figure("from send to the last socket, p95", p95(durations), "s"),
    ]


def _memory(pid: int) -> int:
    return int(psutil.Process(pid).memory_info().rss)
