"""Who is there, who looks at what, and where a visitor is: told beside the log, never stored, never too much."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from curbe.testing.cast import make_company
from messenger import sockets
from messenger.models import Contact, ReadState
from messenger.tests.test_sockets import HOST, connected, in_thread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def harbor(transactional_db):
    return make_company("harbor")


@pytest.fixture
def chatting(harbor):
    """(the guest's browser, Ada's desk, the conversation's id)"""
    browser = harbor.browser()
    return browser, harbor.desk(), browser.start("Hello")["conversation"]["id"]


async def hear_of(line, kind):
    """The next ephemeral frame of this kind."""
    while True:
        frame = await line.hear_until("eph")
        if frame["k"] == kind:
            return frame


@asynccontextmanager
async def lines_of(*desks):
    """The sockets of these agents, each welcomed."""
    async with AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(connected("/ws/inbox", headers=[HOST])) for _ in desks]
        for line, desk in zip(lines, desks, strict=True):
            await line.hello(desk.bearer)
            await line.hear()
        yield lines


async def test_the_team_is_told_when_a_visitor_looks_and_looks_away(chatting):
    browser, desk, _ = chatting
    async with connected() as visitor, connected("/ws/inbox", headers=[HOST]) as agent:
        await agent.hello(desk.bearer)
        await agent.hear()
        await visitor.hello(browser.bearer)
        await visitor.hear()
        assert await agent.hears_nothing(), "a client that says nothing of itself is nobody's presence"
        for on, status in ((True, "online"), (False, "away")):
            await visitor.tell(t="active", on=on)
            frame = await hear_of(agent, "presence")
            assert (frame["by"]["kind"], frame["status"], frame["ttl"]) == ("contact", status, 90)
            assert frame["last_active_at"].endswith("Z")
        assert await visitor.hears_nothing(), "visitors learn nothing of each other or the team"


async def test_presence_is_said_again_with_the_heartbeats(chatting, monkeypatch):
    browser, desk, _ = chatting
    monkeypatch.setattr(sockets, "HEARTBEAT_S", 0.2)
    monkeypatch.setattr(sockets, "RECHECK_AFTER_S", 0)
    async with connected() as visitor, connected("/ws/inbox", headers=[HOST]) as agent:
        await agent.hello(desk.bearer)
        await visitor.hello(browser.bearer)
        await visitor.tell(t="active", on=True)
        said = [(await hear_of(agent, "presence"))["last_active_at"] for _ in range(3)]
        assert said == sorted(said) and said[0] < said[2]


async def test_the_first_heartbeat_is_no_later_than_the_others(chatting, monkeypatch):
    """A client gives up after 35 s of silence, and a quiet stream says nothing after the welcome."""
    browser, _, _ = chatting
    monkeypatch.setattr(sockets, "HELLO_WITHIN_S", 60)
    monkeypatch.setattr(sockets, "HEARTBEAT_S", 0.2)
    async with connected() as visitor:
        await visitor.hello(browser.bearer)
        await visitor.hear_until("welcome")
        assert (await visitor.hear_until("hb", timeout=20))["head"] > 0


async def test_whoever_opens_a_thread_learns_at_once_that_its_visitor_is_there(chatting, harbor):
    browser, desk, conversation_id = chatting
    ben = await in_thread(lambda: harbor.desk(harbor.ben))()
    async with connected() as visitor, connected("/ws/inbox", headers=[HOST]) as late:
        await visitor.hello(browser.bearer)
        await visitor.hear()
        await visitor.tell(t="active", on=True)
        async with connected("/ws/inbox", headers=[HOST]) as colleague:
            await colleague.hello(ben.bearer)
            await colleague.hear()
            await late.hello(desk.bearer)
            await late.hear()
            await late.tell(t="viewing", c=conversation_id)
            assert (await hear_of(late, "presence"))["status"] == "online"
            seen = await hear_of(colleague, "viewing")
            assert (seen["c"], seen["by"]["name"], seen["ttl"]) == (conversation_id, "Ada", 60)
            await late.tell(t="viewing", c=None)
            assert (await hear_of(colleague, "viewing"))["c"] is None


async def test_viewing_a_foreign_conversation_is_dropped_then_punished(chatting):
    _, desk, _ = chatting
    rival = await in_thread(lambda: make_company("rival").browser())()
    foreign = (await in_thread(rival.start)("Elsewhere"))["conversation"]["id"]
    async with connected("/ws/inbox", headers=[HOST]) as line:
        await line.hello(desk.bearer)
        await line.hear()
        for _ in range(3):
            await line.tell(t="viewing", c=foreign)
        assert await line.close_code() == 4503


