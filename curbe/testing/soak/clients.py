"""People with a browser or a program: they say, read and type over HTTP, keep to the outbox's rules, and log it all."""

from __future__ import annotations

import asyncio
import random
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, ClassVar

import httpx

from curbe.testing.reducer import LogState, with_read
from curbe.testing.soak.history import Call, History, Read, Send, now

# What is said again under another key or not at all; everything else keeps its key and is tried again.
PERMANENT = {403, 404, 409, 413, 422}
_ANSWER_WITHIN_S = 10
_LONGEST_PAUSE_S = 1.5


class Unanswered(Exception):
    """No answer came: whether the request was carried out is not known."""


@dataclass(frozen=True)
class Company:
    """A tenant, and the words by which what belongs to it is recognised wherever it turns up."""

    slug: str
    widget_id: str
    api_token: str
    agents: list[dict[str, str]]
    canary: str = field(default_factory=lambda: f"canary-{secrets.token_hex(8)}")
    note_canary: str = field(default_factory=lambda: f"note-canary-{secrets.token_hex(8)}")


@dataclass
class World:
    """What everybody in a cell shares."""

    history: History
    http_url: str
    companies: list[Company]
    # Whether there is still something to say.
    wants_more: Callable[[], bool]
    chance: random.Random = field(default_factory=lambda: random.Random(2))
    # So many speak at once: more would wait for each other in front of two cores, and that is not what is measured.
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(8))


