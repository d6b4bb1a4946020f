"""A client's socket: follows the log by the client rules, through whatever happens to the connection."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from curbe.testing.reducer import cursor_of, from_snapshot, receive
from curbe.testing.soak.clients import Client, Desk
from curbe.testing.soak.history import Span, Watch, now

_SILENCE_S = 35
_HOLE_S = 2
_LONGEST_PAUSE_S = 2.0
_OPTIONS: dict[str, Any] = {
    "compression": None,
    "ping_interval": None,
    "max_size": None,
    "proxy": None,
    "open_timeout": 8,
    "close_timeout": 0.5,
}
# Close codes after which the same credentials are of no use.
_SIGN_IN_AGAIN = {4011, 4014, 4500}


class Follower:
    """Keeps `client.state` up to date for as long as `run` runs."""

    def __init__(self, client: Client, url: str) -> None:
        self.client, self._url = client, url
        self.watch = client.history.watches[client.name] = Watch(client.company.slug, client.is_team)
        # The last part of each conversation when the snapshot was taken: the log brings what is beyond.
        self.known_from: dict[str, int] = {}
        self._socket: ClientConnection | None = None
        self._failures = 0
        self._mending: asyncio.Task[None] | None = None

    async def boot(self) -> None:
        """Take the snapshot that everything else builds on."""
        self.client.state = from_snapshot(await self.client.take_snapshot())
        self.known_from = {one["id"]: one["last_seq"] for one in self.client.state.conversations.values()}
        for conversation_id, seq in self.known_from.items():
            self.watch.knows(conversation_id, seq)

    async def run(self) -> None:
        """Connect, follow, and connect again."""
        while True:
            try:
                await self._follow()
            except ConnectionClosed as closed:
                await self._heed(closed)
            except (OSError, TimeoutError, WebSocketException):
                pass  # Handled: we try again below.
            finally:
                self._lost_touch()
            self._failures += 1
            self.client.history.counts["reconnects"] += 1
            pause = min(_LONGEST_PAUSE_S, 0.1 * 2**self._failures)
            await asyncio.sleep(self.client.world.chance.uniform(0, pause))

    async def _follow(self) -> None:
        async with connect(self._url, additional_headers=self._headers(), **_OPTIONS) as self._socket:
            await self._send(t="hello", v=1, after=cursor_of(self.client.state), **self.client.hello())
            while True:
                async with asyncio.timeout(_SILENCE_S):
                    text = await self._socket.recv()
                self.client.hear(str(text))
                await self._take(json.loads(text))

    def _headers(self) -> dict[str, str]:
        """A browser sends its cookie, and of which page it is; a program neither."""
        if not isinstance(self.client, Desk) or not self.client.cookie:
            return {}
        return {"Cookie": self.client.cookie, "Origin": self._url.replace("ws:", "http:").rpartition("/ws/")[0]}

    async def _heed(self, closed: ConnectionClosed) -> None:
        """The log is still there when we are back; some codes ask for new credentials first."""
        code = closed.rcvd.code if closed.rcvd else None
        self.client.history.counts[f"closed {code}"] += 1
        if code in _SIGN_IN_AGAIN:
            await self.client.sign_in()

    async def _take(self, frame: dict[str, Any]) -> None:
        match frame["t"]:
            case "welcome":
                self._failures = 0
                self.watch.spans.append(Span(now()))
            case "evs":
                await self._apply(frame)
            case "hb":
                await self._send(t="pong")
                self._mend_if(frame["head"] > self.client.state.seq)
            case "resync_required":
                await self._resync()

    async def _apply(self, batch: dict[str, Any]) -> None:
        self.client.state, need = receive(self.client.state, batch)
        for item in batch["items"]:
            if (message := item["payload"].get("message")) is not None:
                self.watch.knows(message["conversation_id"], message["seq"])
        if need == "snapshot":
            await self._resync()
        self._mend_if(need == "resume")

    def _mend_if(self, is_behind: bool) -> None:
        """A hole that does not close by itself within 2 s is asked for."""
        if is_behind and (self._mending is None or self._mending.done()):
            self._mending = asyncio.create_task(self._mend(self.client.state.seq))

    async def _mend(self, seq: int) -> None:
        await asyncio.sleep(_HOLE_S)
        if self.client.state.seq == seq:
            self.client.history.counts["resumes"] += 1
            await self._send(t="resume", after=cursor_of(self.client.state))

    async def _resync(self) -> None:
        """The server says that only a snapshot helps. A span ends: from here on the client knows that it is behind."""
        self.client.history.counts["resyncs"] += 1
        self._lost_touch()
        await self.boot()
        await self._send(t="resume", after=cursor_of(self.client.state))
        self.watch.spans.append(Span(now()))

    def _lost_touch(self) -> None:
        if self.watch.spans and self.watch.spans[-1].ended_at > now():
            self.watch.spans[-1].ended_at = now()

    async def _send(self, **frame: Any) -> None:
        if self._socket is None:
            return
        try:
            await self._socket.send(json.dumps(frame))
        except ConnectionClosed:
            pass  # Handled: whoever receives from this socket finds out, and connects again.
