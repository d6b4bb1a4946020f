"""One socket of a client that keeps to the rules of the protocol, as lean as thousands of them have to be."""

from __future__ import annotations

import asyncio
import json
import random
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, NoReturn

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from curbe.testing.load.coverage import Coverage
from curbe.testing.load.waiting import until

# So long a client waits for the welcome, and then for any word at all.
_WELCOME_S, _SILENCE_S = 10, 35
_STABLE_S = 30
_SHORTEST_S, _LONGEST_S = 0.5, 30
# What the default would spend on each socket is not what is measured here.
_LEAN: dict[str, Any] = {"compression": None, "ping_interval": None, "proxy": None, "close_timeout": 2}
_NO_WORD = 1006
_AT_ONCE = 50


class Follower:
    """Connects, says hello with its cursor, and comes back when it is cut off: after `retry_ms`, or with full jitter.

    It takes no snapshot, so a needless `resync_required` leaves it incomplete for good.
    """

    def __init__(self, url: str, bearer: str, cursor: str) -> None:
        self.heard = Coverage(cursor)
        self.heard_at = 0.0
        self.welcomes: Counter[str] = Counter()
        self.closes: Counter[int] = Counter()
        self.resyncs, self.holes = 0, 0
        self._url, self._bearer, self._tab = url, bearer, str(uuid.uuid4())
        self._socket: ClientConnection | None = None
        self._head: int | None = None
        self._live_since = 0.0
        self._failures = 0
        self._retry_s: float | None = None

    @property
    def is_live(self) -> bool:
        """Welcomed, and told everything that there was then."""
        return self._head is not None and self.heard.seq >= self._head

    def is_live_since(self, moment: float) -> bool:
        """Whether it is live on a socket that was welcomed after that moment of time.monotonic()."""
        return self.is_live and self._live_since > moment

    async def follow(self) -> None:
        """Until it is cancelled, or refused with a code that forbids to try again."""
        while True:
            code = await self._hold_a_socket()
            self.closes[code] += 1
            if code >= 4500:
                return
            await asyncio.sleep(self._pause_s())

    def cut(self) -> None:
        """The network is gone from one moment to the next."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def _hold_a_socket(self) -> int:
        """One connection from its handshake to its end; the code that it ended with."""
        try:
            async with connect(self._url, **_LEAN) as self._socket:
                hello = {"t": "hello", "v": 1, "auth": self._bearer, "after": self.heard.cursor, "tab": self._tab}
                await self._socket.send(json.dumps(hello))
                await self._listen(self._socket)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else _NO_WORD
        except (OSError, TimeoutError, InvalidHandshake):
            return _NO_WORD  # Handled: nobody answers, or not in time; the caller tries again.
        finally:
            if self._head is not None and time.monotonic() - self._live_since > _STABLE_S:
                self._failures = 0
            self._socket, self._head = None, None

    async def _listen(self, socket: ClientConnection) -> NoReturn:
        while True:
            async with asyncio.timeout(_WELCOME_S if self._head is None else _SILENCE_S):
                frame = json.loads(await socket.recv())
            if frame["t"] == "evs":
                await self._take(socket, frame)
            elif frame["t"] == "hb":
                await socket.send('{"t":"pong"}')
            else:
                self._note(frame)

    async def _take(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        self.heard_at = time.monotonic()
        if not self.heard.take(frame):
            self.holes += 1
            await socket.send(json.dumps({"t": "resume", "after": self.heard.cursor}))

    def _note(self, frame: dict[str, Any]) -> None:
        if frame["t"] == "welcome":
            self._head, self._live_since = frame["head"], time.monotonic()
            self.welcomes[frame["mode"]] += 1
        elif frame["t"] == "bye":
            self._retry_s = frame["retry_ms"] / 1000
        elif frame["t"] == "resync_required":
            self.resyncs += 1

    def _pause_s(self) -> float:
        asked, self._retry_s = self._retry_s, None
        ceiling = min(_LONGEST_S, _SHORTEST_S * 2**self._failures)
        self._failures += 1
        return random.uniform(0, ceiling) if asked is None else asked


@asynccontextmanager
async def following(followers: Sequence[Follower], within_s: float = 120) -> AsyncIterator[None]:
    """Have them follow, once all are live, until the block ends. They arrive in turn: a storm is tested elsewhere."""
    async with asyncio.TaskGroup() as group:
        tasks: list[asyncio.Task[None]] = []
        for i in range(0, len(followers), _AT_ONCE):
            wave = followers[i : i + _AT_ONCE]
            tasks += [group.create_task(one.follow()) for one in wave]
            await all_of(wave, "to be live", lambda one: one.is_live, within_s)
        yield
        for task in tasks:
            task.cancel()


async def all_of(
    followers: Sequence[Follower], what: str, condition: Callable[[Follower], bool], within_s: float
) -> None:
    """Wait until the condition holds for each of them; AssertionError that says how many fall short, and why."""
    waiting = list(followers)

    def is_so() -> bool:
        waiting[:] = [one for one in followers if not condition(one)]
        return not waiting

    try:
        await until(is_so, what, within_s)
    except AssertionError as error:
        closes = sum((one.closes for one in waiting), Counter[int]())
        raise AssertionError(f"{error} {len(waiting)} of {len(followers)} sockets, closed with {closes}.") from error
