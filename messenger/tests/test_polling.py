"""The long-poll twin of the sockets: same bodies, same rights, and nothing held while it waits."""

from __future__ import annotations

import asyncio

import pytest
from channels.db import database_sync_to_async
from django.test import AsyncClient

from curbe.testing.cast import make_company
from messenger import hub
from messenger.models import Stream

pytestmark = pytest.mark.django_db(transaction=True)

# Of a poll that would wait for 25.
PATIENCE_S = 20


@pytest.fixture(autouse=True)
def no_sweep(monkeypatch):
    """So that a poll is answered because somebody was told, however long that takes."""
    monkeypatch.setattr(hub, "SWEEP_EVERY_S", 3600)


@pytest.fixture
def harbor(transactional_db):
    return make_company("harbor")


@pytest.fixture
def chatting(harbor):
    """(the guest's browser, the desk, the conversation's id, the cursor after the first message)"""
    browser = harbor.browser()
    conversation_id = browser.start("Hello")["conversation"]["id"]
    return browser, harbor.desk(), conversation_id, browser.boot()["cursor"]


def in_thread(function):
    return database_sync_to_async(function, thread_sensitive=False)


def poll(caller, after, wait=25):
    """A poll that waits, as a client with an event loop sends it."""
    headers = {"Authorization": f"Bearer {caller.bearer}"}
    return AsyncClient().get(f"{caller.base}events", {"after": after, "wait": wait}, headers=headers)


async def waiting(*polls):
    """Tasks of polls that have all reached the point where they wait."""
    from messenger.hub import Hub

    tasks = [asyncio.create_task(one) for one in polls]
    async with asyncio.timeout(20):
        while sum(len(feed.waiters) for feed in Hub.of_this_loop()._feeds.values()) < len(tasks):
            await asyncio.sleep(0.01)
    return tasks


def test_it_answers_at_once_with_what_is_after_the_cursor(chatting):
    browser, desk, conversation_id, cursor = chatting
    assert browser.get("events", {"after": cursor}).status_code == 204
    desk.reply(conversation_id, "Hi there")
    body = browser.get("events", {"after": cursor}).json()
    epoch, seq = cursor.split(":")
    assert (body["t"], body["epoch"], body["from"], body["more"]) == ("evs", epoch, int(seq) + 1, False)
    assert [item["type"] for item in body["items"]] == ["seen.updated", "message.created", "message.created"]
    assert body["items"][-1]["payload"]["message"]["body"] == "Hi there"
    assert body["to"] == body["items"][-1]["seq"]
    assert browser.get("events", {"after": f"{epoch}:{body['to']}"}).status_code == 204


def test_a_long_replay_comes_in_several_answers(chatting):
    browser, _, conversation_id, cursor = chatting
    for i in range(12):
        browser.say(conversation_id, f"{i} " + "x" * 9_000)
    said, more, after = [], True, cursor
    while more:
        body = browser.get("events", {"after": after}).json()
        said += [item["payload"]["message"]["body"].split()[0] for item in body["items"]]
        more, after = body["more"], f"{body['epoch']}:{body['to']}"
    assert said == [str(i) for i in range(12)]


@pytest.mark.parametrize(
    ("reason", "after", "values"),
    [
        ("epoch", "000000:2", {}),
        ("epoch", "nonsense", {}),
        ("ahead", "{epoch}:1000000", {}),
        ("too_old", "{epoch}:1", {"min_seq": 2}),
        ("too_many", "{epoch}:1", {"head_seq": 1002}),
    ],
)
def test_a_cursor_that_cannot_be_resumed_asks_for_a_snapshot(chatting, reason, after, values):
    browser, _, _, cursor = chatting
    Stream.objects.filter(contact=browser.contact).update(**values) if values else None
    answer = browser.get("events", {"after": after.format(epoch=cursor.split(":")[0])})
    assert (answer.status_code, answer.json()) == (200, {"t": "resync_required", "reason": reason})


def test_it_refuses_who_may_not_ask_and_what_it_cannot_read(harbor, chatting):
    browser, desk, _, cursor = chatting
    nobody = harbor.browser()
    assert nobody.get("events", {"after": cursor}).status_code == 409
    assert nobody.get("events", {"after": cursor}).json()["errors"][0]["code"] == "no_contact"
    nobody.bearer = "cvs_wrong"
    assert nobody.get("events", {"after": cursor}).status_code == 401
    for query in ({}, {"after": cursor, "wait": 26}, {"after": cursor, "wait": -1}, {"after": cursor, "wait": "x"}):
        assert browser.get("events", query).status_code == 400, query
        assert desk.get("events", query).status_code == 400, query
    assert desk.get("events", {"after": cursor}, Authorization=f"Bearer {browser.bearer}").status_code == 401


