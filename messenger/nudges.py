"""Wake-ups between processes: "stream S has reached N", and ephemeral facts. Lossy by design, never waited for.

The log is the truth, so a nudge that is lost, doubled, late or out of order changes nothing but latency. Publishing
must not slow a request or fail it: it is handed to an event loop and bounded in number and time. The new pointers ride
along, which saves their readers a look at the log; what they point at does not, so no message passes through Redis.
"""

from __future__ import annotations

import asyncio
import atexit
import threading
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, wait
from datetime import datetime
from typing import Any

import structlog
from channels.layers import InMemoryChannelLayer, get_channel_layer

from curbe.logs import current_trace_id

from .models import Event, Stream

log = structlog.get_logger(__name__)

_TIMEOUT_S = 2
_MOST_IN_FLIGHT = 1000
# Pointers of at most 200 bytes each: a nudge stays below 8 KiB.
_MOST_CARRIED = 40


def group_of(subject_id: uuid.UUID) -> str:
    """The channel-layer group of a stream, by the id of the contact or tenant whose stream it is."""
    return f"stream.{subject_id.hex}"


def publish(subject_id: uuid.UUID, epoch: str, rows: Sequence[Event]) -> None:
    """Tell every process that the subject's stream goes on with these events. Returns at once; never raises."""
    carried = [_packed(row) for row in rows] if len(rows) <= _MOST_CARRIED else []
    more = {"head": rows[-1].seq, "trace": current_trace_id(), "epoch": epoch, "events": carried}
    _outlet.send(subject_id, {"type": "nudge", **more})


def publish_ephemeral(subject_id: uuid.UUID, frame: dict[str, Any], *, agent_id: uuid.UUID | None = None) -> None:
    """Push a frame that is never stored to the subject's sockets, or only to those of one agent."""
    _outlet.send(subject_id, {"type": "eph", "frame": frame, "agent": str(agent_id) if agent_id else None})


def publish_recheck(subject_id: uuid.UUID, *, agent_id: uuid.UUID | None = None) -> None:
    """Ask the subject's sockets, or one agent's, to look at their credentials again.

    Whoever misses it looks within a minute anyway.
    """
    _outlet.send(subject_id, {"type": "recheck", "agent": str(agent_id) if agent_id else None})


def publish_who(subject_id: uuid.UUID) -> None:
    """Ask the subject's sockets to say that they are there."""
    _outlet.send(subject_id, {"type": "who"})


def carried_events(message: Mapping[str, Any], stream: Stream) -> list[Event]:
    """Return the events that ride along with a nudge, if they are the very next ones of the stream; else none."""
    packed = message["events"]
    is_next = packed and message["epoch"] == stream.epoch and packed[0][0] == stream.head_seq + 1
    return [_unpacked(one, stream) for one in packed] if is_next else []


def serve_from(loop: asyncio.AbstractEventLoop) -> None:
    """Publish from this event loop, the one that serves this process's sockets, from now on."""
    _outlet.loop = loop


def _packed(row: Event) -> list[Any]:
    conversation = str(row.conversation_id) if row.conversation_id else None
    return [row.seq, row.type, row.v, conversation, str(row.entity_id), row.created_at.isoformat()]


def _unpacked(packed: list[Any], stream: Stream) -> Event:
    seq, type_, v, conversation, entity, at = packed
    return Event(
        tenant_id=stream.tenant_id,
        stream_id=stream.id,
        seq=seq,
        type=type_,
        v=v,
        conversation_id=uuid.UUID(conversation) if conversation else None,
        entity_id=uuid.UUID(entity),
        created_at=datetime.fromisoformat(at),
    )


class _Outlet:
    """Hands messages to an event loop: the server's own, else a thread's that is started when first needed."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self._in_flight: set[Future[None]] = set()
        self._lock = threading.Lock()

    def send(self, subject_id: uuid.UUID, content: dict[str, Any]) -> None:
        group, message = group_of(subject_id), {**content, "subject": str(subject_id)}
        layer = get_channel_layer()
        if layer is None or (isinstance(layer, InMemoryChannelLayer) and not self._is_serving()):
            return  # Nobody can hear: the in-process layer ends at this process, and it has no sockets.
        if len(self._in_flight) >= _MOST_IN_FLIGHT:
            log.warning("nudge_lost", group=group, reason="too many in flight")
            return
        sending = asyncio.run_coroutine_threadsafe(self._send(layer, group, message), self._running_loop())
        self._in_flight.add(sending)
        sending.add_done_callback(self._in_flight.discard)

    async def _send(self, layer: Any, group: str, message: dict[str, Any]) -> None:
        try:
            await asyncio.wait_for(layer.group_send(group, message), _TIMEOUT_S)
        except Exception as error:  # noqa: BLE001  Handled: listeners read the log within the sweeper's 5 s anyway.
            log.warning("nudge_lost", group=group, reason=type(error).__name__)

    def _finish(self) -> None:
        """A command that ends must not take along what it has just said: wait, no longer than sending may take."""
        wait(set(self._in_flight), timeout=_TIMEOUT_S)

    def _is_serving(self) -> bool:
        return self.loop is not None and self.loop.is_running()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self.loop is None or not self.loop.is_running():
                self.loop = asyncio.new_event_loop()
                threading.Thread(target=self.loop.run_forever, name="nudges", daemon=True).start()
                atexit.register(self._finish)
            return self.loop


_outlet = _Outlet()
