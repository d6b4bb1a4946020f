"""Time and pace of a socket: heartbeats, age, silence, long replays, clients that do not read, and who is told."""

from __future__ import annotations

import asyncio

import pytest

from messenger import hub, outgoing, seats, sockets
from messenger.models import Tenant
from messenger.outgoing import Outgoing
from messenger.tests.test_sockets import HOST, connected, in_thread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def chatting(harbor):
    """(the guest's browser, Ada's desk, the conversation's id)"""
    browser = harbor.browser()
    return browser, harbor.desk(), browser.start("Hello")["conversation"]["id"]


async def test_heartbeats_begin_with_the_welcome(chatting, monkeypatch):
    """A client gives up after 35 s of silence, so the first of them must not wait for the hello's time to run out."""
    browser, _, _ = chatting
    monkeypatch.setattr(sockets, "HELLO_WITHIN_S", 60)
    monkeypatch.setattr(sockets, "HEARTBEAT_S", 0.2)
    async with connected() as line:
        await line.hello(browser.bearer)
        await line.hear()
        assert [(await line.hear())["t"] for _ in range(2)] == ["hb", "hb"]


async def test_a_silent_client_is_closed_with_4012_and_one_that_answers_is_not(chatting, monkeypatch):
    browser, _, _ = chatting
    monkeypatch.setattr(sockets, "HEARTBEAT_S", 0.2)
    monkeypatch.setattr(sockets, "SILENT_FOR_S", 6)
    async with connected() as line, connected() as silent:
        for one in (line, silent):
            await one.hello(browser.bearer)
            await one.hear()
        closing = asyncio.create_task(silent.close_code(timeout=40))
        while not closing.done():
            assert (await line.hear())["t"] == "hb"
            await asyncio.sleep(0.6)  # The rate of answers stays below the one that is refused.
            await line.tell(t="pong")
        assert closing.result() == 4012
        assert (await line.hear())["t"] == "hb"


async def test_an_old_socket_is_sent_away_with_4002(chatting, monkeypatch):
    browser, _, _ = chatting
    monkeypatch.setattr(sockets, "HEARTBEAT_S", 0.2)
    monkeypatch.setattr(sockets, "MAX_AGE_S", 0)
    async with connected() as line:
        await line.hello(browser.bearer)
        bye = await line.hear_until("bye")
        assert bye["code"] == 4002
        assert 0 <= bye["retry_ms"] <= 5000
        assert await line.close_code() == 4002


async def test_a_replay_larger_than_any_queue_arrives_whole(chatting):
    """What waits for a client is bounded, but a replay is read no faster than the client takes it in."""
    browser, _, conversation_id = chatting
    cursor = (await in_thread(browser.boot)())["cursor"]
    for number in range(50):
        await in_thread(browser.say)(conversation_id, f"{number} " + "x" * 19_000)
    async with connected() as line:
        await line.hello(browser.bearer, after=cursor)
        items, frames = await line.hear_events(up_to=52)
        assert len(items) == 50
        assert sum(len(str(frame)) for frame in frames) > 1.5 * outgoing.MOST_QUEUED_BYTES


async def test_whoever_joins_the_queue_too_late_is_told_so():
    """The bound itself: so many frames or bytes wait, and no more."""
    by_number, by_size = Outgoing(), Outgoing()
    assert [by_number.put("x") for _ in range(257)] == [True] * 256 + [False]
    assert [by_size.put("x" * 600_000) for _ in range(3)] == [True, True, False]


async def test_a_send_that_is_stuck_ends_the_queue_and_whoever_waits_for_it(monkeypatch):
    monkeypatch.setattr(outgoing, "SEND_WITHIN_S", 0.1)
    queue = Outgoing()
    queue.put("never taken in")

    async def stuck(text):
        await asyncio.Event().wait()

    waiting = asyncio.create_task(queue.taken_in())
    with pytest.raises(TimeoutError):
        await queue.run(stuck)
    await asyncio.wait_for(waiting, 5)
    assert queue.put("kept by nobody")


async def test_a_client_that_never_reads_holds_neither_a_seat_nor_a_feed(chatting, monkeypatch):
    """Not even the close gets through to it; for everybody else it is gone all the same."""
    browser, _, _ = chatting
    plain = sockets.Socket.send
    monkeypatch.setattr(outgoing, "SEND_WITHIN_S", 0.1)

    async def nothing_gets_through(self, message):
        if message["type"] == "websocket.accept":
            await plain(self, message)
        else:
            await asyncio.Event().wait()

    async with connected() as line:
        monkeypatch.setattr(sockets.Socket, "send", nothing_gets_through)
        await line.hello(browser.bearer)
        async with asyncio.timeout(10):
            while not seats.Seats.of_this_loop()._taken:
                await asyncio.sleep(0.01)
            while hub.Hub.of_this_loop()._feeds or seats.Seats.of_this_loop()._taken:
                await asyncio.sleep(0.01)


async def test_a_sign_out_between_the_hello_and_following_is_noticed(chatting, monkeypatch):
    """Nobody is told of a revocation who does not follow yet: so whoever begins to follow looks again."""
    browser, _, _ = chatting
    tab = await in_thread(browser.tab)()
    await in_thread(tab.boot)()
    plain = hub.Hub.join

    async def join_late(self, stream, subscriber):
        await in_thread(tab.post)("shutdown")
        await plain(self, stream, subscriber)

    async with connected() as line:
        await line.hello(browser.bearer)
        assert (await line.hear())["t"] == "welcome"
    monkeypatch.setattr(hub.Hub, "join", join_late)
    async with connected() as line:
        await line.hello(browser.bearer)
        assert await line.close_code() == 4014


async def test_viewing_nothing_is_not_viewing_what_is_no_conversation(chatting):
    _, desk, conversation_id = chatting
    async with connected("/ws/inbox", headers=[HOST]) as line:
        await line.hello(desk.bearer)
        await line.hear()
        for shown in (None, conversation_id, None):
            await line.tell(t="viewing", c=shown)
            assert (await line.hear_until("eph"))["c"] == shown
        for nonsense in ("nonsense", 7, [conversation_id]):
            await line.tell(t="viewing", c=nonsense)
        assert await line.close_code() == 4503


async def test_a_company_that_is_switched_off_is_named_as_the_reason(chatting, harbor):
    browser, desk, _ = chatting
    places = ("/ws/messenger", browser), ("/ws/inbox", desk)
    for is_active, expected in ((True, None), (False, 4505)):
        await in_thread(lambda is_active=is_active: Tenant.objects.update(is_active=is_active))()
        for path, caller in places:
            async with connected(path, headers=[HOST]) as line:
                await line.hello(caller.bearer)
                if expected is None:
                    assert (await line.hear())["t"] == "welcome"
                else:
                    assert await line.close_code() == expected
