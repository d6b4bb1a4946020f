"""Readers against writers: whoever resumes, takes a snapshot or loses a session in the middle of it all."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from curbe.testing.cast import Browser, proof
from curbe.testing.ledger import assert_streams_have_no_holes
from curbe.testing.race import race
from curbe.testing.reducer import as_snapshot, from_snapshot, receive
from curbe.testing.scale import repetitions
from messenger import streams
from messenger.frames import evs
from messenger.models import Message
from messenger.tests.test_sockets import connected, in_thread

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("repetition", range(repetitions(small=5, full=20))),
]
SENDERS, SENDS_EACH = 8, 25


@pytest.fixture
def chatting(harbor):
    """(the guest's browser, the conversation's id)"""
    browser = harbor.browser()
    return browser, browser.start("Hello")["conversation"]["id"]


def send_many(browser, conversation_id):
    """200 messages from eight tabs at once."""

    def act(i):
        tab = Browser(bearer=browser.bearer)
        return [tab.say(conversation_id, f"{i}-{number}").status_code for number in range(SENDS_EACH)]

    assert {code for codes in race(SENDERS, act) for code in codes} == {201}


async def test_a_socket_that_comes_and_goes_during_200_sends_hears_each_once_and_in_order(chatting, repetition):
    browser, conversation_id = chatting
    epoch, start = (await in_thread(browser.boot)())["cursor"].split(":")
    reached, said = int(start), []
    end = reached + SENDERS * SENDS_EACH
    sending = asyncio.create_task(asyncio.to_thread(send_many, browser, conversation_id))
    while reached < end:
        async with connected() as line:
            await line.hello(browser.bearer, after=f"{epoch}:{reached}")
            assert (await line.hear(30))["mode"] == "resumed"
            for _ in range(random.randint(1, 12)):
                if reached == end:
                    break
                frame = await line.hear_until("evs", timeout=30)
                assert frame["from"] == reached + 1
                reached = frame["to"]
                said += [item["payload"]["message"]["body"] for item in frame["items"]]
    await sending
    assert len(said) == SENDERS * SENDS_EACH
    for sender in range(SENDERS):
        assert [one for one in said if one.startswith(f"{sender}-")] == [f"{sender}-{i}" for i in range(SENDS_EACH)]
    await in_thread(assert_streams_have_no_holes)()


def test_a_snapshot_taken_during_sends_and_what_comes_after_it_are_the_whole(harbor, chatting, repetition):
    browser, conversation_id = chatting
    desk = harbor.desk()

    def act(i):
        if i < 3:
            return [Browser(widget=harbor.widget, device=browser.device).boot() for _ in range(4)]
        for number in range(4):
            Browser(bearer=browser.bearer).say(conversation_id, f"{i}-{number}")
            if i == 3:
                desk.__class__(bearer=desk.bearer).reply(conversation_id, f"reply {number}")
        return []

    snapshots = [one for taken in race(8, act) for one in taken]
    end = as_snapshot(from_snapshot(browser.boot()))
    stream = streams.contact_stream(browser.contact)
    for snapshot in snapshots:
        state, seq = from_snapshot(snapshot), int(snapshot["cursor"].split(":")[1])
        items = streams.events_after(stream, seq, 200)
        for frame in evs(stream.epoch, seq + 1, items, stream.head_seq):
            state, need = receive(state, frame.body)
            assert need is None
        assert as_snapshot(state) == end


def test_a_guests_poll_during_a_sign_in_hears_nothing_of_the_user(harbor, chatting, repetition):
    browser, conversation_id = chatting
    after = browser.boot()["cursor"].split(":")[0] + ":0"
    tab = browser.tab()
    tab.boot()
    token = proof(harbor, "grace", name="Grace of the user", email="grace@private.example")

    def act(i):
        if i == 0:
            assert tab.identify(token).status_code == 200
            return [tab.say(conversation_id, "My secret").status_code]
        heard: list[Any] = []
        while not heard or heard[-1].status_code != 401:
            heard.append(Browser(bearer=browser.bearer).get("events", {"after": after}))
        return heard

    (said,), *polled = race(5, act)
    assert said == 201
    bodies = [answer.content.decode() for heard in polled for answer in heard]
    assert not [body for body in bodies if "Grace" in body or "private" in body or "My secret" in body]
    assert "My secret" in tab.get("events", {"after": after}).content.decode(), "the user's own tab hears it"


async def test_a_guests_socket_during_a_sign_in_hears_nothing_of_the_user(harbor, chatting, repetition):
    browser, conversation_id = chatting
    tabs = [await in_thread(browser.tab)() for _ in range(2)]
    for tab in tabs:
        await in_thread(tab.boot)()
    token = await in_thread(proof)(harbor, "grace", name="Grace of the user")

    def act(i):
        if i == 0:
            return tabs[0].identify(token).status_code, tabs[0].say(conversation_id, "My secret").status_code
        return [tabs[1].say(conversation_id, f"as a guest {number}").status_code for number in range(6)]

    async with connected() as line:
        await line.hello(browser.bearer)
        await line.hear()
        racing = asyncio.create_task(asyncio.to_thread(race, 2, act))
        heard = []
        while (message := await line._communicator.receive_output(20))["type"] != "websocket.close":
            heard.append(message["text"])
        (identified, said), guests = await racing
    assert (message["code"], identified, said) == (4014, 200, 201)
    assert set(guests) <= {201, 401}
    assert "Grace" not in str(heard) and "My secret" not in str(heard)


def test_what_an_agent_has_not_read_equals_a_recount_after_reading_against_sending(harbor, chatting, repetition):
    browser, conversation_id = chatting
    desk = harbor.desk()

    def act(i):
        if i % 2:
            return Browser(bearer=browser.bearer).say(conversation_id, f"message {i}")
        return desk.__class__(bearer=desk.bearer).put(f"conversations/{conversation_id}/read", {"up_to": i + 1})

    race(16, act)
    read = desk.put(f"conversations/{conversation_id}/read", {"up_to": 1}).json()
    said = Message.objects.filter(conversation=conversation_id, author_kind="contact", kind="message")
    assert read["unread"] == said.filter(seq__gt=read["last_read_seq"]).count()
    assert read["unread"] == desk.get(f"conversations/{conversation_id}").json()["unread_count"]
