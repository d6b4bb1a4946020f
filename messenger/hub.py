"""One log reader per process and stream, for all sockets of that stream in this process.

A nudge says that a stream has reached a seq; the feed reads the log from where it was and hands every subscriber the
same batch. Of what a nudge carries only pointers are taken, where they are the very next ones; what they point at is
read from the database, and the sweeper makes up for nudges that got lost.
"""

from __future__ import annotations

import asyncio
import contextvars
import copy
import random
import time
import uuid
import weakref
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import structlog
from channels.layers import get_channel_layer

from . import nudges, streams
from .asking import in_database
from .frames import Frame, evs
from .models import Agent, Contact, Event, Stream
from .streams import LogItem

log = structlog.get_logger(__name__)

SWEEP_EVERY_S = 5
# After a sweep that failed.
_SOON_S = 0.5
# So long the channel layer may take to answer.
_PATIENCE_S = 2
# So much of the log is read at once; a feed that is further behind reads again.
_BATCH = 200


@dataclass(frozen=True)
class Batch:
    """The log from `start` to `end` without a hole, as one reader may see it; all of a reader's sockets share it."""

    epoch: str
    start: int
    end: int
    items: list[LogItem]
    # Whose stream it was after the items had been read; None for the team's.
    owner: Contact | None = None

    @cached_property
    def frames(self) -> list[Frame]:
        """The whole batch as it is sent to whoever stands right before it."""
        return evs(self.epoch, self.start, self.items, self.end)


class Subscriber(Protocol):
    """A socket, seen from a feed."""

    agent: Agent | None

    def deliver(self, batch: Batch) -> None: ...

    def show(self, frame: dict[str, Any]) -> None: ...

    def resync(self, reason: str) -> None: ...

    def look_again(self) -> None: ...

    def announce(self) -> None: ...

    async def send_away(self, retry_ms: int) -> None: ...