def test_whose_log_it_is_comes_from_the_credentials_alone(harbor, chatting):
    browser, _, conversation_id, cursor = chatting
    stranger = harbor.browser()
    own = stranger.start("Somebody else")["cursor"]
    browser.say(conversation_id, "for the team's eyes")
    query = {"after": own, "contact_id": str(browser.contact.id), "tenant_id": str(harbor.tenant.id)}
    assert stranger.get("events", query).status_code == 204
    assert stranger.get("events", {"after": cursor}).json()["t"] == "resync_required"


async def test_it_answers_a_waiting_client_as_soon_as_something_happens(chatting):
    browser, desk, conversation_id, cursor = chatting
    (task,) = await waiting(poll(browser, cursor))
    await in_thread(desk.reply)(conversation_id, "Here I am")
    answer = await asyncio.wait_for(task, PATIENCE_S)
    assert answer.status_code == 200
    assert answer.headers["X-Trace-Id"]
    assert "Here I am" in answer.content.decode()


async def test_nothing_happens_is_204_after_the_wait(chatting):
    browser, _, _, cursor = chatting
    answer = await asyncio.wait_for(poll(browser, cursor, wait=1), 10)
    assert (answer.status_code, answer.content) == (204, b"")


async def test_a_note_and_its_typing_do_not_wake_a_visitors_poll(chatting):
    browser, desk, conversation_id, cursor = chatting
    visitors, teams = await waiting(poll(browser, cursor), poll(desk, await team_cursor(desk)))
    await in_thread(desk.post)(f"conversations/{conversation_id}/typing", {"on": True, "kind": "note"})
    await in_thread(desk.note)(conversation_id, "for us only")
    assert "for us only" in (await asyncio.wait_for(teams, PATIENCE_S)).content.decode()
    assert not visitors.done()
    await in_thread(desk.reply)(conversation_id, "for everybody")
    told = (await asyncio.wait_for(visitors, PATIENCE_S)).content.decode()
    assert "for everybody" in told and "for us only" not in told


async def team_cursor(desk):
    return (await in_thread(desk.get)("snapshot")).json()["cursor"]


async def test_a_session_that_ends_while_it_waits_is_told_so(chatting):
    browser, _, _, cursor = chatting
    (task,) = await waiting(poll(browser, cursor))
    other_tab = await in_thread(browser.tab)()
    await in_thread(other_tab.boot)()
    await in_thread(other_tab.post)("shutdown")
    assert (await asyncio.wait_for(task, PATIENCE_S)).status_code == 401


async def test_each_agent_gets_their_own_view_and_a_rival_none(harbor, chatting):
    browser, desk, conversation_id, _ = chatting
    company = await in_thread(make_company)("rival")
    rival = await in_thread(company.desk)()
    own, foreign = await team_cursor(desk), await team_cursor(rival)
    mine, theirs = await waiting(poll(desk, own), poll(rival, foreign))
    await in_thread(browser.say)(conversation_id, "canary")
    body = (await asyncio.wait_for(mine, PATIENCE_S)).json()
    assert body["items"][-1]["payload"]["conversation"]["unread_count"] == 2
    assert not theirs.done()
    await in_thread(lambda: company.browser().start("of their own"))()
    told = (await asyncio.wait_for(theirs, PATIENCE_S)).content.decode()
    assert "of their own" in told and "canary" not in told


async def test_waiting_holds_no_thread(chatting):
    """More polls wait than there are threads for queries; a send and another poll go through all the same."""
    browser, desk, conversation_id, cursor = chatting
    tasks = await waiting(*(poll(browser, cursor) for _ in range(60)))
    await in_thread(desk.reply)(conversation_id, "to all of them")
    answers = await asyncio.wait_for(asyncio.gather(*tasks), 30)
    assert {answer.status_code for answer in answers} == {200}


async def test_a_client_that_goes_away_is_forgotten(chatting):
    from messenger.hub import Hub

    browser, _, _, cursor = chatting
    (task,) = await waiting(poll(browser, cursor))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not Hub.of_this_loop()._feeds


@pytest.mark.parametrize(("wait", "statuses"), [("abc", (401, 400)), ("1.0", (401, 204)), ("-1", (401, 400))])
async def test_an_odd_wait_is_answered_like_any_other_mistake(chatting, wait, statuses):
    browser, _, _, cursor = chatting
    nobody = AsyncClient().get(f"{browser.base}events", {"after": cursor, "wait": wait})
    assert ((await nobody).status_code, (await poll(browser, cursor, wait)).status_code) == statuses
