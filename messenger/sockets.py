"""What every socket does: frames in and out, time-outs, limits, and following a stream without a hole.

Our own consumer base: `dispatch` leaves out the hop through one shared thread that Channels makes for every event, and
database work goes to the thread pool by `in_database`.
"""

from __future__ import annotations

import asyncio
import math
import random
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar

import structlog
from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from django.utils import timezone

from curbe.logs import new_trace_id

from . import payloads, protocol, streams
from .asking import in_database
from .entrance import Entrance, Full
from .errors import NotFound, Unauthenticated
from .frames import Frame, as_text, evs
from .hub import Batch, Hub
from .models import Agent, Contact, Stream
from .outgoing import MOST_QUEUED, Outgoing
from .protocol import Close, ClosedByUs
from .seats import Seats
from .streams import Cursor, LogItem

log = structlog.get_logger(__name__)

HELLO_WITHIN_S = 10
HEARTBEAT_S = 25
SILENT_FOR_S = 60
# Heartbeats do the checking, so that it happens within 60 s.
RECHECK_AFTER_S = 32
MOST_INBOUND, INBOUND_WINDOW_S = 20, 10
MAX_AGE_S = 12 * 3600
SAY_PRESENCE_EVERY_S = 20
_REPLAY_BATCH = 200
_MOST_FOREIGN = 3


