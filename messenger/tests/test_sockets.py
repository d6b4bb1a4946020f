"""The sockets: hello, welcome, evs, resume, resync, ephemerals, close codes."""

from __future__ import annotations

import asyncio
import json
import uuid
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.consumer import AsyncConsumer
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.utils import timezone

from curbe.asgi import application
from curbe.testing.cast import make_company
from messenger import hub, nudges, outgoing, streams
from messenger.frames import FRAME_BYTES
from messenger.models import Event, Stream, VisitorToken

pytestmark = pytest.mark.django_db(transaction=True)

HOST = (b"host", b"127.0.0.1:8000")
ORIGIN = (b"origin", b"http://127.0.0.1:8000")
# Long for any machine, and still sooner than the look at the credentials that comes by itself.
WITHIN_S = 20


class Communicator(WebsocketCommunicator):
    """Channels' own test client keeps database connections open while it waits; ours lets go, as production does."""

    send_input = ApplicationCommunicator.send_input
    receive_output = ApplicationCommunicator.receive_output
    receive_nothing = ApplicationCommunicator.receive_nothing
    wait = ApplicationCommunicator.wait


class Line:
    """A socket as a client holds it."""

    def __init__(self, communicator):
        self._communicator = communicator

    async def hello(self, auth, after=None, **more):
        await self.tell(t="hello", v=1, auth=auth, after=after, tab=str(uuid.uuid4()), **more)

    async def tell(self, **frame):
        await self._communicator.send_json_to(frame)

    async def tell_raw(self, text=None, data=None):
        await self._communicator.send_to(text_data=text, bytes_data=data)

    async def hear(self, timeout=WITHIN_S):
        return await self._communicator.receive_json_from(timeout)

    async def hear_until(self, kind, timeout=WITHIN_S):
        """The next frame of a kind; what comes before it is skipped. AssertionError when none comes in time."""
        skipped = []
        try:
            async with asyncio.timeout(timeout):
                # Longer than we wait: where `hear` gives up, the socket ends with it.
                while (frame := await self.hear(timeout + 1))["t"] != kind:
                    skipped.append(frame)
        except TimeoutError as error:
            raise AssertionError(f"No {kind} came within {timeout} s, only {skipped}.") from error
        return frame

    async def hear_events(self, up_to):
        """All events until one with this seq, and the frames they came in."""
        items: list[dict[str, Any]] = []
        frames: list[dict[str, Any]] = []
        while not items or items[-1]["seq"] < up_to:
            frames.append(await self.hear_until("evs"))
            items += frames[-1]["items"]
        return items, frames

    async def close_code(self, timeout=WITHIN_S):
        async with asyncio.timeout(timeout):
            while True:
                message = await self._communicator.receive_output(timeout)
                if message["type"] == "websocket.close":
                    return message["code"]

    async def hears_nothing(self):
        return await self._communicator.receive_nothing(0.3)


@asynccontextmanager
async def connected(path="/ws/messenger", headers=(HOST, ORIGIN)):
    communicator = Communicator(application, path, headers=list(headers))
    accepted, _ = await communicator.connect(WITHIN_S)
    assert accepted
    try:
        yield Line(communicator)
    finally:
        await communicator.disconnect(timeout=WITHIN_S)


async def is_accepted(path, *headers, host=HOST):
    communicator = Communicator(application, path, headers=[host, *headers])
    accepted, _ = await communicator.connect(WITHIN_S)
    if accepted:
        await communicator.disconnect(timeout=WITHIN_S)
    return accepted


@pytest.fixture
def harbor(transactional_db):
    return make_company("harbor")


@pytest.fixture
def chatting(harbor):
    """(company, the guest's browser, the desk, the conversation's id)"""
    browser = harbor.browser()
    conversation_id = browser.start("Hello")["conversation"]["id"]
    return harbor, browser, harbor.desk(), conversation_id


