"""A crowd that comes at once: so many are let in at a time, and whoever would wait too long is told when to come back.

Clients give a socket up that does not welcome them within seconds. A server that went on working for those who have
given up would never get to those who have not.
"""

from __future__ import annotations

import asyncio
import random
import time
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

# At the same time: so many hellos ask the database together.
_AT_ONCE = 32
# A hello takes some 20 ms of a processor, and the most impatient client waits for 4 s.
MOST_WAITING = 120
PER_SOCKET_MS = 20
# Nobody is asked to stay away for longer, nor to come back before those who wait are in.
LATEST_MS, SOONEST_MS = 60_000, PER_SOCKET_MS * MOST_WAITING


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
        # When everybody who was sent away will have come back, in s of time.monotonic().
        self._promised_until = 0.0

    @classmethod
    def of_this_loop(cls) -> Entrance:
        """Return the entrance of the running event loop."""
        return _entrances.setdefault(asyncio.get_running_loop(), cls())

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one's turn. Raises Full when that would take too long."""
        if self._waiting >= MOST_WAITING:
            raise Full(self._pause_ms())
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()

    def _pause_ms(self) -> int:
        """One after the other: each comes back when those who were sent away before are in."""
        now = time.monotonic()
        promised = max(self._promised_until, now + SOONEST_MS / 1000) + PER_SOCKET_MS / 1000
        pause_ms = round(1000 * (promised - now))
        if pause_ms > LATEST_MS:
            # Beyond the latest there is no order any more, but still no storm; nor is anything promised.
            return random.randint(SOONEST_MS, LATEST_MS)  # noqa: S311  Jitter is no secret.
        self._promised_until = promised
        return pause_ms


_entrances: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Entrance] = weakref.WeakKeyDictionary()