class Socket(AsyncConsumer):
    """A socket of either kind. Subclasses say who may connect, which stream they follow, and what else they accept."""

    # No such layer is configured: the hub listens for all sockets, so none needs a channel of its own.
    channel_layer_alias = "sockets have none"
    frames: ClassVar[Mapping[str, Callable[[Any, dict[str, Any]], Awaitable[None]]]]

    def __init__(self) -> None:
        self.agent: Agent | None = None
        self.stream: Stream | None = None
        self.log = log
        self._cursor = 0
        # Not live while replaying or waiting for a snapshot: what the feed delivers is held. An overflow is a gap, and
        # a gap is replayed.
        self._is_live = False
        self._held: deque[Batch] = deque(maxlen=MOST_QUEUED)
        self._moving = asyncio.Lock()
        self._foreign = 0
        self._taking: asyncio.Task[None] | None = None
        self._errands: set[asyncio.Task[None]] = set()
        self._heard: deque[float] = deque(maxlen=MOST_INBOUND + 1)
        self._heard_at = time.monotonic()
        self._outgoing = Outgoing()
        self._seat = ("", "")
        # Whether the tab is looked at, once the client has said so: a program that does not is nobody's presence.
        self.is_active: bool | None = None
        self.last_active_at = timezone.now()
        self._presence_said_at = -math.inf
        self._tasks: list[asyncio.Task[None]] = []
        self._is_closed = False

    # What a subclass decides

    def may_connect(self) -> bool:
        """Whether the handshake is answered at all; if not it is HTTP 403."""
        raise NotImplementedError

    async def identify(self, hello: dict[str, Any]) -> Stream:
        """Find out who it is from the hello; returns the stream they follow. Raises Unauthenticated or ClosedByUs."""
        raise NotImplementedError

    async def recheck(self) -> Stream:
        """Return their stream with its present head; Unauthenticated when the credentials have ended since."""
        raise NotImplementedError

    def load_stream(self) -> Stream:
        """Return the stream of whoever it is, with its present head."""
        raise NotImplementedError

    def holder(self) -> tuple[str, int]:
        """Return who holds this socket, and how many of them they may hold at once."""
        raise NotImplementedError

    def subject_ids(self) -> set[str]:
        """Ids that a hello may name as its subject."""
        raise NotImplementedError

    def say_presence(self) -> None:
        """Tell the team that this person is here, and whether they look. Called in the loop: it must not query."""
        raise NotImplementedError

    def require_owner(self, owner: Contact | None) -> None:
        """Raise Unauthenticated when what was read of the stream belongs to somebody else than this session's person.

        Nothing reaches a socket before this was asked: whether a revocation was heard of in time decides nothing.
        """

    # ASGI

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Handle one ASGI message. An unexpected exception closes with 4000 and tells the client nothing (S36)."""
        handler = getattr(self, message["type"].replace(".", "_"))
        await self._guarded(handler(message))

    async def _guarded(self, work: Awaitable[object]) -> None:
        """Whatever goes wrong closes this socket with the code that says so, and touches no other."""
        try:
            await work
        except ClosedByUs as closed:
            await self.close(closed.code)
        except Unauthenticated as refusal:
            await self.close(protocol.code_of(refusal))
        except StopConsumer:
            raise
        except Exception:
            self.log.exception("socket_failed")
            await self.close(Close.SERVER_ERROR)

    async def send(self, message: dict[str, Any]) -> None:
        """Say it to the client. One who has hung up is no failure of ours, and must cost little: crowds give up too."""
        try:
            await super().send(message)
        except OSError:
            self._is_closed = True  # Handled: the server tells us that they have gone, in a moment.
            self._outgoing.end()

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        # Nothing belongs into the address, least of all credentials: addresses end up in logs (S35).
        if self.scope["query_string"] or not protocol.is_known_host(self.header("host")) or not self.may_connect():
            await self.send({"type": "websocket.close"})
            raise StopConsumer()
        await self.send({"type": "websocket.accept"})
        self._tasks = [asyncio.create_task(self._guarded(work)) for work in (self._write(), self._expect_hello())]

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        if self._is_closed:
            return
        self._heard_at = time.monotonic()
        self._heard.append(self._heard_at)
        if len(self._heard) > MOST_INBOUND and self._heard_at - self._heard[0] < INBOUND_WINDOW_S:
            raise ClosedByUs(Close.RATE_LIMITED)
        frame = protocol.parse(message.get("text"))
        if self.stream is None:
            await self._hello(frame)
        elif (handler := self.frames.get(frame["t"])) is not None:
            await handler(self, frame)
        else:
            raise ClosedByUs(Close.PROTOCOL_ERROR)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        self._is_closed = True
        for task in (*self._tasks, *self._errands):
            task.cancel()
        if self.stream is not None:
            self.log.info("socket_closed", code=message.get("code"))
        try:
            await self._leave()
        except Exception:  # Handled: the client is gone, and this consumer has to end all the same.
            self.log.exception("leaving_failed")
        raise StopConsumer()

    async def close(self, code: int) -> None:
        """Close with a code, once. What was still queued is dropped: the log has it."""
        if not self._is_closed:
            self._is_closed = True
            self._outgoing.end()
            self._leaving = asyncio.create_task(self._leave())
            await self.send({"type": "websocket.close", "code": code})

    async def _leave(self) -> None:
        """Hold nothing any more, however long the client leaves the close unread. Doing it twice is harmless."""
        if self.stream is not None:
            await Hub.of_this_loop().leave(self.stream, self)
        await Seats.of_this_loop().give_back(*self._seat)

    async def send_away(self, retry_ms: int, code: int = Close.DRAINING) -> None:
        """Say when to come back, and close. Whoever does not take it in is cut off by the server soon enough."""
        if self._is_closed:
            return
        await self._send_text(as_text({"t": "bye", "code": code, "retry_ms": retry_ms}))
        await self.close(code)

    # The protocol

    async def _hello(self, frame: dict[str, Any]) -> None:
        if frame["t"] != "hello":
            raise ClosedByUs(Close.PROTOCOL_ERROR)
        if frame.get("v") != 1:
            raise ClosedByUs(Close.UPGRADE_REQUIRED)
        trace = frame.get("trace")
        conn = secrets.token_hex(8)
        self.log = log.bind(trace_id=new_trace_id(trace if isinstance(trace, str) else None), conn=conn)
        hub = Hub.of_this_loop()
        if hub.is_draining():
            await self.send_away(protocol.return_ms())
            return
        try:
            async with Entrance.of_this_loop().turn():
                stream = await self._enter(frame, conn)
        except Full as full:
            await self.send_away(full.retry_ms)
            return
        if hub.is_draining():
            await self.send_away(protocol.return_ms())
            return
        self._tasks.append(asyncio.create_task(self._guarded(self._keep_time())))
        self._meanwhile(self._follow(frame.get("after"), stream, hello_as=conn))

    async def _enter(self, frame: dict[str, Any], conn: str) -> Stream:
        """Join the stream; returns it with its head of after that."""
        stream = await self.identify(frame)
        if protocol.claims(frame) - self.subject_ids():
            raise ClosedByUs(Close.FORBIDDEN)
        await self._sit_down(conn, protocol.tab_of(frame))
        self.stream = stream
        await Hub.of_this_loop().join(stream, self)
        # Of what was said or taken back before we joined, nobody has told us.
        return await self.recheck()

    async def _sit_down(self, conn: str, tab: str) -> None:
        holder, most = self.holder()
        if not await Seats.of_this_loop().take(holder, conn, most, name=tab):
            raise ClosedByUs(Close.TOO_MANY_CONNECTIONS)
        self._seat = (holder, conn)

    async def resume(self, frame: dict[str, Any]) -> None:
        """The client has a new cursor, from a snapshot or because it found a hole."""
        self._meanwhile(self._follow(frame.get("after")))

    async def active(self, frame: dict[str, Any]) -> None:
        """Whether the tab is looked at: presence is derived from it, and from the heartbeats of the socket."""
        is_active = frame.get("on") is True
        is_news = is_active != self.is_active
        if self.is_active or is_active:
            self.last_active_at = timezone.now()
        self.is_active = is_active
        if is_news or time.monotonic() - self._presence_said_at > SAY_PRESENCE_EVERY_S:
            self.announce()

    def announce(self) -> None:
        """Say that somebody is here; of a socket that has ended there is nothing to say."""
        if self._is_closed or self.is_active is None:
            return
        self._presence_said_at = time.monotonic()
        if self.is_active:
            self.last_active_at = timezone.now()
        self.say_presence()

    async def pong(self, frame: dict[str, Any]) -> None:
        """The client is there; hearing it was enough."""

    async def _follow(self, after: Any, stream: Stream | None = None, *, hello_as: str = "") -> None:
        """Replay the log after the client's cursor and go live. The stream was joined before its head is read."""
        async with self._moving:
            self._is_live = False
            stream = stream or await in_database(self.load_stream)
            cursor = Cursor.parse(after) if after is not None else Cursor(stream.epoch, stream.head_seq)
            reason = streams.resync_reason(stream, cursor)
            if hello_as:
                self._welcome(stream, hello_as, "resumed" if after is not None and not reason else "live")
            if reason or cursor is None:
                self.resync(reason or "epoch")
                return
            self._cursor = cursor.seq
            self._is_live = True
            await self._replay(stream)
            await self._take_held()

    def _welcome(self, stream: Stream, conn: str, mode: str) -> None:
        self.log.info(
            "socket_connected",
            tenant_id=str(stream.tenant_id),
            stream_id=str(stream.id),
            contact_id=str(stream.contact_id) if stream.contact_id else None,
            agent_id=str(self.agent.id) if self.agent else None,
            mode=mode,
            connection_added=True,
        )
        clock = {"hb": HEARTBEAT_S, "time": payloads.timestamp(timezone.now())}
        head = {"epoch": stream.epoch, "head": stream.head_seq, "mode": mode}
        self.push({"t": "welcome", "conn": conn, **clock, **head})

    async def _replay(self, stream: Stream) -> None:
        """Bring the client up to date at its own pace: however long the log is, only a stuck client is a slow one."""
        while self._cursor < stream.head_seq and not self._outgoing.is_over:
            try:
                items, owner = await in_database(self._read, stream)
            except streams.Pruned:
                self.resync("too_old")
                return
            if not items:
                break
            self.require_owner(owner)
            for frame in self._frames(stream.epoch, items, items[-1].seq, more=items[-1].seq < stream.head_seq):
                await self._outgoing.taken_in()
                self._push_frames([frame])

    def _read(self, stream: Stream) -> tuple[list[LogItem], Contact | None]:
        items = streams.events_after(stream, self._cursor, _REPLAY_BATCH, agent=self.agent)
        return items, streams.owner_of(stream)

    # Called by the hub, which never waits for a socket

    def deliver(self, batch: Batch) -> None:
        """Take a batch of the feed, in the socket's own time."""
        self._held.append(batch)
        if self._is_live and (self._taking is None or self._taking.done()):
            self._taking = asyncio.create_task(self._guarded(self._take_in_turn()))

    def show(self, frame: dict[str, Any]) -> None:
        """Push an ephemeral frame. Of what the assistant writes, the conversation's owner is looked up first."""
        if frame["k"] == "assistant.delta" and self.agent is None:
            self._meanwhile(self._show_to_owner(frame))
        else:
            self.push(frame)

    async def _show_to_owner(self, frame: dict[str, Any]) -> None:
        if self.stream is not None:
            self.require_owner(await in_database(streams.owner_of, self.stream))
            self.push(frame)

    def resync(self, reason: str) -> None:
        """Tell the client that only a snapshot helps; deliveries are kept back until it resumes."""
        self._is_live = False
        self._held.clear()
        self.push({"t": "resync_required", "reason": reason})

    def look_again(self) -> None:
        """Somebody's credentials may have ended: look at one's own, in the socket's own time."""
        if not self._is_closed:
            self._meanwhile(self.recheck())

    def _meanwhile(self, work: Awaitable[object]) -> None:
        """Do it beside what the client says: however long it takes, its pongs are heard."""
        task = asyncio.create_task(self._guarded(work))
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    def push(self, frame: dict[str, Any]) -> None:
        """Queue a frame. A client that does not keep up is closed: it can resume from its cursor (4008)."""
        self._push_text(as_text(frame))

    def _push_text(self, text: str) -> None:
        if not self._outgoing.put(text):
            self._closing = asyncio.create_task(self.close(Close.SLOW))

    async def _take_in_turn(self) -> None:
        async with self._moving:
            await self._take_held()

    async def _take_held(self) -> None:
        while self._held and self._is_live:
            await self._take(self._held.popleft())

    async def _take(self, batch: Batch) -> None:
        if batch.end <= self._cursor:
            return
        if batch.start > self._cursor + 1:
            await self._replay(await in_database(self.load_stream))
            return
        self.require_owner(batch.owner)
        if batch.start == self._cursor + 1:
            self._push_frames(batch.frames)
        else:
            new = [item for item in batch.items if item.seq > self._cursor]
            self._push_frames(self._frames(batch.epoch, new, batch.end))

    def _frames(self, epoch: str, items: list[LogItem], end: int, *, more: bool = False) -> list[Frame]:
        return evs(epoch, self._cursor + 1, items, end, more=more)

    def _push_frames(self, frames: list[Frame]) -> None:
        for frame in frames:
            self._cursor = frame.to
            self._push_text(frame.text)

    def drop_foreign(self, error: NotFound) -> None:
        """A frame about somebody else's conversation is ignored, and when repeated no mistake any more (S37)."""
        self._foreign += 1
        if self._foreign >= _MOST_FOREIGN:
            raise ClosedByUs(Close.FORBIDDEN) from error

    # Tasks of the socket

    async def _write(self) -> None:
        try:
            await self._outgoing.run(self._send_text)
        except TimeoutError as error:
            raise ClosedByUs(Close.SLOW) from error

    async def _send_text(self, text: str) -> None:
        await self.send({"type": "websocket.send", "text": text})

    async def _expect_hello(self) -> None:
        await asyncio.sleep(HELLO_WITHIN_S)
        if self.stream is None:
            raise ClosedByUs(Close.HELLO_TIMEOUT)

    async def _keep_time(self) -> None:
        """From the welcome on: heartbeats, the end of silent and old sockets, a fresh look at the credentials."""
        opened_at = checked_at = time.monotonic()
        while not self._is_closed:
            await asyncio.sleep(HEARTBEAT_S * random.uniform(0.9, 1.1))  # noqa: S311  Jitter is no secret.
            now = time.monotonic()
            if now - self._heard_at > SILENT_FOR_S:
                raise ClosedByUs(Close.NO_PONG)
            if now - opened_at > MAX_AGE_S:
                await self.send_away(protocol.return_ms(), Close.MAX_AGE)
                return
            if now - checked_at > RECHECK_AFTER_S:
                checked_at = now
                await self.recheck()
                self.announce()
            head = max(self._cursor, Hub.of_this_loop().head_of(self.stream) if self.stream else 0)
            self.push({"t": "hb", "time": payloads.timestamp(timezone.now()), "head": head})

    def header(self, name: str) -> str | None:
        """Return a header of the handshake."""
        wanted = name.encode()
        return next((value.decode("latin-1") for key, value in self.scope["headers"] if key == wanted), None)
