"""Wake-ups between processes: "stream S has reached N", and ephemeral facts. Lossy by design, never waited for.

The log is the truth, so a nudge that is lost, doubled, late or out of order changes nothing but latency. Publishing
must not slow a request or fail it: it is handed to an event loop and bounded in number and time.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from typing import Any

import structlog
from channels.layers import InMemoryChannelLayer, get_channel_layer

from curbe.logs import current_trace_id

log = structlog.get_logger(__name__)

_TIMEOUT_S = 2
_MOST_IN_FLIGHT = 1000


def group_of(stream_id: uuid.UUID) -> str:
    """The channel-layer group in which a stream's nudges and ephemeral frames travel."""
    return f"stream.{stream_id.hex}"


def publish(stream_id: uuid.UUID, head: int) -> None:
    """Tell every process that the stream has reached `head`. Returns at once; never raises."""
    trace = current_trace_id()
    _outlet.send(group_of(stream_id), {"type": "nudge", "stream": str(stream_id), "head": head, "trace": trace})


def publish_ephemeral(stream_id: uuid.UUID, frame: dict[str, Any], *, agent_id: uuid.UUID | None = None) -> None:
    """Push a frame that is never stored to the stream's sockets, or only to those of one agent."""
    only = str(agent_id) if agent_id else None
    _outlet.send(group_of(stream_id), {"type": "eph", "stream": str(stream_id), "frame": frame, "agent": only})


def publish_recheck(stream_id: uuid.UUID) -> None:
    """Ask the stream's sockets to look at their credentials again. One that misses it looks within a minute anyway."""
    _outlet.send(group_of(stream_id), {"type": "recheck", "stream": str(stream_id)})


def serve_from(loop: asyncio.AbstractEventLoop) -> None:
    """Publish from this event loop, the one that serves this process's sockets, from now on."""
    _outlet.loop = loop


class _Outlet:
    """Hands messages to an event loop: the server's own, else a thread's that is started when first needed."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self._in_flight = 0
        self._lock = threading.Lock()

    def send(self, group: str, message: dict[str, Any]) -> None:
        layer = get_channel_layer()
        if layer is None or (isinstance(layer, InMemoryChannelLayer) and not self._is_serving()):
            return  # Nobody can hear: the in-process layer ends at this process, and it has no sockets.
        if self._in_flight >= _MOST_IN_FLIGHT:
            log.warning("nudge_lost", group=group, reason="too many in flight")
            return
        with self._lock:
            self._in_flight += 1
        asyncio.run_coroutine_threadsafe(self._send(layer, group, message), self._running_loop())

    async def _send(self, layer: Any, group: str, message: dict[str, Any]) -> None:
        try:
            await asyncio.wait_for(layer.group_send(group, message), _TIMEOUT_S)
        except Exception as error:  # noqa: BLE001  Handled: listeners read the log within the sweeper's 5 s anyway.
            log.warning("nudge_lost", group=group, reason=type(error).__name__)
        finally:
            with self._lock:
                self._in_flight -= 1

    def _is_serving(self) -> bool:
        return self.loop is not None and self.loop.is_running()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self.loop is None or not self.loop.is_running():
                self.loop = asyncio.new_event_loop()
                threading.Thread(target=self.loop.run_forever, name="nudges", daemon=True).start()
            return self.loop


_outlet = _Outlet()