def in_thread(function):
    """Run it in a thread that gives its database connection back."""
    return database_sync_to_async(function, thread_sensitive=False)


async def test_hello_is_answered_with_the_head(chatting):
    _company, browser, _, _ = chatting
    async with connected() as line:
        await line.hello(browser.bearer)
        welcome = await line.hear()
        stream = await in_thread(lambda: streams.contact_stream(browser.contact))()
        assert welcome["t"] == "welcome"
        assert (welcome["epoch"], welcome["head"], welcome["mode"]) == (stream.epoch, 2, "live")
        assert welcome["hb"] == 25
        assert await line.hears_nothing()


async def test_a_reply_arrives_at_the_visitor_and_at_colleagues(chatting):
    company, browser, desk, conversation_id = chatting
    ben = await in_thread(lambda: company.desk(company.ben))()
    async with connected() as visitor, connected("/ws/inbox", headers=[HOST]) as colleague:
        await visitor.hello(browser.bearer)
        await colleague.hello(ben.bearer)
        await visitor.hear()
        await colleague.hear()
        await in_thread(desk.reply)(conversation_id, "Hi there")
        items, frames = await visitor.hear_events(up_to=5)
        assert [item["type"] for item in items] == ["seen.updated", "message.created", "message.created"]
        assert items[-1]["payload"]["message"]["body"] == "Hi there"
        assert items[-1]["id"] == f"{frames[-1]['epoch']}:{items[-1]['seq']}"
        assert items[-1]["payload"]["conversation"]["unread_count"] == 1
        team_items, _ = await colleague.hear_events(up_to=5)
        assert team_items[-1]["payload"]["message"]["body"] == "Hi there"
        # Ben has read nothing of it: what is unread for him is the guest's message.
        assert team_items[-1]["payload"]["conversation"]["unread_count"] == 1


async def test_frames_cover_every_seq_exactly_once(chatting):
    _, browser, _desk, conversation_id = chatting
    async with connected() as line:
        await line.hello(browser.bearer)
        welcome = await line.hear()
        for i in range(20):
            await in_thread(browser.say)(conversation_id, f"message {i}")
        _, frames = await line.hear_events(up_to=welcome["head"] + 20)
        covered = [seq for frame in frames for seq in range(frame["from"], frame["to"] + 1)]
        assert covered == list(range(welcome["head"] + 1, welcome["head"] + 21))


async def test_a_cursor_resumes_exactly_after_it(chatting):
    _, browser, _, conversation_id = chatting
    snapshot = await in_thread(browser.boot)()
    for i in range(3):
        await in_thread(browser.say)(conversation_id, f"missed {i}")
    async with connected() as line:
        await line.hello(browser.bearer, after=snapshot["cursor"])
        assert (await line.hear())["mode"] == "resumed"
        items, _ = await line.hear_events(up_to=5)
        assert [item["payload"]["message"]["body"] for item in items] == ["missed 0", "missed 1", "missed 2"]


async def test_a_note_reaches_colleagues_and_nothing_of_it_the_visitor(chatting):
    _company, browser, desk, conversation_id = chatting
    async with connected() as visitor, connected("/ws/inbox", headers=[HOST]) as colleague:
        await visitor.hello(browser.bearer)
        await colleague.hello(desk.bearer)
        await visitor.hear()
        await colleague.hear()
        await in_thread(desk.post)(f"conversations/{conversation_id}/typing", {"on": True, "kind": "note"})
        await in_thread(desk.note)(conversation_id, "for us only")
        assert (await colleague.hear_until("evs"))["items"][0]["type"] == "note.created"
        assert await visitor.hears_nothing()


