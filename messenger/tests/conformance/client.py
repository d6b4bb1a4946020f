"""Visitors and agents of a running stack as a stranger would program them, and the list of the cases."""

from __future__ import annotations

import asyncio
import json
import secrets
import sqlite3
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from curbe.testing.stack import Stack

Case = Callable[["Installation"], Awaitable[None]]
# By what they show. The slow ones run all at the same time.
CASES: dict[str, Case] = {}
SLOW_CASES: dict[str, Case] = {}
LISTENS_S = 15


def case(name: str, *, is_slow: bool = False) -> Callable[[Case], Case]:
    """Put a case on the list."""

    def listed(check: Case) -> Case:
        cases = SLOW_CASES if is_slow else CASES
        assert name not in cases, f"there are two cases named {name!r}"
        cases[name] = check
        return check

    return listed


class Line:
    """A socket, and what a client says and hears on it."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def tell(self, **frame: Any) -> None:
        await self.socket.send(json.dumps(frame))

    async def hello(self, auth: Any, after: Any = None, **more: Any) -> None:
        await self.tell(**{"t": "hello", "v": 1, "auth": auth, "after": after, "tab": str(uuid.uuid4()), **more})

    async def hear(self, kind: str = "", within_s: float = LISTENS_S) -> dict[str, Any]:
        """The next frame, or the next one of that kind."""
        async with asyncio.timeout(within_s):
            while True:
                frame: dict[str, Any] = json.loads(await self.socket.recv())
                if not kind or frame["t"] == kind:
                    return frame

    async def hear_of(self, kind: str) -> dict[str, Any]:
        """The next ephemeral frame of that kind."""
        while (frame := await self.hear("eph"))["k"] != kind:
            pass
        return frame

    async def close_code(self, within_s: float = LISTENS_S) -> int | None:
        """Listen until the server closes."""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    await self.socket.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None

    async def still_answers(self) -> bool:
        """Whether the server takes frames and has nothing else to say: a cursor of no epoch is asked back at once."""
        await self.tell(t="resume", after="000000:1")
        while (frame := await self.hear())["t"] == "hb":
            pass  # It came meanwhile.
        return frame == {"t": "resync_required", "reason": "epoch"}


@dataclass
class Installation:
    """A running stack, and its database for what has to be made old, gone or other."""

    stack: Stack
    process: int = 0

    @property
    def origin(self) -> str:
        return self.stack.base_urls[self.process]

    @asynccontextmanager
    async def line(self, path: str = "/ws/messenger", **options: Any) -> AsyncIterator[Line]:
        url = self.origin.replace("http://", "ws://") + path
        async with connect(url, max_size=None, ping_interval=None, proxy=None, **options) as socket:
            yield Line(socket)

    async def status_of(self, path: str, **options: Any) -> int:
        """101 where the handshake is answered, else the HTTP status it is refused with."""
        try:
            async with self.line(path, **options):
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code

    def http(self, bearer: str = "") -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        return httpx.AsyncClient(base_url=self.origin, headers=headers, timeout=LISTENS_S)

    def change(self, statement: str, *values: Any) -> None:
        """Run one statement on the stack's database, whose ids are hexadecimal."""
        path = self.stack.place.database_url.removeprefix("sqlite:///")
        with sqlite3.connect(path, timeout=LISTENS_S) as database:
            database.execute(statement, [one.hex if isinstance(one, uuid.UUID) else one for one in values])
        database.close()

    def team(self, tenant: int = 0) -> Agent:
        return Agent(self, self.stack.demo["tenants"][tenant]["api_token"])

    async def visitor(self, said: str | None = "Hello", device: str = "", tenant: int = 0) -> Visitor:
        """Somebody in a browser, who has said something when a text is given."""
        one = Visitor(self, "", device=device or secrets.token_urlsafe(32))
        widget = self.stack.demo["tenants"][tenant]["widgets"][0]["id"]
        one.begin(await one.call("POST", "bootstrap", {"widget_id": widget, "device_id": one.device}))
        if said is not None:
            message = {"client_message_id": str(uuid.uuid4()), "body": said}
            one.started(await one.call("POST", "conversations", {"message": message}))
        return one


@dataclass
class Caller:
    """Whoever holds a bearer token."""

    at: Installation
    bearer: str
    base = ""
    path = ""

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        async with self.at.http(self.bearer) as http:
            answer = await http.request(method, f"{self.base}{path}", json=body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def events(self, after: str, wait: int = 0) -> httpx.Response:
        """The long-poll twin of the socket."""
        async with self.at.http(self.bearer) as http:
            return await http.get(f"{self.base}events", params={"after": after, "wait": wait})

    @asynccontextmanager
    async def live(self, after: str | None = None, at: Installation | None = None, **more: Any) -> AsyncIterator[Line]:
        """A socket that was welcomed, at another process when one is given."""
        async with (at or self.at).line(self.path) as line:
            await line.hello(self.bearer, after, **more)
            assert (await line.hear())["t"] == "welcome"
            yield line


@dataclass
class Visitor(Caller):
    """A visitor's browser."""

    device: str = ""
    snapshot: dict[str, Any] = field(default_factory=dict)
    conversation_id: str = ""
    contact_id: str = ""
    cursor: str = ""
    base = "/api/messenger/"
    path = "/ws/messenger"

    def begin(self, snapshot: dict[str, Any]) -> None:
        self.snapshot, self.bearer = snapshot, snapshot["session_token"]

    def started(self, answer: dict[str, Any]) -> None:
        self.conversation_id, self.contact_id = answer["conversation"]["id"], answer["contact"]["id"]
        self.cursor = answer["cursor"]

    @property
    def position(self) -> tuple[str, int]:
        """Epoch and seq of their cursor."""
        epoch, seq = self.cursor.split(":")
        return epoch, int(seq)

    async def says(self, text: str) -> dict[str, Any]:
        body = {"client_message_id": str(uuid.uuid4()), "body": text}
        said: dict[str, Any] = await self.call("POST", f"conversations/{self.conversation_id}/messages", body)
        return said


@dataclass
class Agent(Caller):
    """An agent's program, or with `cookie` an agent's page."""

    base = "/api/inbox/"
    path = "/ws/inbox"

    async def replies(self, conversation_id: str, text: str, kind: str = "message") -> None:
        body = {"client_message_id": str(uuid.uuid4()), "body": text, "kind": kind}
        await self.call("POST", f"conversations/{conversation_id}/messages", body)

    async def cursor(self) -> str:
        return str((await self.call("GET", "snapshot"))["cursor"])


async def sign_in(at: Installation, login: dict[str, str] | None = None) -> dict[str, str]:
    """Sign somebody in, by default the first company's first agent; the header with which their browser goes on."""
    login = login or at.stack.demo["tenants"][0]["agents"][0]
    async with at.http() as http:
        await http.get("/inbox/login/")
        form = {"username": login["email"], "password": login["password"], "next": "/inbox/"}
        headers = {"X-CSRFToken": http.cookies["csrftoken"], "Origin": at.origin}
        assert (await http.post("/inbox/login/", data=form, headers=headers)).status_code == 302
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in http.cookies.items())}


def port_of(at: Installation) -> int:
    return urlsplit(at.origin).port or 80
