"""Abuse cases of `identity-security.md`, sockets: every one with a control that shows that the honest variant works."""

from __future__ import annotations

import json
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from messenger import sockets, streams
from messenger.frames import FRAME_BYTES
from messenger.models import Agent, ApiToken, User
from messenger.tests.test_sockets import HOST, ORIGIN, connected, in_thread, is_accepted

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def chatting(harbor):
    """(the guest's browser, Ada's desk, the conversation's id)"""
    browser = harbor.browser()
    return browser, harbor.desk(), browser.start("Hello")["conversation"]["id"]


@pytest.fixture
def neighbour(harbor):
    """Another visitor of the same company, with a thread and a cursor of their own."""
    browser = harbor.browser()
    started = browser.start("Somebody else")
    return browser, started["conversation"]["id"], started["cursor"]


def signed_in(agent):
    """A Django client with the agent's session, and the header that a browser sends of it."""
    client = Client()
    client.force_login(agent.user)
    return client, (b"cookie", f"sessionid={client.cookies['sessionid'].value}".encode())


async def welcomed(line, auth, **more):
    """Whether the hello is answered with a welcome."""
    await line.hello(auth, **more)
    return (await line.hear())["t"] == "welcome"


async def test_s19_a_cursor_of_another_stream_brings_no_event(chatting, neighbour):
    browser, desk, _ = chatting
    other, conversation_id, foreign = neighbour
    for caller, path in ((browser, "/ws/messenger"), (desk, "/ws/inbox")):
        async with connected(path, headers=[HOST]) as line:
            await line.hello(caller.bearer, after=foreign)
            assert (await line.hear_until("resync_required"))["reason"] == "epoch"
            assert await line.hears_nothing()
    async with connected() as line:
        await in_thread(other.say)(conversation_id, "mine to hear")
        assert await welcomed(line, other.bearer, after=foreign)
        assert (await line.hear())["items"][0]["payload"]["message"]["body"] == "mine to hear"


async def test_s20_a_socket_cannot_ask_for_another_subject(chatting, neighbour, harbor):
    browser, _, _ = chatting
    other_id = await in_thread(lambda: str(neighbour[0].contact.id))()
    for claim in ({"contact_id": other_id}, {"subject": other_id}, {"tenant_id": str(uuid.uuid4())}):
        async with connected() as line:
            await line.hello(browser.bearer, **claim)
            assert await line.close_code() == 4503
    async with connected() as line:
        own_id = await in_thread(lambda: str(browser.contact.id))()
        assert await welcomed(line, browser.bearer, contact_id=own_id, tenant_id=str(harbor.tenant.id))


FOREIGN = [
    *("https://evil.example", "null", "", "https://chat.example.com.evil.example", "https://evil-chat.example.com"),
    *("https://www.example.com", "https://example.com", "https://chat.example.com:8443", "http://chat.example.com"),
    *("https://chat.example.com/", "https://chat.example.com@evil.example", "wss://chat.example.com"),
]


@pytest.mark.parametrize("origin", FOREIGN)
async def test_s28_a_cookie_from_another_site_opens_no_socket(harbor, settings, origin):
    settings.PUBLIC_URL, settings.IS_HTTPS = "https://chat.example.com", True
    settings.ALLOWED_HOSTS = ["chat.example.com"]
    _, cookie = await in_thread(signed_in)(harbor.ben)
    host, own = (b"host", b"chat.example.com"), (b"origin", b"https://chat.example.com")
    assert not await is_accepted("/ws/inbox", (b"origin", origin.encode()), cookie, host=host)
    assert not await is_accepted("/ws/messenger", (b"origin", origin.encode()), host=host)
    async with connected("/ws/inbox", headers=[host, own, cookie]) as line:
        assert await welcomed(line, None)


async def test_s28_a_cookie_without_an_origin_opens_no_socket_and_a_program_has_neither(chatting, harbor):
    _, cookie = await in_thread(signed_in)(harbor.ben)
    assert not await is_accepted("/ws/inbox", cookie)
    async with connected("/ws/inbox", headers=[HOST]) as line:
        assert await welcomed(line, chatting[1].bearer)
    for forged in (b"forged", b'"\\000aaaaaaaaa"', b"a" * 32):
        async with connected("/ws/inbox", headers=[HOST, ORIGIN, (b"cookie", b"sessionid=" + forged)]) as line:
            await line.hello(None)
            assert await line.close_code() == 4500


async def test_s29_without_a_hello_in_time_it_is_closed_with_4003(chatting, monkeypatch):
    browser, _, _ = chatting
    monkeypatch.setattr(sockets, "HEARTBEAT_S", 1)
    async with connected() as line:
        assert await welcomed(line, browser.bearer)
        monkeypatch.setattr(sockets, "HELLO_WITHIN_S", 0.5)
        async with connected() as silent:
            assert await silent.close_code() == 4003
        assert (await line.hear())["t"] == "hb"


@pytest.mark.parametrize(
    "say",
    [
        pytest.param({"text": "not json"}, id="not JSON"),
        pytest.param({"text": "[]"}, id="an array"),
        pytest.param({"text": '{"no": "type"}'}, id="no type"),
        pytest.param({"text": '{"t": 7}'}, id="a number for a type"),
        pytest.param({"text": "[" * 50_000}, id="nested deeply"),
        pytest.param({"data": b'{"t":"pong"}'}, id="binary"),
        pytest.param({"text": '{"t":"dance"}'}, id="an unknown type"),
        pytest.param({"text": '{"t":"hello","v":1,"auth":null}'}, id="a second hello"),
    ],
)
async def test_s30_what_is_no_frame_is_a_protocol_error(chatting, say):
    browser, _, _ = chatting
    async with connected() as line:
        assert await welcomed(line, browser.bearer)
        await line.tell(t="pong")
        assert await line.hears_nothing()
        await line.tell_raw(**say)
        assert await line.close_code() == 4501