@dataclass(slots=True)
class Feed:
    """A stream that somebody in this process follows."""

    # A copy of its own, which goes on with what the feed has read.
    stream: Stream
    subscribers: set[Subscriber] = field(default_factory=set)
    # Long-polls: they only want to know that something has happened, and read for themselves.
    waiters: set[asyncio.Event] = field(default_factory=set)
    is_subscribed: bool = False
    # There is no such stream any more, and everybody was told.
    is_gone: bool = False
    wanted: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Hub:
    """The feeds of one event loop, with the one channel through which all their nudges arrive."""

    def __init__(self) -> None:
        self._feeds: dict[uuid.UUID, Feed] = {}
        self._channel = ""
        self._opening = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._away_until = 0.0
        self._is_draining = False

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
        feed = self._feed_of(stream)
        if not feed.subscribers:
            feed.stream, feed.wanted = copy.copy(stream), stream.head_seq  # Nobody has read on since.
            _wake_waiters(feed)
        feed.subscribers.add(subscriber)
        await self._subscribe(feed)

    async def leave(self, stream: Stream, subscriber: Subscriber) -> None:
        """Stop following. The last one out ends the feed."""
        if (feed := self._feeds.get(stream.subject_id)) is not None:
            feed.subscribers.discard(subscriber)
            await self._end_if_unused(feed)

    @asynccontextmanager
    async def waiting(self, stream: Stream) -> AsyncIterator[asyncio.Event]:
        """An event that is set as soon as something may have happened on the stream, until it is left."""
        feed, happened = self._feed_of(stream), asyncio.Event()
        feed.waiters.add(happened)
        try:
            await self._subscribe(feed)
            yield happened
        finally:
            feed.waiters.discard(happened)
            await self._end_if_unused(feed)

    async def drain(self, *, within_s: float) -> None:
        """Send everybody away before the process ends; whoever knocks from now on is sent away at once.

        They come back over a while that grows with their number, so that the next process is not overrun.
        """
        self._is_draining = True
        for feed in self._feeds.values():
            _wake_waiters(feed)
        everybody = [one for feed in self._feeds.values() for one in feed.subscribers]
        spread_ms = _spread_ms(len(everybody))
        leaving = [one.send_away(random.randint(0, spread_ms)) for one in everybody]  # noqa: S311  Jitter is no secret.
        log.info("draining", num_connections=len(everybody), spread_ms=spread_ms)
        try:
            outcomes = await asyncio.wait_for(asyncio.gather(*leaving, return_exceptions=True), within_s)
            for failure in (one for one in outcomes if isinstance(one, Exception)):
                log.warning("goodbye_failed", reason=type(failure).__name__)  # Handled: one's must not be another's.
        except TimeoutError:
            log.warning("drain_incomplete")  # Handled: the server cuts whoever is left, and they resume.

    def is_draining(self) -> bool:
        """Whether this process is about to end."""
        return self._is_draining

    def head_of(self, stream: Stream) -> int:
        """Return the head that this process knows of; 0 when nobody here follows the stream."""
        feed = self._feeds.get(stream.subject_id)
        return feed.wanted if feed else 0

    def _feed_of(self, stream: Stream) -> Feed:
        self._start()
        feed = self._feeds.get(stream.subject_id)
        if feed is None:
            feed = self._feeds[stream.subject_id] = Feed(copy.copy(stream), wanted=stream.head_seq)
        return feed

    async def _end_if_unused(self, feed: Feed) -> None:
        if feed.subscribers or feed.waiters or self._feeds.get(feed.stream.subject_id) is not feed:
            return
        del self._feeds[feed.stream.subject_id]
        await self._unsubscribe(feed)
        if (again := self._feeds.get(feed.stream.subject_id)) is not None:
            # Somebody joined while we left, and the group may have lost them to our leaving.
            again.is_subscribed = False
            await self._subscribe(again)
        if not self._feeds:
            self._stop()

    def _start(self) -> None:
        if not self._tasks:
            # In a context of their own: they outlive the request that happens to come first, and log for all.
            work = (self._listen(), self._sweep())
            self._tasks = [asyncio.create_task(one, context=contextvars.Context()) for one in work]

    def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = []
        self._channel = ""  # The layer closes the channel whose listener ends; whoever comes next opens another.

    async def _subscribe(self, feed: Feed) -> None:
        """Join the stream's group. Without the layer the feed lives from the sweeper, which tries again."""
        if feed.is_subscribed or time.monotonic() < self._away_until:
            return
        layer: Any = get_channel_layer()
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await layer.group_add(nudges.group_of(feed.stream.subject_id), await self._open_channel(layer))
            feed.is_subscribed = True
        except Exception as error:  # noqa: BLE001  Handled: see the docstring.
            self._away_until = time.monotonic() + SWEEP_EVERY_S  # Nobody else waits for it meanwhile.
            log.warning("channel_layer_unavailable", reason=type(error).__name__)

    async def _open_channel(self, layer: Any) -> str:
        """Return the one channel of this hub, opened when the layer first answers."""
        async with self._opening:
            self._channel = self._channel or await layer.new_channel()
        return self._channel

    async def _unsubscribe(self, feed: Feed) -> None:
        if not feed.is_subscribed or self._is_draining:  # Whoever ends has left all groups with its connection.
            return
        layer: Any = get_channel_layer()
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await layer.group_discard(nudges.group_of(feed.stream.subject_id), self._channel)
        except Exception as error:  # noqa: BLE001  Handled: a nudge for a feed that is gone is ignored.
            log.warning("channel_layer_unavailable", reason=type(error).__name__)

    async def _listen(self) -> None:
        layer: Any = get_channel_layer()
        while True:
            try:
                message = await layer.receive(await self._open_channel(layer))
            except Exception as error:  # noqa: BLE001  Handled: the layer is away; the sweeper carries on until it is back.
                log.warning("channel_layer_unavailable", reason=type(error).__name__)
                await asyncio.sleep(1 if self._channel else SWEEP_EVERY_S)
                continue
            try:
                self._hear(message)
            except Exception:  # Handled: a message that cannot be read, of another release say, is as good as lost.
                log.exception("layer_message_unreadable")

    def _hear(self, message: Mapping[str, Any]) -> None:
        feed = self._feeds.get(uuid.UUID(message["subject"]))
        if feed is None:
            return
        if message["type"] == "nudge":
            self._wake(feed, message["head"], message["trace"], nudges.carried_events(message, feed.stream))
        elif message["type"] == "recheck":
            _look_again(feed, message["agent"])
        elif message["type"] == "who":
            for subscriber in list(feed.subscribers):
                subscriber.announce()
        elif message["type"] == "eph":
            _push(feed, message)

    async def _sweep(self) -> None:
        """Compare the heads of all followed streams with the database every 5 s."""
        pause_s: float = SWEEP_EVERY_S
        while True:
            await asyncio.sleep(pause_s)
            try:
                await self._look_at_heads()
                pause_s = SWEEP_EVERY_S
            except Exception:  # Handled: the database is away, say; what was missed meanwhile is looked for soon.
                log.exception("sweep_failed")
                pause_s = _SOON_S

    async def _look_at_heads(self) -> None:
        feeds = list(self._feeds.values())  # Whoever joins from now on knows better than what is about to be read.
        heads = await in_database(streams.heads_of, [feed.stream.id for feed in feeds])
        for feed in feeds:
            self._compare(feed, heads.get(feed.stream.id))
        for feed in feeds:
            await self._subscribe(feed)

    def _compare(self, feed: Feed, head: tuple[str, int] | None) -> None:
        if head is None:
            self._jump(feed, head, "closed")
        elif head[0] != feed.stream.epoch:
            self._jump(feed, head, "epoch")
        elif head[1] > feed.stream.head_seq:
            self._wake(feed, head[1], "")
            if not feed.subscribers:
                feed.stream.head_seq = feed.wanted = head[1]

    def _jump(self, feed: Feed, head: tuple[str, int] | None, reason: str) -> None:
        """Once: the feed goes on where the stream is now, or from nowhere when there is none any more."""
        if feed.is_gone:
            return
        feed.is_gone = head is None
        feed.stream.epoch, feed.stream.head_seq = head or (feed.stream.epoch, feed.stream.head_seq)
        feed.wanted = feed.stream.head_seq
        for subscriber in list(feed.subscribers):
            subscriber.resync(reason)
        _wake_waiters(feed)

    def _wake(self, feed: Feed, head: int, trace_id: str, carried: Sequence[Event] = ()) -> None:
        """Read on; whatever is logged on the way carries the trace id of the request that said so."""
        _wake_waiters(feed)
        if head <= feed.wanted or not feed.subscribers:
            return
        feed.wanted = head
        with structlog.contextvars.bound_contextvars(trace_id=trace_id):
            task = asyncio.create_task(self._catch_up(feed, carried))
        _running.add(task)
        task.add_done_callback(_running.discard)

    async def _catch_up(self, feed: Feed, carried: Sequence[Event]) -> None:
        """Read what is new and hand it out; nudges that arrive meanwhile are served by the same loop."""
        async with feed.lock:
            while feed.stream.head_seq < feed.wanted:
                start = feed.stream.head_seq + 1
                try:
                    items, owner = await in_database(_read, feed.stream, start - 1, _readers(feed), carried)
                except streams.Pruned:
                    feed.wanted = feed.stream.head_seq
                    await self._begin_again(feed, "too_old")
                    return
                except Exception:  # Handled: the sweeper wakes the feed again.
                    log.exception("feed_failed", stream_id=str(feed.stream.id))
                    feed.wanted = feed.stream.head_seq
                    return
                if not any(items.values()):
                    feed.wanted = feed.stream.head_seq  # The nudge was wrong; the next one must not be held against it.
                    return
                feed.stream.head_seq = max(batch[-1].seq for batch in items.values() if batch)
                self._broadcast(feed, start, items, owner)

    async def _begin_again(self, feed: Feed, reason: str) -> None:
        """The log cannot bring the feed up to date: it goes on from the present head, its sockets by a snapshot."""
        heads = await in_database(streams.heads_of, [feed.stream.id])
        self._jump(feed, heads.get(feed.stream.id), reason)

    def _broadcast(
        self, feed: Feed, start: int, items: Mapping[uuid.UUID | None, list[LogItem]], owner: Contact | None
    ) -> None:
        end = feed.stream.head_seq
        batches = {reader: Batch(feed.stream.epoch, start, end, mine, owner) for reader, mine in items.items()}
        # Who joined while the batch was read gets an empty one from beyond its end: a gap, which it replays.
        gap = Batch(feed.stream.epoch, end + 1, end, [])
        for subscriber in list(feed.subscribers):
            subscriber.deliver(batches.get(subscriber.agent.id if subscriber.agent else None, gap))
        log.info(
            "broadcast",
            tenant_id=str(feed.stream.tenant_id),
            stream_id=str(feed.stream.id),
            head=end,
            num_connections=len(feed.subscribers),
            sent_ok=len(feed.subscribers),
        )