class Client:
    """Somebody: credentials, one HTTP connection, one thing said at a time, and what they know from the log."""

    api: ClassVar[str]
    is_team: ClassVar[bool]

    def __init__(self, world: World, company: Company, name: str) -> None:
        self.world, self.company, self.name = world, company, f"{company.slug}/{name}"
        self.history = world.history
        self.http = httpx.AsyncClient(base_url=world.http_url, timeout=_ANSWER_WITHIN_S, trust_env=False)
        self.state = LogState()
        self._numbers = count(1)
        strangers = [one for one in world.companies if one is not company]
        self._foreign = [canary for one in strangers for canary in (one.canary, one.note_canary)]
        if not self.is_team:
            self._foreign.append(company.note_canary)

    async def sign_in(self) -> None:
        """Get credentials, or new ones."""
        raise NotImplementedError

    async def take_snapshot(self) -> dict[str, Any]:
        """A fresh snapshot, in the shape that the reducer begins with; insists until there is one."""
        raise NotImplementedError

    def hello(self) -> dict[str, Any]:
        """What the first frame of a socket says about who is there."""
        raise NotImplementedError

    def hear(self, text: str) -> None:
        """Whatever the server sends passes through here."""
        own = [self.company.canary, self.company.note_canary]
        self.history.heard(self.name, text, own=own, foreign=self._foreign)

    async def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """One request. Raises Unanswered."""
        began = now()
        status = 0
        try:
            answer = await self.http.request(method, f"{self.api}{path}", json=body)
            status = answer.status_code
        except httpx.TransportError as error:
            raise Unanswered(type(error).__name__) from error
        finally:
            self.history.calls.append(Call(self.name, method, path, began, now(), status))
        self.hear(answer.text)
        return answer

    async def insist(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of the first good answer. For what may be asked again: reading, and what is keyed."""
        attempt = 0
        while (answer := await self._try(method, path, body)) is None or not answer.is_success:
            if answer is not None and answer.status_code in PERMANENT:
                raise AssertionError(f"{self.name}: {method} {path} was refused: {answer.text}")
            await self._wait(answer, attempt)
            attempt += 1
        return answer.json()

    async def deliver(self, send: Send, path: str, body: dict[str, Any]) -> Any:
        """Until it is acknowledged or refused for good, under one key; the answer, or None."""
        self.history.sends.append(send)
        send.invoked_at = now()
        while (answer := await self._try("POST", path, body)) is None or not answer.is_success:
            send.failures += 1
            if answer is not None and answer.status_code in PERMANENT:
                send.refused = answer.status_code
                return None
            await self._wait(answer, send.failures)
        return self._acknowledged(send, answer)

    async def _try(self, method: str, path: str, body: Any) -> httpx.Response | None:
        try:
            return await self.ask(method, path, body)
        except Unanswered:
            return None  # Handled: both callers ask again, with what makes asking again harmless.

    async def _wait(self, answer: httpx.Response | None, attempt: int) -> None:
        """Before the next try: full jitter, on a shorter scale than a browser's; with new credentials if need be."""
        if answer is not None and answer.status_code == 401:
            await self.sign_in()
        await asyncio.sleep(self.world.chance.uniform(0, min(_LONGEST_PAUSE_S, 0.1 * 2**attempt)))

    def _acknowledged(self, send: Send, answer: httpx.Response) -> Any:
        said = answer.json()
        is_replay = answer.headers.get("Idempotent-Replay") == "true"
        self.history.acknowledged(send, said.get("message", said), is_replay=is_replay)
        return said

    async def read(self, conversation_id: str) -> None:
        """Everything that is known of the conversation. Given up when it fails: the next time says more."""
        thread = self.state.messages.get(conversation_id, ())
        if not thread:
            return
        try:
            answer = await self.ask("PUT", f"conversations/{conversation_id}/read", {"up_to": thread[-1]["seq"]})
        except Unanswered:
            return  # Handled: see the docstring.
        if answer.is_success:
            read = answer.json()
            self.history.reads.append(Read(self.name, conversation_id, now(), read["last_read_seq"]))
            self.state = with_read(self.state, conversation_id, read["last_read_seq"], read["unread"])

    async def type(self, conversation_id: str, **more: Any) -> None:
        """Dots for the others. Nobody waits for them."""
        try:
            await self.ask("POST", f"conversations/{conversation_id}/typing", {"on": True, **more})
        except Unanswered:
            pass  # Handled: dots are not worth another try.

    def text(self, canary: str) -> str:
        """Something that nobody else says, and that is recognised as the company's."""
        return f"{canary} {self.name} {next(self._numbers)}"

    async def live(self) -> None:
        """Until nothing more is wanted."""
        raise NotImplementedError


class Visitor(Client):
    """A browser with the widget in it, in one conversation."""

    api = "/api/messenger/"
    is_team = False

    def __init__(self, world: World, company: Company, name: str) -> None:
        super().__init__(world, company, name)
        self._device = secrets.token_urlsafe(32)
        self._bearer = ""
        self.conversation_id = ""

    async def sign_in(self) -> None:
        await self.take_snapshot()

    async def take_snapshot(self) -> dict[str, Any]:
        boot = {"widget_id": self.company.widget_id, "device_id": self._device}
        snapshot: dict[str, Any] = await self.insist("POST", "bootstrap", boot)
        self._bearer = snapshot["session_token"]
        self.http.headers["Authorization"] = f"Bearer {self._bearer}"
        return snapshot

    def hello(self) -> dict[str, Any]:
        return {"auth": self._bearer}

    async def begin(self) -> None:
        """Boot, and open the conversation with a first message."""
        await self.sign_in()
        send = self._send(self.text(self.company.canary))
        started = await self.deliver(send, "conversations", {"message": _body_of(send)})
        self.conversation_id = send.conversation_id = started["conversation"]["id"]
        self.history.owners[self.conversation_id] = self.name

    async def live(self) -> None:
        while self.world.wants_more():
            send = self._send(self.text(self.company.canary))
            async with self.world.turns:
                await self.deliver(send, f"conversations/{self.conversation_id}/messages", _body_of(send))
            whim = self.world.chance.random()
            if whim < 0.06:
                await self.read(self.conversation_id)
            elif whim < 0.08:
                await self.type(self.conversation_id)

    def _send(self, body: str) -> Send:
        return Send(self.name, self.company.slug, self.conversation_id, str(uuid.uuid4()), body)


class Desk(Client):
    """An agent's program with an API token, or, given an e-mail and password, their browser."""

    api = "/api/inbox/"
    is_team = True

    def __init__(self, world: World, company: Company, name: str, login: dict[str, str] | None = None) -> None:
        super().__init__(world, company, name)
        self._login = login
        self.conversation_ids: list[str] = []

    async def sign_in(self) -> None:
        if self._login is None:
            self.http.headers["Authorization"] = f"Bearer {self.company.api_token}"
            return
        try:
            await self._log_in(self._login)
        except (httpx.TransportError, KeyError):
            pass  # Handled: whatever is asked next is answered 401, and we are here again.

    async def _log_in(self, login: dict[str, str]) -> None:
        """By the form, as in a browser. Raises KeyError when the server does not give its cookies."""
        self.http.cookies.clear()
        page = "/inbox/login/"
        await self.http.get(page)
        form = {"username": login["email"], "password": login["password"]}
        await self.http.post(page, data={**form, "csrfmiddlewaretoken": self.http.cookies["csrftoken"]})
        self.http.headers["X-CSRFToken"] = self.http.cookies["csrftoken"]

    async def take_snapshot(self) -> dict[str, Any]:
        """Cursor first; then every page of the inbox."""
        snapshot = await self.insist("GET", "snapshot?view=all")
        items: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = await self.insist("GET", f"conversations?limit=100{f'&cursor={cursor}' if cursor else ''}")
            items += page["items"]
            cursor = page["next"]
        return {**snapshot, "items": items}

    def hello(self) -> dict[str, Any]:
        return {} if self._login else {"auth": self.company.api_token}

    @property
    def cookie(self) -> str:
        """The session, for the handshake of a socket; empty for a program."""
        return f"sessionid={self.http.cookies.get('sessionid')}" if self._login else ""

    async def live(self) -> None:
        while self.world.wants_more():
            conversation_id = self.world.chance.choice(self.conversation_ids)
            whim = self.world.chance.random()
            if whim < 0.5:
                await self._write(conversation_id, "message", self.company.canary)
            elif whim < 0.75:
                await self._write(conversation_id, "note", self.company.note_canary)
            elif whim < 0.9:
                await self.read(conversation_id)
            else:
                await self.type(conversation_id, kind=self.world.chance.choice(["message", "note"]))

    async def _write(self, conversation_id: str, kind: str, canary: str) -> None:
        send = Send(self.name, self.company.slug, conversation_id, str(uuid.uuid4()), self.text(canary), kind)
        async with self.world.turns:
            await self.deliver(send, f"conversations/{conversation_id}/messages", {**_body_of(send), "kind": kind})


def _body_of(send: Send) -> dict[str, Any]:
    return {"client_message_id": send.key, "body": send.body}