@pytest.mark.parametrize("text", ["not json", "[]", '{"t":"typing"}', '{"t":"pong"}'])
async def test_s30_what_is_no_hello_is_one_too(chatting, text):
    async with connected() as line:
        await line.tell_raw(text=text)
        assert await line.close_code() == 4501


async def test_s31_a_frame_of_65_kib_is_closed_with_1009(chatting):
    browser, _, _ = chatting
    empty = json.dumps({"t": "pong", "padding": ""})
    async with connected() as line:
        assert await welcomed(line, browser.bearer)
        await line.tell(t="pong", padding="x" * (FRAME_BYTES - len(empty)))
        assert await line.hears_nothing()
        await line.tell(t="pong", padding="x" * 65 * 1024)
        assert await line.close_code() == 1009


async def test_s32_30_frames_in_10_s_are_closed_with_4013(chatting):
    browser, _, _ = chatting
    async with connected() as line:
        assert await welcomed(line, browser.bearer)
        for _ in range(19):
            await line.tell(t="pong")
        assert await line.hears_nothing(), "with the hello these are 20"
        for _ in range(10):
            await line.tell(t="pong")
        assert await line.close_code() == 4013


def lower_the_role(agent, client):
    Agent.objects.filter(id=agent.id).update(role=Agent.Role.AGENT)


def change_the_password(agent, client):
    agent.user.set_password("another one entirely")
    agent.user.save()


ENDINGS = [
    pytest.param(lambda agent, client: Agent.objects.filter(id=agent.id).update(is_active=False), id="deactivated"),
    pytest.param(lambda agent, client: User.objects.filter(id=agent.user_id).update(is_active=False), id="account off"),
    pytest.param(change_the_password, id="password changed"),
    pytest.param(lower_the_role, id="role lowered"),
    pytest.param(lambda agent, client: client.logout(), id="signed out"),
    pytest.param(lambda agent, client: ApiToken.objects.update(revoked_at=timezone.now()), id="token"),
]


@pytest.mark.parametrize("end", ENDINGS)
async def test_s34_an_agent_who_is_one_no_more_loses_the_socket_even_if_nobody_says_so(
    request, harbor, monkeypatch, end
):
    """As with a dead Redis: the socket looks by itself, within 60 s, here in no time."""
    monkeypatch.setattr("messenger.nudges.publish_recheck", lambda *_, **__: None)
    monkeypatch.setattr(sockets, "HEARTBEAT_S", 0.2)
    monkeypatch.setattr(sockets, "RECHECK_AFTER_S", 0)
    client, cookie = await in_thread(signed_in)(harbor.ada)
    _, colleagues = await in_thread(signed_in)(harbor.ben)
    token = (await in_thread(harbor.desk)()).bearer if request.node.callspec.id == "token" else None
    mine = [HOST] if token else [HOST, ORIGIN, cookie]
    async with connected("/ws/inbox", mine) as line, connected("/ws/inbox", [HOST, ORIGIN, colleagues]) as other:
        assert await welcomed(line, token)
        assert await welcomed(other, None)
        assert (await line.hear_until("hb"))["t"] == "hb"
        await in_thread(end)(harbor.ada, client)
        assert await line.close_code(timeout=10) == 4500
        for _ in range(3):
            assert (await other.hear())["t"] == "hb"


def test_it_looks_by_itself_within_60_s():
    """The latest look comes with the heartbeat after the one that was just too early."""
    assert sockets.RECHECK_AFTER_S + 1.1 * sockets.HEARTBEAT_S <= 60


async def test_s35_a_token_in_the_address_is_refused_and_not_logged(chatting, log_lines):
    browser, _, _ = chatting
    assert not await is_accepted(f"/ws/messenger?token={browser.bearer}", ORIGIN)
    assert not await is_accepted(f"/ws/inbox?auth={browser.bearer}", ORIGIN)
    assert browser.bearer not in str(log_lines())
    async with connected() as line:
        assert await welcomed(line, browser.bearer)
    logged = log_lines()
    assert any(entry["event"] == "socket_connected" for entry in logged)
    assert browser.bearer not in str(logged)


async def test_s36_an_exception_closes_with_4000_and_says_nothing(chatting, monkeypatch, log_lines):
    browser, _, _ = chatting

    def fail(*args):
        raise RuntimeError("secret detail")

    with monkeypatch.context() as broken:
        broken.setattr(streams, "contact_streams", fail)
        async with connected() as line:
            await line.hello(browser.bearer)
            said = await line._communicator.receive_output(5)
            assert said == {"type": "websocket.close", "code": 4000}
    assert "secret detail" in str([entry for entry in log_lines() if entry["event"] == "socket_failed"])
    async with connected() as line:
        assert await welcomed(line, browser.bearer)


async def test_s37_typing_into_a_foreign_conversation_is_dropped_then_punished(chatting, neighbour):
    browser, desk, own = chatting
    async with connected() as line, connected("/ws/inbox", headers=[HOST]) as agent:
        assert await welcomed(agent, desk.bearer)
        assert await welcomed(line, browser.bearer)
        for _ in range(2):
            await line.tell(t="typing", c=neighbour[1], on=True)
        assert await agent.hears_nothing()
        await line.tell(t="typing", c=own, on=True)
        assert (await agent.hear())["c"] == own
        await line.tell(t="typing", c=neighbour[1], on=True)
        assert await line.close_code() == 4503
        assert await agent.hears_nothing()
