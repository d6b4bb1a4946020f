"""A TCP proxy on the loopback interface that can do to a connection what networks do."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from itertools import count
from typing import Any

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_WRITE = re.compile(rb"(POST|PUT) \S+/conversations/")
_SEND = re.compile(rb"POST \S+/messages ")
_CHUNK = 65536
# As long as a nudge is kept back at most: enough for others to overtake it.
_LATE_S = 2.0

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """Carries connections to the first upstream that answers, and breaks them as it is told."""

    def __init__(self, line: type[Line] | None = None, ports: Sequence[int] = ()) -> None:
        self._line = line or Line
        # Of the upstreams.
        self.ports = list(ports)
        self._turn = count()
        self._lines: set[Line] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._carrying: set[asyncio.Future[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0
        # Cleared in a partition: connections stay, and nothing passes.
        self.passable = asyncio.Event()
        self.passable.set()
        # Bytes per second that a client takes; None is no limit.
        self.rate: int | None = None
        # Shares of the requests (or nudges) that something happens to.
        self.cutting = self.repeating = self.mangling = 0.0
        self.chance = random.Random(1)
        self.harmed = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """End every connection, and what was still to be repeated."""
        if self._server:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.reset()
        if self._carrying:
            await asyncio.wait(self._carrying)

    def reset(self) -> None:
        """Cut every connection, both ways."""
        for line in list(self._lines):
            line.abort()

    def happens(self, share: float) -> bool:
        """Whether it happens this time."""
        happens = share > 0 and self.chance.random() < share
        self.harmed += happens
        return happens

    async def connect(self) -> Stream:
        """To the upstreams in turn, passing over those that are down. OSError when all are."""
        turn = next(self._turn)
        for i in range(len(self.ports)):
            with suppress(OSError):  # The next one may be up.
                return await asyncio.open_connection("127.0.0.1", self.ports[(turn + i) % len(self.ports)])
        raise ConnectionRefusedError("All upstreams are down.")

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run beside the connections; ends with the proxy."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server = await self.connect()
        except OSError:
            writer.transport.abort()  # Handled: to the client it looks as if nobody listened.
            return
        line = self._line(self, (reader, writer), server)
        carrying = asyncio.ensure_future(line.run())
        self._lines.add(line)
        self._carrying.add(carrying)
        try:
            await carrying
        finally:
            self._lines.discard(line)
            self._carrying.discard(carrying)


class Line:
    """One connection through a proxy: bytes go up to the server and down to the client."""

    def __init__(self, proxy: Proxy, client: Stream, server: Stream) -> None:
        self.proxy = proxy
        self.client_reader, self.client_writer = client
        self.server_reader, self.server_writer = server
        self._ways: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Until either side ends it."""
        self._ways = [asyncio.create_task(self.up()), asyncio.create_task(self.down())]
        try:
            await asyncio.wait(self._ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in self._ways:
                way.cancel()
            # What ended the one way (a reset, an end of file) is the end of the other; nobody else asks for it.
            await asyncio.gather(*self._ways, return_exceptions=True)
            self.client_writer.close()
            self.server_writer.close()

    def abort(self) -> None:
        """Cut both ends, even while nothing passes."""
        for way in self._ways:
            way.cancel()
        self.client_writer.transport.abort()
        self.server_writer.transport.abort()

    async def up(self) -> None:
        while data := await self.client_reader.read(_CHUNK):
            await self.carry(data, self.server_writer)

    async def down(self) -> None:
        while data := await self.server_reader.read(_CHUNK if self.proxy.rate is None else self.proxy.rate // 10):
            await self.carry(data, self.client_writer)
            if self.proxy.rate is not None:
                await asyncio.sleep(0.1)

    async def carry(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        await self.proxy.passable.wait()
        writer.write(data)
        await writer.drain()


class HttpLine(Line):
    """Knows where a request ends, so that it can repeat one, or cut the connection when its answer is on the way."""

    _is_send = False

    async def up(self) -> None:
        while request := await self._request():
            self._is_send = _SEND.match(request) is not None
            if _WRITE.match(request) and self.proxy.happens(self.proxy.repeating):
                self.proxy.spawn(self._repeat(request))
            await self.carry(request, self.server_writer)

    async def down(self) -> None:
        while data := await self.server_reader.read(_CHUNK):
            # The server has answered, so it has committed; the client never learns.
            if self._is_send and self.proxy.happens(self.proxy.cutting):
                self.abort()
                return
            await self.carry(data, self.client_writer)

    async def _request(self) -> bytes:
        try:
            head = await self.client_reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""  # Handled: the client has ended the connection between two requests.
        length = _LENGTH.search(head)
        return head + await self.client_reader.readexactly(int(length[1]) if length else 0)

    async def _repeat(self, request: bytes) -> None:
        """At the same time as the original, or a little later, on a connection of its own."""
        await asyncio.sleep(self.proxy.chance.choice([0, 0, self.proxy.chance.random()]))
        try:
            reader, writer = await self.proxy.connect()
            writer.write(request)
            await reader.readuntil(b"\r\n\r\n")
            writer.close()
        except (OSError, asyncio.IncompleteReadError):
            return  # Handled: nobody waits for the answer to a duplicate.


class NudgeLine(Line):
    """Speaks enough of the Redis protocol to tell a published message from everything else."""

    async def down(self) -> None:
        while frame := await self._frame():
            if self.proxy.mangling and _is_nudge(frame):
                self._mangle(frame)
            else:
                await self.carry(frame, self.client_writer)

    def _mangle(self, frame: bytes) -> None:
        """Lost, late (and so overtaken), doubled, or left alone."""
        fate = self.proxy.chance.random() / self.proxy.mangling
        self.proxy.harmed += fate < 1
        if 1 / 3 < fate < 1:
            late = self.proxy.chance.random() * _LATE_S
            asyncio.get_running_loop().call_later(late, self.client_writer.write, frame)
        if fate > 2 / 3:
            self.client_writer.write(frame)

    async def _frame(self) -> bytes:
        """One whole reply; empty at the end of the connection."""
        try:
            line = await self.server_reader.readuntil(b"\r\n")
        except asyncio.IncompleteReadError:
            return b""  # Handled: Redis has ended the connection.
        kind, size = line[:1], line[1:-2]
        if kind in b"$=!" and int(size) >= 0:
            return line + await self.server_reader.readexactly(int(size) + 2)
        if kind in b"*>~%":
            parts = int(size) * (2 if kind == b"%" else 1)
            return line + b"".join([await self._frame() for _ in range(parts)])
        return line


def _is_nudge(frame: bytes) -> bool:
    return b"\r\n$7\r\nmessage\r\n" in frame[:24]