async def test_typing_goes_both_ways_and_moves_seen(chatting):
    company, browser, desk, conversation_id = chatting
    async with connected() as visitor, connected("/ws/inbox", headers=[HOST]) as agent:
        await visitor.hello(browser.bearer)
        await agent.hello(desk.bearer)
        await visitor.hear()
        await agent.hear()
        await visitor.tell(t="typing", c=conversation_id, on=True)
        dots = await agent.hear_until("eph")
        assert (dots["k"], dots["c"], dots["on"], dots["ttl"]) == ("typing", conversation_id, True, 6)
        assert dots["by"]["kind"] == "contact"
        # Opening and reading tells the visitor nothing …
        await in_thread(desk.put)(f"conversations/{conversation_id}/read", {"up_to": 1})
        assert await visitor.hears_nothing()
        # … typing does.
        await agent.tell(t="typing", c=conversation_id, on=True)
        heard = [await visitor.hear(), await visitor.hear()]
        by_kind = {frame["t"]: frame for frame in heard}
        assert by_kind["eph"]["by"] == {"kind": "agent", "id": str(company.ada.id), "name": "Ada"}
        assert by_kind["evs"]["items"][0]["type"] == "seen.updated"
        assert by_kind["evs"]["items"][0]["payload"]["seen_seq"] == 1


async def test_an_agents_reading_is_told_to_their_own_tabs_only(chatting):
    company, _browser, desk, conversation_id = chatting
    ben = await in_thread(lambda: company.desk(company.ben))()
    async with connected("/ws/inbox", headers=[HOST]) as mine, connected("/ws/inbox", headers=[HOST]) as bens:
        await mine.hello(desk.bearer)
        await bens.hello(ben.bearer)
        await mine.hear()
        await bens.hear()
        await in_thread(desk.put)(f"conversations/{conversation_id}/read", {"up_to": 1})
        assert (await mine.hear_until("eph"))["k"] == "agent_read"
        assert await bens.hears_nothing()


@pytest.mark.parametrize(
    ("reason", "spoil"),
    [
        ("epoch", lambda cursor: "000000:" + cursor.split(":")[1]),
        ("epoch", lambda cursor: "nonsense"),
        ("epoch", lambda cursor: cursor.split(":")[0] + ":-1"),
        ("ahead", lambda cursor: cursor.split(":")[0] + ":1000000"),
    ],
)
async def test_a_cursor_that_cannot_be_resumed_asks_for_a_snapshot(chatting, reason, spoil):
    _, browser, _, conversation_id = chatting
    snapshot = await in_thread(browser.boot)()
    async with connected() as line:
        await line.hello(browser.bearer, after=spoil(snapshot["cursor"]))
        assert await line.hear_until("resync_required") == {"t": "resync_required", "reason": reason}
        # Nothing partial: what happens meanwhile is kept back until the client has a cursor again.
        await in_thread(browser.say)(conversation_id, "meanwhile")
        assert await line.hears_nothing()
        await line.tell(t="resume", after=snapshot["cursor"])
        items, _ = await line.hear_events(up_to=3)
        assert [item["payload"]["message"]["body"] for item in items] == ["meanwhile"]


async def test_a_pruned_cursor_and_one_too_far_behind_ask_for_a_snapshot(chatting):
    _, browser, _, _ = chatting
    cursor = (await in_thread(browser.boot)())["cursor"].split(":")[0] + ":1"

    def move(**values):
        Stream.objects.filter(contact=browser.contact).update(**values)

    for values, reason in (({"min_seq": 2}, "too_old"), ({"min_seq": 0, "head_seq": 1002}, "too_many")):
        await in_thread(move)(**values)
        async with connected() as line:
            await line.hello(browser.bearer, after=cursor)
            assert (await line.hear_until("resync_required"))["reason"] == reason


async def test_a_long_replay_comes_in_frames_within_the_size(chatting):
    _, browser, _, conversation_id = chatting
    cursor = (await in_thread(browser.boot)())["cursor"]
    for i in range(12):
        await in_thread(browser.say)(conversation_id, f"{i} " + "x" * 9_000)
    async with connected() as line:
        await line.hello(browser.bearer, after=cursor)
        items, frames = await line.hear_events(up_to=14)
        assert len(items) == 12
        assert len(frames) > 1
        assert max(len(json.dumps(frame)) for frame in frames) <= FRAME_BYTES
        assert [frame["more"] for frame in frames] == [True] * (len(frames) - 1) + [False]


