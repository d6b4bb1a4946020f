"""The process that holds all sockets is restarted, politely or not: everybody comes back and has missed nothing."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence

from curbe.testing.load.crowd import Person, chatter, crowd
from curbe.testing.load.figures import Figure
from curbe.testing.load.follower import Follower, all_of, following
from curbe.testing.load.waiting import processor_seconds
from curbe.testing.stack import Stack

BACK_WITHIN_S = 60
_SPEAK_EVERY_S = 0.25
# What `stop_grace_period` of docker-compose.yml gives it, and as much again on a busy machine.
_END_WITHIN_S = 40


async def restart(stack: Stack, *, people: int, sockets_each: int, politely: bool) -> list[Figure]:
    """Sockets are held by the stack's last process; messages go to its first, which may be the same one.

    People speak before, while and after it is away. `politely` is SIGTERM, else it is SIGKILL.
    """
    door = len(stack.base_urls) - 1
    async with crowd(stack, people) as visitors:
        sockets = {one.device_id: _sockets(one, stack.base_urls[door], sockets_each) for one in visitors}
        everybody = [follower for own in sockets.values() for follower in own]
        async with following(everybody):
            await _all_speak(visitors, "before")
            async with chatter(visitors, _SPEAK_EVERY_S):
                began = time.monotonic()
                await asyncio.to_thread(*((stack.terminate, door, _END_WITHIN_S) if politely else (stack.kill, door)))
                ended = time.monotonic()
                await asyncio.to_thread(stack.restart, door)
                ready, used_before = time.monotonic(), processor_seconds(stack.pid(door))
                await all_of(everybody, "to be live again", lambda one: one.is_live_since(began), 4 * BACK_WITHIN_S)
                live, used = time.monotonic(), processor_seconds(stack.pid(door))
            await _all_speak(visitors, "after")
            incomplete = await incomplete_of(visitors, sockets)
            complete = time.monotonic()
    said = sum(len(one.acknowledged) for one in visitors)
    return [
        Figure("sockets", len(everybody), ""),
        Figure("messages acknowledged before, while and after it was away", said, ""),
        Figure("until the process had ended", ended - began, "s"),
        Figure("until its successor was ready", ready - began, "s"),
        Figure("until all sockets were live again", live - began, "s", BACK_WITHIN_S),
        Figure("processor time per socket from ready to live", 1000 * (used - used_before) / len(everybody), "ms"),
        Figure("until all sockets had everything that was said afterwards", complete - live, "s"),
        *faults(everybody, incomplete),
        Figure("sockets that heard when to come back", closed_with(everybody, 4001), ""),
        Figure("attempts in vain, per socket", closed_with(everybody, 1006) / len(everybody), ""),
    ]


async def incomplete_of(
    people: Sequence[Person], sockets: dict[str, list[Follower]], within_s: float = 120
) -> list[Follower]:
    """Whoever has not heard, within so long, all that their person has said, up to the head of the stream."""
    heads = {one.device_id: int((await one.present_cursor()).partition(":")[2]) for one in people}

    def lacking() -> list[Follower]:
        return [
            follower
            for one in people
            for follower in sockets[one.device_id]
            if follower.heard.lacks(one.acknowledged, heads[one.device_id])
        ]

    deadline = time.monotonic() + within_s
    while (found := lacking()) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    return found


def faults(followers: Sequence[Follower], incomplete: Sequence[Follower]) -> list[Figure]:
    """What must not happen to anybody, whatever else does."""
    welcomes = sum((one.welcomes for one in followers), Counter[str]())
    refused = sum(count for one in followers for code, count in one.closes.items() if code >= 4500)
    return [
        Figure("sockets that lack an event", len(incomplete), "", 0),
        Figure("holes between two frames", sum(one.holes for one in followers), "", 0),
        Figure("resyncs asked for", sum(one.resyncs for one in followers), "", 0),
        Figure("welcomes that did not resume", welcomes.total() - welcomes["resumed"], "", 0),
        Figure("sockets refused for good", refused, "", 0),
    ]


def closed_with(followers: Sequence[Follower], code: int) -> int:
    """How many sockets were closed with this code; 1006 is an end without one."""
    return sum(one.closes[code] for one in followers)


def _sockets(person: Person, base_url: str, number: int) -> list[Follower]:
    return [person.follower(base_url) for _ in range(number)]


async def _all_speak(people: Sequence[Person], text: str) -> None:
    await asyncio.gather(*(one.say(text) for one in people))
