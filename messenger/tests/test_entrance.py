"""A crowd that comes at once: whoever would wait too long is told when to come back, and nobody is forgotten."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from itertools import pairwise

import pytest

from messenger import entrance
from messenger.entrance import Entrance, Full
from messenger.tests.test_sockets import chatting, connected, harbor

__all__ = ["chatting", "harbor"]  # Fixtures.


@pytest.mark.django_db(transaction=True)
async def test_a_socket_that_would_wait_too_long_is_told_when_to_come_back(chatting, monkeypatch):
    _, browser, _, _ = chatting
    monkeypatch.setattr(entrance, "MOST_WAITING", 0)
    async with connected() as line:
        await line.hello(browser.bearer)
        bye = await line.hear()
        assert (bye["t"], bye["code"]) == ("bye", 4001)
        assert entrance.SOONEST_MS <= bye["retry_ms"] <= entrance.LATEST_MS
        assert await line.close_code() == 4001
    monkeypatch.undo()
    async with connected() as line:
        await line.hello(browser.bearer)
        assert (await line.hear())["t"] == "welcome"


async def test_so_many_at_a_time_and_the_rest_in_turn():
    inside, most = 0, 0

    async def come_in():
        nonlocal inside, most
        async with door.turn():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    door = Entrance()
    await asyncio.gather(*(come_in() for _ in range(150)))
    assert (inside, most) == (0, 32)


async def test_who_is_sent_away_comes_back_one_after_the_other():
    door = Entrance()
    async with AsyncExitStack() as stack:
        for _ in range(32):
            await stack.enter_async_context(door.turn())
        waiting = [asyncio.create_task(wait_at(door)) for _ in range(entrance.MOST_WAITING)]
        await asyncio.sleep(0)
        pauses = [await pause_at(door) for _ in range(4000)]
    in_order = pauses[: (entrance.LATEST_MS - entrance.SOONEST_MS) // entrance.PER_SOCKET_MS - 100]
    steps = [later - sooner for sooner, later in pairwise(in_order)]
    assert in_order[0] >= entrance.SOONEST_MS
    assert sum(steps) / len(steps) == pytest.approx(entrance.PER_SOCKET_MS, abs=2)
    # More than come in before the latest are spread over all of the time until then.
    beyond = pauses[3000:]
    assert all(entrance.SOONEST_MS <= pause <= entrance.LATEST_MS for pause in beyond)
    assert len({pause // 10_000 for pause in beyond}) > 4
    # Those who waited come in, whoever was sent away.
    await asyncio.gather(*waiting)
    await wait_at(door)


async def pause_at(door):
    with pytest.raises(Full) as full:
        await wait_at(door)
    return full.value.retry_ms


async def wait_at(door):
    async with door.turn():
        pass