async def test_a_page_view_is_told_to_the_team_without_what_an_address_may_hide(chatting):
    browser, desk, _ = chatting
    async with connected("/ws/inbox", headers=[HOST]) as agent:
        await agent.hello(desk.bearer)
        await agent.hear()
        page = {"url": "https://shop.example/shoes?email=a@b.example#x", "title": "Shoes"}
        await in_thread(browser.post)("visits", {"page": page})
        frame = await hear_of(agent, "visit")
        assert frame["page"] == {"url": "https://shop.example/shoes", "title": "Shoes"}
        assert frame["by"]["id"] == str(await in_thread(lambda: browser.contact.id)())


async def test_of_a_blocked_contact_the_team_sees_no_presence_and_no_visit(chatting):
    browser, desk, _ = chatting
    await in_thread(lambda: Contact.objects.update(blocked=True))()
    async with connected() as visitor, connected("/ws/inbox", headers=[HOST]) as agent:
        await agent.hello(desk.bearer)
        await agent.hear()
        await visitor.hello(browser.bearer)
        await visitor.hear()
        await visitor.tell(t="active", on=True)
        await in_thread(browser.post)("visits", {"page": {"url": "https://shop.example/"}})
        assert await agent.hears_nothing()


async def test_marking_unread_is_told_to_that_agents_tabs_alone(chatting, harbor):
    _browser, desk, conversation_id = chatting
    async with lines_of(desk, await in_thread(lambda: harbor.desk(harbor.ben))()) as (mine, bens):
        await in_thread(desk.put)(f"conversations/{conversation_id}/read", {"up_to": 1})
        await mine.hear()
        answer = await in_thread(desk.post)(f"conversations/{conversation_id}/unread", {"from": 1})
        assert answer.json() == {"last_read_seq": 0, "unread": 1}
        frame = await hear_of(mine, "agent_read")
        assert (frame["last_read_seq"], frame["unread"], frame["back"]) == (0, 1, True)
        assert await bens.hears_nothing()


async def test_muting_is_told_to_that_agents_tabs_alone_and_once(chatting, harbor):
    _browser, desk, conversation_id = chatting
    async with lines_of(desk, await in_thread(lambda: harbor.desk(harbor.ben))()) as (mine, bens):
        for _ in range(2):
            await in_thread(desk.put)(f"conversations/{conversation_id}/mute", {"on": True})
        assert (await hear_of(mine, "agent_muted"))["c"] == conversation_id
        assert await mine.hears_nothing()
        assert await bens.hears_nothing()


def test_marking_unread_moves_one_agents_cursor_back_and_counts_what_is_beyond(chatting, harbor):
    browser, desk, conversation_id = chatting
    for number in range(4):
        browser.say(conversation_id, f"message {number}")
    ben = harbor.desk(harbor.ben)
    path = f"conversations/{conversation_id}"
    for one in (desk, ben):
        assert one.put(f"{path}/read", {"up_to": 5}).json() == {"last_read_seq": 5, "unread": 0}
    assert desk.post(f"{path}/unread", {"from": 3}).json() == {"last_read_seq": 2, "unread": 3}
    assert desk.get(path).json()["unread_count"] == 3
    assert ben.get(path).json()["unread_count"] == 0
    # A part beyond the cursor is unread already; reading goes on from where the cursor is.
    assert desk.post(f"{path}/unread", {"from": 5}).json() == {"last_read_seq": 2, "unread": 3}
    assert desk.put(f"{path}/read", {"up_to": 4}).json() == {"last_read_seq": 4, "unread": 1}
    assert ReadState.objects.get(contact__isnull=False).last_read_visible_seq == 5, "the visitor's stays"


def test_marking_unread_needs_a_part_and_a_conversation_of_ones_own(chatting):
    _, desk, conversation_id = chatting
    rival = make_company("rival").desk()
    assert rival.post(f"conversations/{conversation_id}/unread", {"from": 1}).status_code == 404
    for body in ({}, {"from": 0}, {"from": "x"}, {"from": 2**40}):
        assert desk.post(f"conversations/{conversation_id}/unread", body).status_code == 422
    # Somebody who has read nothing has nothing to take back.
    assert desk.post(f"conversations/{conversation_id}/unread", {"from": 1}).json() == {"last_read_seq": 0, "unread": 1}
