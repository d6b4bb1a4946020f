"""One log reader per process and stream, for all sockets of that stream in this process.

A nudge says that a stream has reached a seq; the feed reads the log from where it was and hands every subscriber the
same batch. A nudge is never believed for its content, and the sweeper makes up for those that got lost.
"""

from __future__ import annotations

import asyncio
import uuid
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from . import nudges, streams
from .models import Agent, Contact, Stream
from .streams import LogItem

log = structlog.get_logger(__name__)

SWEEP_EVERY_S = 5
# So much of the log is read at once; a feed that is further behind reads again.
_BATCH = 200


@dataclass(frozen=True, slots=True)
class Batch:
    """The log from `start` to `end` without a hole, as one reader may see it."""

    epoch: str
    start: int
    end: int
    items: list[LogItem]
    # Whose stream it was after the items had been read; None for the team's.
    owner: Contact | None = None


class Subscriber(Protocol):
    """A socket, seen from a feed."""

    agent: Agent | None

    def deliver(self, batch: Batch) -> None: ...

    def push(self, frame: dict[str, Any]) -> None: ...

    def resync(self, reason: str) -> None: ...

    def look_again(self) -> None: ...


@dataclass(slots=True)
class Feed:
    """A stream that somebody in this process follows."""

    stream: Stream
    subscribers: set[Subscriber] = field(default_factory=set)
    is_subscribed: bool = False
    wanted: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Hub:
    """The feeds of one event loop, with the one channel through which all their nudges arrive."""

    def __init__(self) -> None:
        self._feeds: dict[uuid.UUID, Feed] = {}
        self._channel = ""
        self._opening = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    def of_this_loop(cls) -> Hub:
        """Return the hub of the running event loop, started when first needed."""
        loop = asyncio.get_running_loop()
        hub = _hubs.get(loop)
        if hub is None:
            hub = _hubs[loop] = cls()
            nudges.serve_from(loop)
        return hub

    async def join(self, stream: Stream, subscriber: Subscriber) -> None:
        """Follow a stream from now on. The subscriber replays the log itself, up to where deliveries begin."""
        self._start()
        feed = self._feeds.get(stream.id)
        if feed is None:
            feed = self._feeds[stream.id] = Feed(stream, wanted=stream.head_seq)
        feed.subscribers.add(subscriber)
        await self._subscribe(feed)

    async def leave(self, stream: Stream, subscriber: Subscriber) -> None:
        """Stop following. The last one out ends the feed."""
        feed = self._feeds.get(stream.id)
        if feed is None:
            return
        feed.subscribers.discard(subscriber)
        if not feed.subscribers:
            del self._feeds[stream.id]
            await self._unsubscribe(feed)
            if (again := self._feeds.get(stream.id)) is not None:
                # Somebody joined while we left, and the group may have lost them to our leaving.
                again.is_subscribed = False
                await self._subscribe(again)
        if not self._feeds:
            self._stop()

    def head_of(self, stream: Stream) -> int:
        """Return the head that this process knows of; 0 when nobody here follows the stream."""
        feed = self._feeds.get(stream.id)
        return feed.wanted if feed else 0

    def _start(self) -> None:
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._sweep())]

    def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = []

    async def _subscribe(self, feed: Feed) -> None:
        """Join the stream's group. Without the layer the feed lives from the sweeper, which tries again."""
        if feed.is_subscribed:
            return
        layer: Any = get_channel_layer()
        try:
            async with asyncio.timeout(2):
                await layer.group_add(nudges.group_of(feed.stream.id), await self._open_channel(layer))
            feed.is_subscribed = True
        except Exception as error:  # noqa: BLE001  Handled: see the docstring.
            log.warning("channel_layer_unavailable", reason=type(error).__name__)

    async def _open_channel(self, layer: Any) -> str:
        """Return the one channel of this hub, opened when the layer first answers."""
        async with self._opening:
            self._channel = self._channel or await layer.new_channel()
        return self._channel

    async def _unsubscribe(self, feed: Feed) -> None:
        if not feed.is_subscribed:
            return
        layer: Any = get_channel_layer()
        try:
            async with asyncio.timeout(2):
                await layer.group_discard(nudges.group_of(feed.stream.id), self._channel)
        except Exception as error:  # noqa: BLE001  Handled: a nudge for a feed that is gone is ignored.
            log.warning("channel_layer_unavailable", reason=type(error).__name__)

    async def _listen(self) -> None:
        layer: Any = get_channel_layer()
        while True:
            try:
                message = await layer.receive(await self._open_channel(layer))
            except Exception as error:  # noqa: BLE001  Handled: the layer is away; the sweeper carries on until it is back.
                log.warning("channel_layer_unavailable", reason=type(error).__name__)
                await asyncio.sleep(1)
                continue
            feed = self._feeds.get(uuid.UUID(message["stream"]))
            if feed is None:
                continue
            if message["type"] == "nudge":
                self._wake(feed, message["head"], message["trace"])
            elif message["type"] == "recheck":
                for subscriber in list(feed.subscribers):
                    subscriber.look_again()
            else:
                self._push(feed, message)

    def _push(self, feed: Feed, message: Mapping[str, Any]) -> None:
        for subscriber in list(feed.subscribers):
            if message["agent"] is None or (subscriber.agent and str(subscriber.agent.id) == message["agent"]):
                subscriber.push(message["frame"])

    async def _sweep(self) -> None:
        """Compare the heads of all followed streams with the database every 5 s."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            try:
                heads = await in_database(streams.heads_of, list(self._feeds))
            except Exception:  # Handled: the database is away; the next sweep looks again.
                log.exception("sweep_failed")
                continue
            for feed in list(self._feeds.values()):
                await self._subscribe(feed)
                self._compare(feed, heads.get(feed.stream.id))

    def _compare(self, feed: Feed, head: tuple[str, int] | None) -> None:
        if head is None or head[0] != feed.stream.epoch:
            # Once: the feed goes on in the new epoch, or from nowhere when the stream is gone.
            feed.stream.epoch, feed.stream.head_seq = head or (feed.stream.epoch, feed.stream.head_seq)
            feed.wanted = feed.stream.head_seq
            for subscriber in list(feed.subscribers):
                subscriber.resync("epoch" if head else "closed")
        elif head[1] > feed.stream.head_seq:
            self._wake(feed, head[1], "")

    def _wake(self, feed: Feed, head: int, trace_id: str) -> None:
        """Read on; whatever is logged on the way carries the trace id of the request that said so."""
        if head <= feed.wanted:
            return
        feed.wanted = head
        with structlog.contextvars.bound_contextvars(trace_id=trace_id):
            task = asyncio.create_task(self._catch_up(feed))
        _running.add(task)
        task.add_done_callback(_running.discard)

    async def _catch_up(self, feed: Feed) -> None:
        """Read what is new and hand it out; nudges that arrive meanwhile are served by the same loop."""
        async with feed.lock:
            while feed.stream.head_seq < feed.wanted:
                start = feed.stream.head_seq + 1
                try:
                    items, owner = await in_database(_read, feed.stream, _readers(feed))
                except Exception:  # Handled: the sweeper wakes the feed again.
                    log.exception("feed_failed", stream_id=str(feed.stream.id))
                    feed.wanted = feed.stream.head_seq
                    return
                if not any(items.values()):
                    feed.wanted = feed.stream.head_seq  # The nudge was wrong; the next one must not be held against it.
                    return
                feed.stream.head_seq = max(batch[-1].seq for batch in items.values() if batch)
                self._broadcast(feed, start, items, owner)

    def _broadcast(
        self, feed: Feed, start: int, items: Mapping[uuid.UUID | None, list[LogItem]], owner: Contact | None
    ) -> None:
        end, sent = feed.stream.head_seq, 0
        for subscriber in list(feed.subscribers):
            mine = items.get(subscriber.agent.id if subscriber.agent else None)
            # Who joined while the batch was read gets an empty one from beyond its end: a gap, which it replays.
            known = mine is not None
            batch = Batch(feed.stream.epoch, start, end, mine or [], owner) if known else _gap(feed.stream, end)
            subscriber.deliver(batch)
            sent += 1
        log.info(
            "broadcast",
            tenant_id=str(feed.stream.tenant_id),
            stream_id=str(feed.stream.id),
            head=end,
            num_connections=len(feed.subscribers),
            sent_ok=sent,
        )


def _gap(stream: Stream, end: int) -> Batch:
    return Batch(stream.epoch, end + 1, end, [])


async def in_database(function: Any, *args: Any) -> Any:
    """Run a query function in a thread of the pool; not in the one thread that Channels shares between all sockets."""
    return await database_sync_to_async(function, thread_sensitive=False)(*args)


def _readers(feed: Feed) -> list[Agent]:
    return list({one.agent.id: one.agent for one in feed.subscribers if one.agent}.values())


def _read(stream: Stream, agents: list[Agent]) -> tuple[dict[uuid.UUID | None, list[LogItem]], Contact | None]:
    """What is new for each reader and, looked up after that, whose stream it is."""
    items = streams.events_for(stream, stream.head_seq, _BATCH, agents=agents)
    return items, streams.owner_of(stream)


_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()
_running: set[asyncio.Task[None]] = set()
