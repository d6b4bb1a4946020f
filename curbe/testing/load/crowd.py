"""Visitors with a conversation each, and agents: whoever the sockets and polls of a scenario belong to."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from curbe.testing.load.follower import Follower
from curbe.testing.stack import Stack

# So many requests of a crowd are under way at once.
_AT_ONCE = 8
_TRY_AGAIN_S, _TRY_FOR_S = 0.2, 60


@dataclass
class Person:
    """A visitor's browser with a conversation; `acknowledged` has the keys of what they have said since it began."""

    http: httpx.AsyncClient
    widget_id: str
    device_id: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    bearer: str = ""
    conversation_id: str = ""
    cursor: str = ""
    acknowledged: set[str] = field(default_factory=set)

    async def arrive(self) -> None:
        """Load a page and begin a conversation. What comes after it is what a follower is going to hear."""
        self.bearer = (await self._boot())["session_token"]
        first = {"client_message_id": str(uuid.uuid4()), "body": "Hello"}
        started = await self._post("conversations", {"message": first})
        self.conversation_id, self.cursor = started["conversation"]["id"], started["cursor"]

    async def say(self, text: str) -> str:
        """Send a message under one key until it is acknowledged, as an outbox does; returns the key."""
        key = str(uuid.uuid4())
        body = {"client_message_id": key, "body": text}
        deadline = time.monotonic() + _TRY_FOR_S
        while True:
            try:
                await self._post(f"conversations/{self.conversation_id}/messages", body)
            except (httpx.TransportError, httpx.HTTPStatusError) as error:
                if time.monotonic() > deadline or not _may_pass(error):
                    raise
                await asyncio.sleep(_TRY_AGAIN_S)
            else:
                self.acknowledged.add(key)
                return key

    async def present_cursor(self) -> str:
        """The head of their stream, from a snapshot in another tab."""
        return str((await self._boot())["cursor"])

    async def poll(self, http: httpx.AsyncClient, wait_s: int) -> int:
        """Ask through that client what has come after the cursor; the status of the answer."""
        query = {"after": self.cursor, "wait": str(wait_s)}
        return (await http.get("events", params=query, headers=self._headers)).status_code

    def follower(self, base_url: str) -> Follower:
        return Follower(f"{_as_socket(base_url)}/ws/messenger", self.bearer, self.cursor)

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.bearer}"}

    async def _boot(self) -> dict[str, Any]:
        answer = await self.http.post("bootstrap", json={"widget_id": self.widget_id, "device_id": self.device_id})
        answer.raise_for_status()
        return dict(answer.json())

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.http.post(path, json=body, headers=self._headers)
        answer.raise_for_status()
        return dict(answer.json())


@asynccontextmanager
async def crowd(stack: Stack, number: int) -> AsyncIterator[list[Person]]:
    """So many visitors of the first demo company, who speak to the stack's first process."""
    widget_id = stack.demo["tenants"][0]["widgets"][0]["id"]
    async with door_of(stack, 0) as http:
        people = [Person(http, widget_id) for _ in range(number)]
        await asyncio.gather(*(one.arrive() for one in people))
        yield people


def door_of(stack: Stack, process: int, at_once: int = _AT_ONCE) -> httpx.AsyncClient:
    """A client of the visitor API of that process."""
    base_url = f"{stack.base_urls[process]}/api/messenger/"
    # The server gives up idle connections after 5 s: not at the moment at which we use one.
    limits = httpx.Limits(max_connections=at_once, keepalive_expiry=2)
    return httpx.AsyncClient(base_url=base_url, timeout=60, limits=limits, trust_env=False)


@asynccontextmanager
async def chatter(people: Sequence[Person], every_s: float) -> AsyncIterator[None]:
    """One after the other says something, all the while, until the block ends."""
    is_over = asyncio.Event()

    async def talk() -> None:
        while not is_over.is_set():
            await people[secrets.randbelow(len(people))].say("meanwhile")
            await asyncio.sleep(every_s)

    talking = asyncio.create_task(talk())
    try:
        yield
    finally:
        is_over.set()
        await talking


async def team_followers(stack: Stack, *, agents: int, sockets_each: int, door: int = 0) -> list[Follower]:
    """Sockets of newly hired agents of the first demo company, from the present head of its stream."""
    slug = stack.demo["tenants"][0]["slug"]
    hiring = f"from curbe.testing.load.staff import hire; hire({slug!r}, {agents})"
    tokens = json.loads(await asyncio.to_thread(stack.manage, "shell", "--no-imports", "-c", hiring))
    async with httpx.AsyncClient(base_url=stack.base_url, timeout=60, trust_env=False) as http:
        answer = await http.get("/api/inbox/snapshot", headers={"Authorization": f"Bearer {tokens[0]}"})
    url, cursor = f"{_as_socket(stack.base_urls[door])}/ws/inbox", answer.raise_for_status().json()["cursor"]
    return [Follower(url, token, cursor) for token in tokens for _ in range(sockets_each)]


def _may_pass(error: httpx.HTTPError) -> bool:
    """Whether an outbox keeps the message and tries again."""
    return not isinstance(error, httpx.HTTPStatusError) or error.response.status_code >= 500


def _as_socket(base_url: str) -> str:
    return base_url.replace("http", "ws", 1)