async def test_a_lost_nudge_is_made_up_for_by_the_sweeper(chatting, monkeypatch):
    _, browser, _, conversation_id = chatting
    monkeypatch.setattr(hub, "SWEEP_EVERY_S", 0.2)
    monkeypatch.setattr("messenger.nudges.publish", lambda *args: None)
    async with connected() as line:
        await line.hello(browser.bearer)
        await line.hear()
        await in_thread(browser.say)(conversation_id, "nobody tells")
        assert (await line.hear_until("evs"))["items"][0]["payload"]["message"]["body"] == "nobody tells"


async def test_a_nudge_that_promises_too_much_changes_nothing(chatting, monkeypatch):
    """A nudge is not believed for its content: what really comes after it still arrives, by the sweeper if need be."""
    _, browser, _, conversation_id = chatting
    monkeypatch.setattr(hub, "SWEEP_EVERY_S", 0.2)
    async with connected() as line:
        await line.hello(browser.bearer)
        await line.hear()
        stream = await in_thread(lambda: streams.contact_stream(browser.contact))()
        false = Event(seq=stream.head_seq + 5, type="message.created", entity_id=stream.id, created_at=timezone.now())
        nudges.publish(stream.subject_id, stream.epoch, [false])
        assert await line.hears_nothing()
        monkeypatch.setattr(nudges, "publish", lambda *args: None)
        await in_thread(browser.say)(conversation_id, "after the false promise")
        event = (await line.hear_until("evs"))["items"][0]
        assert event["payload"]["message"]["body"] == "after the false promise"


async def test_an_unknown_version_must_upgrade(chatting):
    _, browser, _, _ = chatting
    async with connected() as line:
        await line.tell(t="hello", v=2, auth=browser.bearer, after=None)
        assert await line.close_code() == 4506


async def test_bad_credentials_are_told_apart(chatting):
    _, browser, desk, _ = chatting

    def change(**values):
        VisitorToken.objects.update(**values)

    now = await in_thread(timezone.now)()
    cases = [
        ({}, "cvs_wrong", 4500),
        ({}, desk.bearer, 4500),
        ({}, None, 4500),
        ({"expires_at": now}, browser.bearer, 4011),
        ({"revoked_at": now, "reason": "identity_changed"}, browser.bearer, 4014),
        ({"revoked_at": now, "reason": "shutdown"}, browser.bearer, 4500),
    ]
    for values, bearer, code in cases:
        if values:
            await in_thread(change)(**values)
        async with connected() as line:
            await line.hello(bearer)
            assert await line.close_code() == code, (values, bearer)


async def test_without_a_contact_there_is_no_socket(harbor):
    browser = await in_thread(harbor.browser)()
    async with connected() as line:
        await line.hello(browser.bearer)
        assert await line.close_code() == 4009


async def test_the_inbox_socket_knows_a_signed_in_agent_by_the_session(chatting):
    from django.test import Client

    company, browser, _desk, conversation_id = chatting

    def sign_in():
        client = Client()
        client.force_login(company.ben.user)
        return client.cookies["sessionid"].value

    cookie = (b"cookie", f"sessionid={await in_thread(sign_in)()}".encode())
    async with connected("/ws/inbox", headers=[HOST, ORIGIN, cookie]) as line:
        await line.hello(None)
        assert (await line.hear())["t"] == "welcome"
        await in_thread(browser.say)(conversation_id, "Hello agents")
        event = (await line.hear_until("evs"))["items"][0]
        assert event["payload"]["conversation"]["contact"]["id"]
    async with connected("/ws/inbox", headers=[HOST, ORIGIN, (b"cookie", b"sessionid=forged")]) as line:
        await line.hello(None)
        assert await line.close_code() == 4500


