"""Every close code that credentials, floods and time bring about."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import jwt

from .client import LISTENS_S, Installation, Line, Visitor, case, port_of


@case("4009: nobody yet")
async def _no_contact(at: Installation) -> None:
    visitor = await at.visitor(None)
    async with at.line() as line:
        await line.hello(visitor.bearer)
        assert await line.close_code() == 4009


@case("4011: a token that has run out, at the hello")
async def _expired(at: Installation) -> None:
    visitor = await at.visitor()
    expire(at, visitor)
    async with at.line() as line:
        await line.hello(visitor.bearer)
        assert await line.close_code() == 4011


@case("4011: a token that has run out, as the one to go on with")
async def _renewed_too_late(at: Installation) -> None:
    visitor = await at.visitor()
    tab = await at.visitor(None, device=visitor.device)
    expire(at, tab)
    async with visitor.live() as line:
        await line.tell(t="auth", auth=tab.bearer)
        assert await line.close_code() == 4011


def expire(at: Installation, visitor: Visitor) -> None:
    token_hash = hashlib.sha256(visitor.bearer.encode()).hexdigest()
    at.change("UPDATE messenger_visitortoken SET expires_at = '2020-01-01 00:00:00' WHERE token_hash = ?", token_hash)


@case("4014: somebody signs in, in another tab")
async def _identity_changes(at: Installation) -> None:
    visitor = await at.visitor()
    tab = await at.visitor(None, device=visitor.device)
    async with visitor.live() as line:
        await identify(at, tab)
        assert await line.close_code() == 4014
    async with at.line() as line:
        await line.hello(visitor.bearer)
        assert await line.close_code() == 4014
    async with tab.live() as line:
        assert await line.still_answers()


async def identify(at: Installation, visitor: Visitor) -> None:
    key = at.stack.demo["tenants"][0]["identity_secret"]
    claims = {"user_id": f"u-{uuid.uuid4()}", "exp": int(time.time()) + 300}
    token = jwt.encode(claims, key["secret"], "HS256", headers={"kid": key["kid"]})
    visitor.begin(await visitor.call("POST", "identify", {"token": token}))


@case("4014: somebody signs out, in another tab")
async def _signs_out(at: Installation) -> None:
    visitor = await at.visitor()
    tab = await at.visitor(None, device=visitor.device)
    async with visitor.live() as line:
        await tab.call("POST", "shutdown")
        assert await line.close_code() == 4014


@case("4014: the token of somebody else to go on with")
async def _another_person(at: Installation) -> None:
    visitor, other = await at.visitor(), await at.visitor()
    async with visitor.live() as line:
        await line.tell(t="auth", auth=other.bearer)
        assert await line.close_code() == 4014


@case("4500: each other's tokens, made-up ones, and none")
async def _wrong_door(at: Installation) -> None:
    visitor, agent = await at.visitor(), at.team()
    for path, auth in (
        *(("/ws/messenger", one) for one in (agent.bearer, "cvs_wrong", "", None)),
        *(("/ws/inbox", one) for one in (visitor.bearer, "cak_wrong", "", None)),
    ):
        async with at.line(path) as line:
            await line.hello(auth)
            assert await line.close_code() == 4500, (path, auth)


@case("4500: a made-up token to go on with")
async def _renewed_with_nonsense(at: Installation) -> None:
    for caller in (await at.visitor(), at.team()):
        async with caller.live() as line:
            await line.tell(t="auth", auth="made up")
            assert await line.close_code() == 4500


@case("4500: a forged session cookie")
async def _forged_cookie(at: Installation) -> None:
    for key in ("forged", "a" * 32, '"\\000aaaaaaaaa"'):
        async with at.line("/ws/inbox", origin=at.origin, additional_headers={"Cookie": f"sessionid={key}"}) as line:
            await line.hello(None)
            assert await line.close_code() == 4500


@case("4503: another subject than one's own")
async def _another_subject(at: Installation) -> None:
    visitor, other = await at.visitor(), await at.visitor()
    for key in ("subject", "contact_id", "tenant_id", "company_id", "stream_id"):
        for claim in (other.contact_id, [visitor.contact_id], None):
            async with at.line() as line:
                await line.hello(visitor.bearer, **{key: claim})
                assert await line.close_code() == 4503, (key, claim)
    async with visitor.live(contact_id=visitor.contact_id) as line:
        assert await line.still_answers()


@case("4503: other people's conversations, the third time")
async def _foreign_conversations(at: Installation) -> None:
    visitor, neighbour, stranger = await at.visitor(), await at.visitor(), await at.visitor(tenant=1)
    for caller, kind, foreign in (
        (visitor, "typing", neighbour.conversation_id),
        (visitor, "typing", str(uuid.uuid4())),
        (at.team(), "typing", stranger.conversation_id),
        (at.team(), "viewing", stranger.conversation_id),
    ):
        async with caller.live() as line:
            for _ in range(2):
                await line.tell(t=kind, c=foreign, on=True)
            assert await line.still_answers(), "twice may be a mistake"
            await line.tell(t=kind, c=foreign, on=True)
            assert await line.close_code() == 4503


@case("4504: the 11th socket of a device, until one is closed")
async def _too_many(at: Installation) -> None:
    visitor = await at.visitor()
    held = []
    try:
        for _ in range(10):
            held.append(visitor.live())
            await held[-1].__aenter__()
        async with at.line() as line:
            await line.hello(visitor.bearer)
            assert await line.close_code() == 4504
        await held.pop().__aexit__(None, None, None)
        async with visitor.live() as line:
            assert await line.still_answers()
    finally:
        for one in held:
            await one.__aexit__(None, None, None)


@case("4505: a company that was switched off, for its visitors and its programs")
async def _switched_off(at: Installation) -> None:
    visitor, agent = await at.visitor(tenant=1), at.team(1)
    tenant = uuid.UUID(at.stack.demo["tenants"][1]["id"])
    at.change("UPDATE messenger_tenant SET is_active = 0 WHERE id = ?", tenant)
    try:
        for caller in (visitor, agent):
            async with at.line(caller.path) as line:
                await line.hello(caller.bearer)
                assert await line.close_code() == 4505, caller.path
    finally:
        at.change("UPDATE messenger_tenant SET is_active = 1 WHERE id = ?", tenant)
    async with visitor.live() as line:
        assert await line.still_answers()


@case("4013: more than 20 frames in 10 s")
async def _flood(at: Installation) -> None:
    visitor = await at.visitor()
    async with visitor.live() as line:
        for _ in range(18):
            await line.tell(t="pong")
        assert await line.still_answers(), "with the hello these are 20"
        await line.tell(t="pong")
        assert await line.close_code() == 4013


@case("4003: no hello within 10 s", is_slow=True)
async def _late(at: Installation) -> None:
    began = time.monotonic()
    async with at.line() as line, at.line("/ws/inbox") as other:
        assert await line.close_code(within_s=20) == 4003
        assert time.monotonic() - began > 9
        assert await other.close_code() == 4003


@case("4008: a client that reads nothing for 10 s, of a great deal", is_slow=True)
async def _slow_reader(at: Installation) -> None:
    async with overwhelmed(at) as (line, port):
        await stuck(at, port)
        await asyncio.sleep(12)  # The time is what this is about: a send is stuck for 10 s, and cut off after 20.
        assert await line.close_code(within_s=30) == 4008


@case("4008: a client that never reads again, the close neither, holds no connection", is_slow=True)
async def _never_reads(at: Installation) -> None:
    async with overwhelmed(at) as (line, port):
        assert is_connected(at, port)
        async with asyncio.timeout(60):
            while is_connected(at, port):
                await asyncio.sleep(1)
        line.socket.transport.abort()  # A goodbye would wait for the server's.


@asynccontextmanager
async def overwhelmed(at: Installation) -> AsyncIterator[tuple[Line, int]]:
    """A client that is about to be sent far more than its system keeps for it, and its port."""
    visitor = await at.visitor()
    said = await visitor.says("🐢" * 20_000)
    epoch, head = visitor.position
    await asyncio.to_thread(repeat_event, at, visitor, said["id"], 100)
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", port_of(at)))
    narrow.setblocking(False)
    async with at.line(sock=narrow, max_queue=1) as line:
        await line.hello(visitor.bearer, f"{epoch}:{head}")
        await line.hear()
        yield line, narrow.getsockname()[1]


async def stuck(at: Installation, port: int) -> None:
    """Wait until the server's system takes no more for that client: what it keeps has stopped growing."""
    before = 0
    async with asyncio.timeout(LISTENS_S):
        while (kept := unsent(at, port)) == 0 or kept != before:
            before = kept
            await asyncio.sleep(0.5)