def _readers(feed: Feed) -> list[Agent]:
    return list({one.agent.id: one.agent for one in feed.subscribers if one.agent}.values())


def _read(
    stream: Stream, after: int, agents: list[Agent], carried: Sequence[Event]
) -> tuple[dict[uuid.UUID | None, list[LogItem]], Contact | None]:
    """What is new for each reader and, looked up after that, whose stream it is."""
    if carried and carried[0].seq == after + 1:
        items = streams.project(stream, carried, agents=agents)
    else:
        items = streams.events_for(stream, after, _BATCH, agents=agents)
    return items, streams.owner_of(stream)


def _wake_waiters(feed: Feed) -> None:
    for happened in feed.waiters:
        happened.set()


def _look_again(feed: Feed, agent: str | None) -> None:
    for subscriber in _addressed(feed, agent):
        subscriber.look_again()
    _wake_waiters(feed)


def _push(feed: Feed, message: Mapping[str, Any]) -> None:
    """An ephemeral frame, to everybody or to one agent's sockets."""
    for subscriber in _addressed(feed, message["agent"]):
        subscriber.show(message["frame"])


def _addressed(feed: Feed, agent: str | None) -> list[Subscriber]:
    """All subscribers or, when an agent is named, that agent's."""
    return [one for one in feed.subscribers if agent is None or (one.agent and str(one.agent.id) == agent)]


def _spread_ms(number: int) -> int:
    """Over how long so many sockets come back: 50 in a second, all of them within forty."""
    return min(40_000, max(1_000, 20 * number))


_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()
_running: set[asyncio.Task[None]] = set()
