"""How many sockets somebody holds at once, over all processes: at most so many, and the next one is refused (4504).

Counted in Redis when there is one, else in this process. A seat that is not kept runs out by itself, so a process that
was killed gives its seats back within a minute and a half. Without an answer from Redis nobody is refused.
"""

from __future__ import annotations

import asyncio
import time
import uuid
import weakref
from collections.abc import Iterator
from typing import Any

import redis.asyncio as redis
import structlog
from django.conf import settings

log = structlog.get_logger(__name__)

KEEP_EVERY_S = 30
_LASTS_S = 90
_PATIENCE_S = 1
_PAUSE_S = 5


class Seats:
    """The seats of one event loop's sockets."""

    def __init__(self) -> None:
        self._taken: dict[str, set[str]] = {}
        self._redis: Any = None
        self._keeper: asyncio.Task[None] | None = None
        self._away_until = 0.0

    @classmethod
    def of_this_loop(cls) -> Seats:
        """Return the seats of the running event loop."""
        return _seats.setdefault(asyncio.get_running_loop(), cls())

    async def take(self, holder: str, seat: str, most: int) -> bool:
        """Take a seat; False when the holder has `most` of them already."""
        own = self._taken.setdefault(holder, set())
        if len(own) >= most:
            return False
        own.add(seat)
        if await self._count(holder, seat) > most:
            await self.give_back(holder, seat)
            return False
        if settings.REDIS_URL and self._keeper is None:
            self._keeper = asyncio.create_task(self._keep())
        return True

    async def give_back(self, holder: str, seat: str) -> None:
        """The socket is gone. Giving back what was not taken changes nothing."""
        own = self._taken.get(holder, set())
        own.discard(seat)
        if not own:
            self._taken.pop(holder, None)
        if not self._taken and self._keeper:
            self._keeper.cancel()
            self._keeper = None
        await self._ask(lambda pipe: pipe.zrem(_key(holder), seat))

    async def _count(self, holder: str, seat: str) -> int:
        """How many seats the holder has anywhere, with this one; 0 when nobody can say."""

        def ask(pipe: Any) -> None:
            pipe.zremrangebyscore(_key(holder), "-inf", time.time())
            pipe.zadd(_key(holder), {seat: time.time() + _LASTS_S})
            pipe.zcard(_key(holder))
            pipe.expire(_key(holder), _LASTS_S)

        answer = await self._ask(ask)
        return int(answer[2]) if answer else 0

    async def _keep(self) -> None:
        """Say of every seat that it is still taken, well before it runs out."""
        while True:
            await asyncio.sleep(KEEP_EVERY_S)
            for holders in _in_hundreds(list(self._taken)):
                until = time.time() + _LASTS_S

                def ask(pipe: Any, holders: list[str] = holders, until: float = until) -> None:
                    for holder in holders:
                        if own := self._taken.get(holder):
                            pipe.zadd(_key(holder), dict.fromkeys(own, until))
                            pipe.expire(_key(holder), _LASTS_S)

                await self._ask(ask)

    async def _ask(self, ask: Any) -> Any:
        """Return what Redis answers to the commands, or None without one."""
        if not settings.REDIS_URL or time.monotonic() < self._away_until:
            return None
        self._redis = self._redis or redis.from_url(settings.REDIS_URL)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                pipe = self._redis.pipeline(transaction=True)
                ask(pipe)
                return await pipe.execute()
        except (redis.RedisError, OSError, TimeoutError) as error:
            self._away_until = time.monotonic() + _PAUSE_S
            log.warning("seats_uncounted", reason=type(error).__name__)
            return None  # Handled: a socket that cannot be counted is better than none.


def _key(holder: str) -> str:
    return f"curbe:seats:{holder}"


def _in_hundreds(holders: list[str]) -> Iterator[list[str]]:
    for i in range(0, len(holders), 100):
        yield holders[i : i + 100]


def new_seat() -> str:
    """Return a name for one socket's seat."""
    return uuid.uuid4().hex


_seats: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Seats] = weakref.WeakKeyDictionary()
