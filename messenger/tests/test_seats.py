"""How many sockets somebody may hold at once (4504), counted over all processes."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace

import pytest

from messenger import seats
from messenger.seats import Seats

HOLDER = "device:1"


@pytest.fixture(params=["alone", "with Redis"])
def shared(request, settings, redis_server):
    """Whether seats are counted in Redis."""
    settings.REDIS_URL = redis_server.url if request.param == "with Redis" else ""
    return request.param == "with Redis"


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A Redis that is merely slow, beside other tests, counts all the same."""
    monkeypatch.setattr(seats, "_PATIENCE_S", 20)


@pytest.fixture
def clock(monkeypatch):
    """The time `s` by which seats run out, in seconds. It stands still until a test adds to it."""
    now = SimpleNamespace(s=time.time())
    monkeypatch.setattr(seats, "time", SimpleNamespace(time=lambda: now.s, monotonic=time.monotonic))
    return now


async def take(places, *names, holder=HOLDER, most=2):
    return [await places.take(holder, name, most) for name in names]


async def free(places, *names, holder=HOLDER):
    for name in names:
        await places.give_back(holder, name)


async def test_the_one_too_many_is_refused_and_a_seat_given_back_is_free(shared):
    places = Seats()
    assert await take(places, "a", "b", "c") == [True, True, False]
    assert await take(places, "a", holder="device:2") == [True]
    await free(places, "c")  # It never sat.
    assert await take(places, "d") == [False]
    await free(places, "a")
    assert await take(places, "d") == [True]
    await free(places, "b", "d")
    await free(places, "a", holder="device:2")


async def test_processes_count_together_where_there_is_redis(shared):
    one, other = Seats(), Seats()
    assert await take(one, "a", "b") == [True, True]
    assert await take(other, "c") == [not shared]
    await free(one, "a")
    assert await take(other, "d") == [True]
    await free(one, "b")
    await free(other, "c", "d")


async def test_seats_of_a_process_that_was_killed_run_out(settings, redis_server, clock):
    settings.REDIS_URL = redis_server.url
    killed, other = Seats(), Seats()
    assert await take(killed, "a", "b") == [True, True]
    clock.s += 89
    assert await take(other, "c") == [False]
    clock.s += 2
    assert await take(other, "c") == [True]
    await free(other, "c")


async def test_a_tab_is_not_kept_out_by_its_seat_in_a_process_that_was_killed(settings, redis_server):
    settings.REDIS_URL = redis_server.url
    killed, next_one = Seats(), Seats()
    for name in ("tab 1", "tab 2"):
        assert await killed.take(HOLDER, f"before {name}", 2, name=name)
    assert await take(next_one, "a stranger") == [False]
    for name in ("tab 1", "tab 2"):
        assert await next_one.take(HOLDER, f"after {name}", 2, name=name)
    assert not await next_one.take(HOLDER, "once more", 2, name="tab 1"), "one name is no way to have more here"
    await free(next_one, "after tab 1")
    assert await take(next_one, "a stranger") == [True]
    await free(next_one, "after tab 2", "a stranger")


async def test_a_tab_with_two_sockets_keeps_its_seat_until_both_are_gone(settings, redis_server):
    settings.REDIS_URL = redis_server.url
    places, other = Seats(), Seats()
    assert await places.take(HOLDER, "old", 1, name="tab") is True
    assert await places.take(HOLDER, "new", 2, name="tab") is True
    await free(places, "old")
    assert await take(other, "a stranger", most=1) == [False]
    await free(places, "new")
    assert await take(other, "a stranger", most=1) == [True]
    await free(other, "a stranger")


async def test_a_thousand_who_leave_at_once_give_their_seats_back(settings, redis_server):
    settings.REDIS_URL = redis_server.url
    places, other = Seats(), Seats()
    names = [str(number) for number in range(1000)]
    assert all(await take(places, *names, most=1000))
    await asyncio.gather(*(free(places, name) for name in names))
    assert await take(other, "a", most=1) == [True]
    await free(other, "a")


async def test_a_seat_that_is_kept_does_not_run_out(settings, redis_server, monkeypatch, clock):
    settings.REDIS_URL = redis_server.url
    monkeypatch.setattr(seats, "KEEP_EVERY_S", 0.01)
    kept, other = Seats(), Seats()
    assert await take(kept, "a", "b") == [True, True]
    for _ in range(3):
        clock.s += 60
        async with asyncio.timeout(20):
            while await ends_of(kept) != [clock.s + 90] * 2:
                await asyncio.sleep(0.01)
        assert await take(other, "c") == [False]
    await free(kept, "a", "b")


async def ends_of(places):
    """When the holder's seats run out, by what Redis was told."""
    told = await places._redis.zrange(seats._key(HOLDER), 0, -1, withscores=True)
    return [end for _, end in told]


async def test_without_an_answer_nobody_is_refused_but_by_their_own_process(settings, disposable_redis):
    settings.REDIS_URL = disposable_redis.url
    one, other = Seats(), Seats()
    assert await take(one, "a", "b") == [True, True]
    disposable_redis.stop()
    assert await take(other, "c", "d") == [True, True]
    assert await take(other, "e") == [False]
    await free(one, "a", "b")
    await free(other, "c", "d")
