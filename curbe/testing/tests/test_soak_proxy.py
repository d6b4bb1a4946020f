"""The fault proxy: bytes pass as they are, until it is told otherwise."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import httpx
import pytest

from curbe.testing.soak.proxy import HttpLine, NudgeLine, Proxy

SEND = "/api/conversations/1/messages"
NUDGE = b"*3\r\n$7\r\nmessage\r\n$5\r\ngroup\r\n$7\r\nhead:%02d\r\n"
ANSWER = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"


class Upstream:
    """Answers every HTTP request with 201, and remembers what it was asked."""

    def __init__(self):
        self.requests = []

    async def serve(self, reader, writer):
        while head := await head_of(reader):
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
            self.requests.append(await reader.readexactly(length))
            writer.write(ANSWER)


async def head_of(reader):
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""  # Handled: the connection has ended, which is how these tests end.


@asynccontextmanager
async def proxied(serve, line=None):
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy = Proxy(line, [server.sockets[0].getsockname()[1]])
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.close()
        server.close()


@asynccontextmanager
async def http(proxy):
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{proxy.port}", timeout=5) as client:
        yield client


async def eventually(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_requests_pass_one_by_one():
    upstream = Upstream()
    async with proxied(upstream.serve, HttpLine) as proxy, http(proxy) as client:
        for number in range(3):
            assert (await client.post(SEND, content=f"{number}")).text == "ok"
    assert upstream.requests == [b"0", b"1", b"2"]


async def test_a_cut_answer_was_given_and_never_arrives():
    upstream = Upstream()
    async with proxied(upstream.serve, HttpLine) as proxy, http(proxy) as client:
        proxy.cutting = 1
        with pytest.raises(httpx.TransportError):
            await client.post(SEND, content="said")
        proxy.cutting = 0
        assert (await client.post(SEND, content="again")).status_code == 201
    assert upstream.requests == [b"said", b"again"]


async def test_a_repeated_request_arrives_twice_and_is_answered_once():
    upstream = Upstream()
    async with proxied(upstream.serve, HttpLine) as proxy, http(proxy) as client:
        proxy.repeating = 1
        assert (await client.post(SEND, content="said")).text == "ok"
        await eventually(lambda: len(upstream.requests) == 2)
    assert upstream.requests == [b"said", b"said"]


async def test_in_a_partition_nothing_passes_and_nothing_is_lost():
    upstream = Upstream()
    async with proxied(upstream.serve, HttpLine) as proxy, http(proxy) as client:
        proxy.passable.clear()
        asked = asyncio.create_task(client.post(SEND, content="said"))
        done, _ = await asyncio.wait([asked], timeout=0.2)
        assert (done, upstream.requests) == (set(), [])
        proxy.passable.set()
        assert (await asked).text == "ok"


async def test_a_reset_ends_every_connection():
    upstream = Upstream()
    async with proxied(upstream.serve) as proxy:
        reader, _ = await asyncio.open_connection("127.0.0.1", proxy.port)
        await eventually(lambda: proxy._lines)
        proxy.reset()
        assert await reader.read() == b""
        await eventually(lambda: not proxy._lines)


async def test_it_passes_over_an_upstream_that_is_down():
    upstream = Upstream()
    async with proxied(upstream.serve, HttpLine) as proxy, http(proxy) as client:
        proxy.ports.insert(0, 1)
        assert [(await client.post(SEND, content="x", headers={"Connection": "close"})).text for _ in range(4)]


async def nudges(reader, writer):
    """Publishes a hundred messages, between replies that are none."""
    writer.write(b"*3\r\n$9\r\nsubscribe\r\n$5\r\ngroup\r\n:1\r\n")
    for number in range(100):
        writer.write(NUDGE % number)
    writer.write(b"+DONE\r\n")
    await writer.drain()
    await reader.read()


async def heard_through(mangling):
    async with proxied(nudges, NudgeLine) as proxy:
        proxy.mangling = mangling
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        heard = await reader.readuntil(b"+DONE\r\n")
        writer.close()
    assert heard.startswith(b"*3\r\n$9\r\nsubscribe"), "what is no nudge passes as it is"
    return [int(word[:2]) for word in heard.split(b"head:")[1:]]


async def test_nudges_pass_in_order():
    assert await heard_through(mangling=0) == list(range(100))


async def test_mangled_nudges_are_lost():
    heard = await heard_through(mangling=0.67)
    assert 30 < len(set(heard)) < 90