async def test_a_rivals_token_cannot_keep_an_agents_socket(chatting, rival_desk):
    _, _, desk, _ = chatting
    async with connected("/ws/inbox", headers=[HOST]) as line:
        await line.hello(desk.bearer)
        await line.hear()
        await line.tell(t="auth", auth=rival_desk.bearer)
        assert await line.close_code() == 4500


async def test_a_socket_that_fails_does_not_silence_the_others(chatting, monkeypatch):
    """One whose queue overflows is closed with 4008; everybody else goes on hearing."""
    company, browser, desk, conversation_id = chatting
    ben = await in_thread(lambda: company.desk(company.ben))()
    async with connected("/ws/inbox", headers=[HOST]) as deaf, connected("/ws/inbox", headers=[HOST]) as other:
        await deaf.hello(desk.bearer)
        await deaf.hear()
        monkeypatch.setattr(outgoing, "MOST_QUEUED_BYTES", -1)
        await in_thread(browser.say)(conversation_id, "too much")
        assert await deaf.close_code() == 4008
        monkeypatch.setattr(outgoing, "MOST_QUEUED_BYTES", 1024 * 1024)
        await other.hello(ben.bearer)
        await other.hear()
        await in_thread(browser.say)(conversation_id, "still here")
        event = (await other.hear_until("evs"))["items"][-1]
        assert event["payload"]["message"]["body"] == "still here"


async def test_a_new_epoch_asks_once_and_goes_on(chatting, monkeypatch):
    _, browser, _, conversation_id = chatting
    monkeypatch.setattr(hub, "SWEEP_EVERY_S", 0.2)
    async with connected() as line:
        await line.hello(browser.bearer)
        await line.hear()
        await in_thread(lambda: Stream.objects.filter(contact=browser.contact).update(epoch="another"))()
        assert (await line.hear_until("resync_required"))["reason"] == "epoch"
        await line.tell(t="resume", after=(await in_thread(browser.boot)())["cursor"])
        await asyncio.sleep(0.6)  # Three sweeps, in which it must not ask again.
        assert await line.hears_nothing()
        await in_thread(browser.say)(conversation_id, "in the new epoch")
        assert (await line.hear_until("evs"))["epoch"] == "another"


async def test_a_contact_is_told_as_they_are_now(chatting):
    _, browser, _, _ = chatting
    async with connected() as line:
        await line.hello(browser.bearer)
        await line.hear()
        await in_thread(browser.post)("profile", {"name": "Fresh Name"})
        event = (await line.hear_until("evs"))["items"][0]
        assert (event["type"], event["payload"]["contact"]["name"]) == ("contact.updated", "Fresh Name")


async def test_no_event_of_one_tenant_reaches_another(chatting, rival_desk):
    _company, browser, _desk, conversation_id = chatting
    async with connected("/ws/inbox", headers=[HOST]) as outsider:
        await outsider.hello(rival_desk.bearer)
        await outsider.hear()
        await in_thread(browser.say)(conversation_id, "canary")
        assert await outsider.hears_nothing()
    assert await in_thread(lambda: Event.objects.count())() > 0


@pytest.fixture
def rival_desk(transactional_db):
    return make_company("rival").desk()


async def test_a_client_that_hangs_up_is_no_error(chatting, monkeypatch, log_lines):
    _company, browser, _, _ = chatting
    plain = AsyncConsumer.send

    async def hung_up(self, message):
        if message["type"] == "websocket.send":
            raise ConnectionResetError()
        await plain(self, message)

    async with connected() as line:
        monkeypatch.setattr(AsyncConsumer, "send", hung_up)
        await line.hello(browser.bearer)
        assert await line.hears_nothing()
    assert not [entry for entry in log_lines() if entry["level"] == "error"]
