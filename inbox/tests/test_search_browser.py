"""Searching in a real browser: as one types, by keyboard, into the middle of a long thread, and on to its end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from curbe.testing import axe
from curbe.testing.bed import Bed
from curbe.testing.held import Held
from curbe.testing.people import WITHIN_MS, AgentAtInbox, VisitorAtShop
from curbe.testing.program import TeamProgram
from curbe.testing.stack import Stack

LINES = 110
SEQS = "[...document.querySelectorAll('#parts > .part')].map((one) => Number(one.dataset.seq))"
IN_SIGHT = """(part) => { const {top, bottom} = part.getBoundingClientRect();
  const place = document.getElementById("thread-scroll").getBoundingClientRect();
  return top >= place.top && bottom <= place.bottom }"""
PLACE_OF = "(part) => part.getBoundingClientRect().top"


@pytest.fixture(scope="module")
def stack(bed: Bed) -> Iterator[Stack]:
    with bed.spawn_stack(database="sqlite", env={"RATE_LIMITS": "off"}) as running:
        yield running


@pytest.fixture(scope="module")
def team(stack: Stack) -> TeamProgram:
    return TeamProgram(stack)


@pytest.fixture(scope="module", autouse=True)
def thread(stack: Stack, team: TeamProgram, bed: Bed) -> str:
    """The conversation of a visitor who was told very much, with a word of its own in the 20th reply."""
    conversation = team.conversation_of(bed.browser.call(lambda: visitor_of(stack, bed)))
    for i in range(LINES):
        team.reply(conversation, f"Line {i} {'with a **xylophone**' if i == 20 else 'of many'}")
    return conversation


def visitor_of(stack, bed):
    """Somebody who asked, and left; who it was."""
    visitor = VisitorAtShop.arrives(bed.browser.session("asks"), stack, "/demo/?lang=en")
    visitor.opens_the_chat()
    visitor.says("Tell me everything")
    visitor.sees_note("Sent")
    return visitor.visitor_id()


def opens_found(agent):
    """Type, go down, press Enter: the thread is open at the part."""
    agent.page.goto(f"{agent.base_url}/inbox/search/")
    agent.page.locator("#q").press_sequentially("line xylo", delay=20)
    expect(agent.page.locator("#found-messages .hit mark", has_text="xylophone")).to_be_visible(timeout=WITHIN_MS)
    agent.page.wait_for_url("**/inbox/search/?q=line+xylo")  # Of what is typed last, not of its beginning.
    agent.page.keyboard.press("ArrowDown")
    agent.page.keyboard.press("Enter")
    found = agent.page.locator("#parts > .is-found")
    expect(found).to_contain_text("xylophone", timeout=WITHIN_MS)
    return found


def loads(page, end, seq):
    """Scroll to an end of what is there, and the next part is, too."""
    page.locator(end).evaluate("(one) => one.scrollIntoView()")
    expect(page.locator(f"#parts > [data-seq='{seq}']")).to_be_attached(timeout=WITHIN_MS)


def contiguous(page):
    seqs = page.evaluate(SEQS)
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs))), seqs
    return seqs


def test_a_hit_opens_the_thread_where_it_was_said_and_back_is_back(browser, stack):
    @browser.run
    def _(session):
        agent = AgentAtInbox.signs_in(session, stack)
        found = opens_found(agent)
        assert found.evaluate(IN_SIGHT)
        assert found.evaluate("(part) => part === document.activeElement")
        assert len(contiguous(agent.page)) < LINES
        assert "at=" in agent.page.url
        agent.page.go_back()
        expect(agent.page.locator("#q")).to_have_value("line xylo", timeout=WITHIN_MS)
        expect(agent.page.locator("#found-messages .hit")).to_have_count(1)
        assert session.console_errors + session.page_errors == []


def test_what_arrives_meanwhile_leaves_no_hole_and_the_end_is_reached_by_scrolling(browser, stack, team, thread):
    @browser.run
    def _(session):
        agent = AgentAtInbox.signs_in(session, stack)
        opens_found(agent)
        before = contiguous(agent.page)
        team.reply(thread, "Are you still there?")
        expect(agent.row_saying("Are you still there?")).to_have_count(1, timeout=WITHIN_MS)
        expect(agent.page.locator("#thread-head[data-status=open]")).to_be_visible()
        assert contiguous(agent.page) == before
        edge = agent.page.locator(f"#parts > [data-seq='{before[-1]}']")
        newer = Held(agent.page, "**/newer/?after=*", most=1)
        agent.page.locator("#newer").evaluate("(one) => one.scrollIntoView()")
        asked = newer.first()
        where = edge.evaluate(PLACE_OF)
        asked.continue_()
        expect(agent.page.locator(f"#parts > [data-seq='{before[-1] + 1}']")).to_be_attached()
        assert abs(edge.evaluate(PLACE_OF) - where) < 200
        while agent.page.locator("#newer").count():
            loads(agent.page, "#newer", contiguous(agent.page)[-1] + 1)
        agent.sees("Are you still there?")
        expect(agent.page.locator("#to-newest")).to_have_count(0)
        team.reply(thread, "Live again")
        agent.sees("Live again")
        contiguous(agent.page)
        while agent.page.locator("#older").count():
            loads(agent.page, "#older", contiguous(agent.page)[0] - 1)
        assert contiguous(agent.page)[0] == 1


def test_a_reply_from_the_middle_is_shown_at_the_end(browser, stack):
    @browser.run
    def _(session):
        agent = AgentAtInbox.signs_in(session, stack)
        opens_found(agent)
        expect(agent.page.locator("#to-newest")).to_be_visible()
        agent.replies("Answered from the middle")
        expect(agent.page.locator("#to-newest")).to_have_count(0)
        assert "at=" not in agent.page.url
        contiguous(agent.page)


def test_the_screen_is_accessible_and_says_when_there_is_no_answer(browser, stack):
    @browser.run
    def _(session):
        for options in ({}, {"dark": True}, {"phone": True}, {"locale": "es-ES"}):
            agent = AgentAtInbox.signs_in(session, stack, **options)
            for question in ("", "?q=line", "?q=zzzz"):
                agent.page.goto(f"{agent.base_url}/inbox/search/{question}")
                assert axe.violations(agent.page) == []
        agent.page.context.set_offline(True)
        agent.page.locator("#q").fill("line x")
        expect(agent.page.locator("#search-failed")).to_be_visible(timeout=WITHIN_MS)
        agent.page.context.set_offline(False)
        agent.page.locator("#search-failed button").click()
        expect(agent.page.locator("#search-failed")).to_be_hidden(timeout=WITHIN_MS)
        expect(agent.page.locator("#found-messages .hit mark").first).to_be_visible(timeout=WITHIN_MS)
