"""A crowd that comes at once: so many are let in at a time, and whoever would wait too long is told when to come back.

Clients give a socket up that does not welcome them within seconds. A server that went on working for those who have
given up would never get to those who have not.
"""

from __future__ import annotations

import asyncio
import random
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

# At the same time: about as many as there are threads that ask the database for them.
_AT_ONCE = 8
# A hello takes some 20 ms of a processor, and the most impatient client waits for 4 s.
MOST_WAITING = 120
_PER_SOCKET_MS = 25
_SOONEST_MS, _LATEST_MS = 1_000, 30_000


class Full(Exception):
    """Too many are waiting already."""

    def __init__(self, retry_ms: int) -> None:
        super().__init__(retry_ms)
        self.retry_ms = retry_ms


class Entrance:
    """The way in to the sockets of one event loop."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        # Since there was room: the more were sent away, the later the next one is asked to come back.
        self._sent_away = 0

    @classmethod
    def of_this_loop(cls) -> Entrance:
        """Return the entrance of the running event loop."""
        return _entrances.setdefault(asyncio.get_running_loop(), cls())

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one's turn. Raises Full when that would take too long."""
        if self._waiting >= MOST_WAITING:
            self._sent_away += 1
            raise Full(self._pause_ms())
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        if not self._waiting:
            self._sent_away = 0
        try:
            yield
        finally:
            self._turns.release()

    def _pause_ms(self) -> int:
        latest = min(_LATEST_MS, _SOONEST_MS + _PER_SOCKET_MS * (MOST_WAITING + self._sent_away))
        return random.randint(_SOONEST_MS, latest)  # noqa: S311  Jitter is no secret.


_entrances: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Entrance] = weakref.WeakKeyDictionary()
