"""Everything a server refuses: handshakes, frames, credentials, floods; and every close code that a client can see."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
import time
import uuid
from functools import partial
from typing import Any

import jwt

from .client import CASES, Case, Installation, Visitor, case, cookies_of, port_of, sign_in

# Handshakes


@case("403: the Origin of another site")
async def _foreign_origins(at: Installation) -> None:
    port = port_of(at)
    own = at.origin
    async with await sign_in(at) as browser:
        cookies = cookies_of(browser)
    foreign = ["https://evil.example", "null", f"http://evil.example:{port}", f"http://127.0.0.1:{port}.evil.example"]
    for origin in (*foreign, "http://127.0.0.1:1", f"ftp://127.0.0.1:{port}", own + "/"):
        assert await at.status_of("/ws/messenger", origin=origin) == 403, origin
        assert await at.status_of("/ws/inbox", origin=origin, additional_headers=cookies) == 403, origin
    assert await at.status_of("/ws/messenger", origin=own) == 101
    assert await at.status_of("/ws/inbox", origin=own, additional_headers=cookies) == 101


@case("403: an agent's cookie without an Origin")
async def _cookie_without_origin(at: Installation) -> None:
    async with await sign_in(at) as browser:
        assert await at.status_of("/ws/inbox", additional_headers=cookies_of(browser)) == 403
    assert await at.status_of("/ws/inbox") == 101, "a program has neither"


@case("403: anything in the query string")
async def _query(at: Installation) -> None:
    for path in ("/ws/messenger?token=secret", "/ws/inbox?x"):
        assert await at.status_of(path) == 403
    assert "secret" not in at.stack.logs()


@case("403: a path that is no socket's")
async def _unknown_path(at: Installation) -> None:
    for path in ("/ws/nowhere", "/ws/messenger/", "/ws/messenger/x", "/"):
        assert await at.status_of(path) == 403, path


@case("403: a host that is not ours")
async def _unknown_host(at: Installation) -> None:
    assert await status_under_name(at, "evil.example") == 403
    assert await status_under_name(at, "localhost") == 101


async def status_under_name(at: Installation, name: str) -> int:
    """What the server answers to a handshake that was addressed to that name."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port_of(at))
    lines = ["GET /ws/messenger HTTP/1.1", f"Host: {name}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13", "", ""]
    writer.write("\r\n".join(lines).encode())
    status = int((await reader.readline()).split()[1])
    writer.close()
    return status


# Frames

DEEP = "[" * 30_000 + "]" * 30_000
NO_FRAMES: dict[str, Any] = {
    "not JSON": "hello",
    "empty": "",
    "an array": "[]",
    "a string": '"hello"',
    "null": "null",
    "no type": '{"v":1}',
    "a type that is no text": '{"t":["hello"]}',
    "nested deeply": DEEP,
    "nested deeply inside": '{"t":"pong","x":' + DEEP + "}",
    "a number of 5,000 digits": '{"t":"pong","n":' + "9" * 5_000 + "}",
    "binary": b'{"t":"pong"}',
    "an unknown type": '{"t":"dance"}',
    "a NUL in the type": '{"t":"pong\\u0000"}',
    "a lone surrogate in the type": '{"t":"\\ud800"}',
    "what only the server says": '{"t":"welcome"}',
}


async def _is_no_frame(text: str | bytes, at: Installation) -> None:
    visitor = await at.visitor()
    async with at.line() as early, visitor.live() as late:
        for line in (early, late):
            await line.socket.send(text)
            assert await line.close_code() == 4501


async def _is_no_hello(text: str, at: Installation) -> None:
    async with at.line() as line:
        await line.socket.send(text)
        assert await line.close_code() == 4501


@case("4501: a second hello")
async def _second_hello(at: Installation) -> None:
    visitor = await at.visitor()
    async with visitor.live() as line:
        await line.hello(visitor.bearer)
        assert await line.close_code() == 4501


@case("1007: text that is not UTF-8")
async def _not_utf8(at: Installation) -> None:
    visitor = await at.visitor()
    async with visitor.live() as line:
        await line.socket.send(b'{"t":"\xff"}', text=True)
        assert await line.close_code() == 1007


@case("1009: a frame of more than 64 KiB, before and after the hello")
async def _oversized(at: Installation) -> None:
    visitor = await at.visitor()
    frame = json.dumps({"t": "pong", "padding": ""})
    largest = frame[:-2] + "x" * (65_536 - len(frame)) + '"}'
    async with visitor.live() as line:
        await line.socket.send(largest)
        assert await line.still_answers(), "64 KiB are allowed"
        await line.socket.send(largest + " ")
        assert await line.close_code() == 1009
    async with at.line() as line:
        await line.socket.send("x" * 65 * 1024)
        assert await line.close_code() == 1009


ODD: dict[str, Any] = {
    "a number": 7,
    "a huge number": 10**40,
    "a list": [1],
    "an object": {"a": 1},
    "true": True,
    "a NUL": "\0",
    "a lone surrogate": "\ud800",
    "a very long text": "x" * 60_000,
}


async def _odd_tokens(value: Any, at: Installation) -> None:
    for path in ("/ws/messenger", "/ws/inbox"):
        async with at.line(path) as line:
            await line.hello(value)
            assert await line.close_code() == 4500


async def _odd_cursors(value: Any, at: Installation) -> None:
    visitor = await at.visitor()
    for caller in (visitor, at.team()):
        async with caller.live(value) as line:
            assert await line.hear() == {"t": "resync_required", "reason": "epoch"}
            await line.tell(t="resume", after=value)
            assert await line.hear() == {"t": "resync_required", "reason": "epoch"}


async def _odd_fields(value: Any, at: Installation) -> None:
    """Where anything may stand it is ignored; as a conversation it is nobody's, three times."""
    visitor = await at.visitor()
    async with visitor.live(tab=value, trace=value) as line:
        await line.tell(t="typing", c=visitor.conversation_id, on=value, kind=value)
        await line.tell(t="active", on=value)
        for _ in range(2):
            await line.tell(t="typing", c=value, on=True)
        assert await line.still_answers()
        await line.tell(t="typing", c=value, on=True)
        assert await line.close_code() == 4503


async def _odd_versions(value: Any, at: Installation) -> None:
    visitor = await at.visitor()
    async with at.line() as line:
        await line.hello(visitor.bearer, v=value)
        assert await line.close_code() == 4506


def _tables() -> dict[str, Case]:
    listed: dict[str, Case] = {f"4501: {name}": partial(_is_no_frame, text) for name, text in NO_FRAMES.items()}
    for kind in ("typing", "viewing", "active", "auth", "resume", "pong"):
        listed[f"4501: {kind} before the hello"] = partial(_is_no_hello, json.dumps({"t": kind}))
    for name, value in ODD.items():
        listed[f"4500: {name} for a token"] = partial(_odd_tokens, value)
        listed[f"resync_required: {name} for a cursor"] = partial(_odd_cursors, value)
        listed[f"4503: {name} for a conversation, and wherever it does no harm"] = partial(_odd_fields, value)
    for name, value in {"2": 2, "0": 0, "a text": "1", "none": None, "a list": [1]}.items():
        listed[f"4506: {name} for a version"] = partial(_odd_versions, value)
    return listed


CASES |= _tables()

# Credentials


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
        assert await line.close_code(within_s=3) == 4014
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
        assert await line.close_code(within_s=3) == 4014


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
        await asyncio.sleep(15)  # The time is what this is about: a send is stuck for 10 s.
        assert await line.close_code(within_s=30) == 4008


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
