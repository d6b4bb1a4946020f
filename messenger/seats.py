"""How many sockets somebody holds at once, over all processes: at most so many, and the next one is refused (4504).

Counted in Redis when there is one, else in this process. A seat that is not kept runs out by itself, so a process that
was killed gives its seats back within a minute and a half. Without an answer from Redis nobody is refused.
"""

from __future__ import annotations

import asyncio
import time
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
_MOST_CONNECTIONS = 4
# So much is said in one go.
_AT_ONCE = 100


class Seats:
    """The seats of one event loop's sockets."""

    def __init__(self) -> None:
        # The seats of each holder, with the names that they are counted by.
        self._taken: dict[str, dict[str, str]] = {}
        # Seats that Redis has not been told of yet.
        self._left: list[tuple[str, str]] = []
        self._telling = asyncio.Lock()
        self._redis: Any = None
        self._keeper: asyncio.Task[None] | None = None
        self._away_until = 0.0

    @classmethod
    def of_this_loop(cls) -> Seats:
        """Return the seats of the running event loop."""
        return _seats.setdefault(asyncio.get_running_loop(), cls())

    async def take(self, holder: str, seat: str, most: int, *, name: str = "") -> bool:
        """Take a seat; False when the holder has `most` of them already.

        Over all processes, seats of one name count once: a tab is not kept out by its own seat in a process that was
        killed. A client that gives all its tabs one name has `most` of them in each process, and no more.
        """
        own = self._taken.setdefault(holder, {})
        if len(own) >= most:
            return False
        own[seat] = name or seat
        if await self._count(holder, own[seat]) > most:
            await self.give_back(holder, seat)
            return False
        if settings.REDIS_URL and (self._keeper is None or self._keeper.done()):
            self._keeper = asyncio.create_task(self._keep())
        return True

    async def give_back(self, holder: str, seat: str) -> None:
        """The socket is gone. Giving back what was not taken changes nothing."""
        own = self._taken.get(holder, {})
        name = own.pop(seat, "")
        if not own:
            self._taken.pop(holder, None)
        if not self._taken and self._keeper:
            self._keeper.cancel()
            self._keeper = None
        if name:
            self._left.append((holder, name))
            await self._say_who_left()

    async def _say_who_left(self) -> None:
        """Many at once, because they leave together when a process ends. Whoever waits here has been told of, too."""
        async with self._telling:
            while self._left:
                told, self._left = self._left[:_AT_ONCE], self._left[_AT_ONCE:]
                free = [(holder, name) for holder, name in told if name not in self._taken.get(holder, {}).values()]

                def ask(pipe: Any, free: list[tuple[str, str]] = free) -> None:
                    for holder, name in free:
                        pipe.zrem(_key(holder), name)

                await self._ask(ask)

    async def _count(self, holder: str, name: str) -> int:
        """How many seats the holder has anywhere, with the one of this name; 0 when nobody can say."""

        def ask(pipe: Any) -> None:
            pipe.zremrangebyscore(_key(holder), "-inf", time.time())
            pipe.zadd(_key(holder), {name: time.time() + _LASTS_S})
            pipe.zcard(_key(holder))
            pipe.expire(_key(holder), _LASTS_S)

        answer = await self._ask(ask)
        return int(answer[2]) if answer else 0

    async def _keep(self) -> None:
        """Say of every seat that it is still taken, well before it runs out."""
        while True:
            await asyncio.sleep(KEEP_EVERY_S)
            for holders in _in_parts(list(self._taken)):
                until = time.time() + _LASTS_S

                def ask(pipe: Any, holders: list[str] = holders, until: float = until) -> None:
                    for holder in holders:
                        if own := self._taken.get(holder):
                            pipe.zadd(_key(holder), dict.fromkeys(own.values(), until))
                            pipe.expire(_key(holder), _LASTS_S)

                await self._ask(ask)

    async def _ask(self, ask: Any) -> Any:
        """Return what Redis answers to the commands, or None without one."""
        if not settings.REDIS_URL or time.monotonic() < self._away_until:
            return None
        self._redis = self._redis or _client(settings.REDIS_URL)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                pipe = self._redis.pipeline(transaction=True)
                ask(pipe)
                return await pipe.execute()
        except (redis.RedisError, OSError, TimeoutError) as error:
            if time.monotonic() >= self._away_until:  # Said once, however many were waiting.
                log.warning("seats_uncounted", reason=type(error).__name__)
            self._away_until = time.monotonic() + _PAUSE_S
            return None  # Handled: a socket that cannot be counted is better than none.


def _client(url: str) -> redis.Redis:
    """A client whose commands wait for one of a few connections: a thousand sockets that end ask for no thousand."""
    return redis.Redis.from_pool(redis.BlockingConnectionPool.from_url(url, max_connections=_MOST_CONNECTIONS))


def _key(holder: str) -> str:
    return f"curbe:seats:{holder}"


def _in_parts(holders: list[str]) -> Iterator[list[str]]:
    for i in range(0, len(holders), _AT_ONCE):
        yield holders[i : i + _AT_ONCE]


_seats: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Seats] = weakref.WeakKeyDictionary()
