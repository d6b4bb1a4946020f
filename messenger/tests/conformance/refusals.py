"""Everything a server refuses before it knows who it is: handshakes, and frames that are none."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Any

from .client import CASES, Case, Installation, case, port_of, sign_in

# Handshakes


@case("403: the Origin of another site")
async def _foreign_origins(at: Installation) -> None:
    port = port_of(at)
    own = at.origin
    cookies = await sign_in(at)
    foreign = ["https://evil.example", "null", f"http://evil.example:{port}", f"http://127.0.0.1:{port}.evil.example"]
    for origin in (*foreign, "http://127.0.0.1:1", f"ftp://127.0.0.1:{port}", own + "/"):
        assert await at.status_of("/ws/messenger", origin=origin) == 403, origin
        assert await at.status_of("/ws/inbox", origin=origin, additional_headers=cookies) == 403, origin
    assert await at.status_of("/ws/messenger", origin=own) == 101
    assert await at.status_of("/ws/inbox", origin=own, additional_headers=cookies) == 101


@case("403: an agent's cookie without an Origin")
async def _cookie_without_origin(at: Installation) -> None:
    assert await at.status_of("/ws/inbox", additional_headers=await sign_in(at)) == 403
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
    "a very long text": "x" * 20_000,
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