def unsent(at: Installation, port: int) -> int:
    """How many bytes the server's system keeps for a client that has not taken them in."""
    return int(server_end(at, port)[4].partition(":")[0], 16)


def is_connected(at: Installation, port: int) -> bool:
    """Whether the server's end of a client's connection is still there."""
    return server_end(at, port) != []


def server_end(at: Installation, port: int) -> list[str]:
    """What the system says of the server's end of a client's connection; nothing when that has gone."""
    for line in Path("/proc/net/tcp").read_text().splitlines():
        fields = line.split()
        if fields[1].endswith(f":{port_of(at):04X}") and fields[2].endswith(f":{port:04X}"):
            return fields
    return []


def repeat_event(at: Installation, visitor: Visitor, entity_id: str, times: int, kind: str = "message.created") -> None:
    """Lengthen the visitor's log: so many more events that point at the same thing."""
    contact, conversation = uuid.UUID(visitor.contact_id), uuid.UUID(visitor.conversation_id)
    at.change(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
        "INSERT INTO messenger_event (id, tenant_id, stream_id, seq, type, v, conversation_id, entity_id, actor_kind, "
        "actor_id, created_at) SELECT lower(hex(randomblob(16))), tenant_id, id, head_seq + i, ?, 1, ?, ?, 'system', "
        "NULL, '2026-01-01 00:00:00' FROM messenger_stream, n WHERE contact_id = ?",
        *(times, kind, conversation, uuid.UUID(entity_id), contact),
    )
    at.change("UPDATE messenger_stream SET head_seq = head_seq + ? WHERE contact_id = ?", times, contact)
