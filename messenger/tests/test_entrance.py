"""A crowd that comes at once: whoever would wait too long is told when to come back, and nobody is forgotten."""

from __future__ import annotations

import asyncio

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
        assert 1_000 <= bye["retry_ms"] <= 30_000
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
    await asyncio.gather(*(come_in() for _ in range(100)))
    assert (inside, most) == (0, 8)


async def test_who_is_sent_away_comes_back_the_later_the_more_there_are():
    door = Entrance()
    for _ in range(8):
        await door._turns.acquire()
    waiting = [asyncio.create_task(wait_at(door)) for _ in range(entrance.MOST_WAITING)]
    await asyncio.sleep(0)
    pauses = []
    for _ in range(1000):
        with pytest.raises(Full) as full:
            await wait_at(door)
        pauses.append(full.value.retry_ms)
    assert all(1_000 <= pause <= 30_000 for pause in pauses)
    assert sum(pauses[500:]) > 1.5 * sum(pauses[:100]) * 5
    # Those who waited come in, whoever was sent away.
    for _ in range(8):
        door._turns.release()
    await asyncio.gather(*waiting)
    await wait_at(door)


async def wait_at(door):
    async with door.turn():
        pass
