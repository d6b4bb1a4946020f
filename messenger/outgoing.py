"""Frames on their way to one client: in order, and bounded in number, size and time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

MOST_QUEUED, MOST_QUEUED_BYTES = 256, 1024 * 1024
SEND_WITHIN_S = 10


class Outgoing:
    """What one client has not taken in yet."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[str] = asyncio.Queue(MOST_QUEUED)
        self._bytes = 0
        self._went_on = asyncio.Event()
        self.is_over = False

    def put(self, text: str) -> bool:
        """Queue a frame; False when the client is too far behind for it. After the end nothing is kept."""
        if self.is_over:
            return True
        if self._queue.full() or self._bytes > MOST_QUEUED_BYTES:
            return False
        self._bytes += len(text.encode())
        self._queue.put_nowait(text)
        return True

    async def taken_in(self) -> None:
        """Wait until the client has taken in all that is queued, or takes in nothing any more."""
        while self._bytes and not self.is_over:
            self._went_on.clear()
            await self._went_on.wait()

    async def run(self, send: Callable[[str], Awaitable[None]]) -> None:
        """Send one frame after the other until `end`. Raises TimeoutError when one is stuck for 10 s."""
        try:
            while not self.is_over:
                text = await self._queue.get()
                async with asyncio.timeout(SEND_WITHIN_S):
                    await send(text)
                self._bytes -= len(text.encode())
                self._went_on.set()
        finally:
            self.end()

    def end(self) -> None:
        """Nothing more is sent, and nobody waits for it."""
        self.is_over = True
        self._went_on.set()
