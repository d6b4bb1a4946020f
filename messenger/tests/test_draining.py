"""A server that is told to stop: every socket hears when to come back, every poll is answered, nothing is lost."""

from __future__ import annotations

import asyncio
import json
import time

import httpx
import pytest
from uvicorn.protocols.utils import ClientDisconnected
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from messenger import hub
from messenger.consumers import MessengerConsumer
from messenger.tests.test_faults import Client

pytestmark = pytest.mark.stack


async def open_socket(stack, visitor, after=None):
    """A live socket of the visitor, whose next frame is what comes after the welcome."""
    socket = await connect(stack.base_url.replace("http://", "ws://") + "/ws/messenger")
    await socket.send(json.dumps({"t": "hello", "v": 1, "auth": visitor.snapshot["session_token"], "after": after}))
    assert json.loads(await socket.recv())["t"] == "welcome"
    return socket


async def last_words(socket):
    """The frames until the server closes, and the close code."""
    frames = []
    try:
        while True:
            frames.append(json.loads(await asyncio.wait_for(socket.recv(), 20)))
    except ConnectionClosed as closed:
        return frames, closed.rcvd.code if closed.rcvd else None


@pytest.mark.parametrize("server", ["serve", "realtime"])
def test_it_says_when_to_come_back_and_answers_who_waits(spawn_stack, server):
    stack = spawn_stack(server=server)
    visitor = Client(stack)
    started = visitor.start("Hello")

    async def drained():
        sockets = [await open_socket(stack, visitor) for _ in range(4)]
        async with httpx.AsyncClient(timeout=30) as http:
            query = {"after": started["cursor"], "wait": "25"}
            url = f"{stack.base_url}/api/messenger/events"
            poll = asyncio.create_task(http.get(url, params=query, headers=dict(visitor.http.headers)))
            await asyncio.sleep(1)  # For the poll to be under way; were it not, it would be answered all the same.
            began = time.monotonic()
            await asyncio.to_thread(stack.terminate)
            assert time.monotonic() - began < 15
            assert (await poll).status_code == 204
        return await asyncio.gather(*(last_words(socket) for socket in sockets))

    words = asyncio.run(drained())
    assert [code for _, code in words] == [4001] * 4
    byes = [frames[-1] for frames, _ in words]
    assert {(frame["t"], frame["code"]) for frame in byes} == {("bye", 4001)}
    assert all(0 <= frame["retry_ms"] <= 1000 for frame in byes)
    assert len({frame["retry_ms"] for frame in byes}) > 1, "not all at the same moment"

    # What is said after the restart, and before the socket is back, is not missed.
    stack.restart()
    assert visitor.say("after the restart").status_code == 201

    async def resumed():
        socket = await open_socket(stack, visitor, after=started["cursor"])
        return json.loads(await asyncio.wait_for(socket.recv(), 10))

    frame = asyncio.run(resumed())
    assert frame["items"][-1]["payload"]["message"]["body"] == "after the restart"


async def test_one_who_has_hung_up_does_not_keep_the_others_from_their_goodbye():
    async def hung_up(message):
        raise ClientDisconnected()

    async def listening(message):
        heard.append(message["type"])

    gone, there = MessengerConsumer(), MessengerConsumer()
    heard: list[str] = []
    gone.base_send, there.base_send = hung_up, listening
    await asyncio.gather(gone.send_away(100), there.send_away(100))
    assert heard == ["websocket.send", "websocket.close"]


def test_the_more_sockets_the_longer_they_are_spread():
    assert [hub._spread_ms(number) for number in (1, 100, 2000, 100_000)] == [1_000, 2_000, 40_000, 40_000]
