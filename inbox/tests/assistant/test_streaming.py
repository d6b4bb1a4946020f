"""Answers of the assistant as they come in, before two agents: seen growing, void when an agent speaks, or given up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from curbe.testing.asker import Asker
from curbe.testing.bed import Bed
from curbe.testing.people import WITHIN_MS
from curbe.testing.stack import Stack

from .stage import ASKED, appears, at_desk, goes, helped_stack, opens, opens_gate, row_of, shows

LONG = "\n".join(f"line {number}" for number in range(60))
# Half a turn may be waited for after an agent has stopped to write, and the answer.
AFTER_A_PAUSE_MS = 25_000


@pytest.fixture(scope="module")
def stack(bed: Bed) -> Iterator[Stack]:
    with helped_stack(bed) as running:
        yield running


def top_of(agent):
    return agent.page.locator("#thread-scroll").evaluate("(one) => one.scrollTop")


def test_an_answer_is_seen_growing_and_becomes_the_message(browser, stack):
    @browser.run
    def story(session):
        maya, tom = at_desk(session, stack), at_desk(session, stack, agent=1)
        asker = Asker(stack, f"{ASKED}wait for growing and wait for more")
        row = row_of(tom, asker.conversation_id)
        appears(row.get_by_text("Assistant is answering…"))
        expect(row.locator(".preview").first).to_be_hidden()
        opens(maya, asker.conversation_id)
        coming = maya.page.locator("#answering")
        expect(coming.locator("[data-text]")).to_have_text("It takes", timeout=WITHIN_MS)
        # What somebody has selected in it stays selected while it grows.
        maya.page.evaluate(
            "getSelection().selectAllChildren(document.querySelector('#answering [data-text]'))",
        )
        opens_gate(stack, "growing")
        expect(coming.locator("[data-text]")).to_have_text("It takes **two", timeout=WITHIN_MS)
        assert maya.page.evaluate("String(getSelection())").startswith("It takes")
        opens_gate(stack, "more")
        said = maya.page.locator("#parts .from-assistant")
        expect(said.locator("strong")).to_have_text("two days", timeout=WITHIN_MS)
        expect(said).to_have_count(1)
        shows(said.locator(".sources"), "Shipping")
        expect(coming).to_be_hidden()
        goes(row.get_by_text("Assistant is answering…"))
        shows(row, "Assistant: It takes two days.")
        assert session.page_errors == []


def test_nothing_moves_for_whoever_reads_further_up(browser, stack):
    @browser.run
    def story(session):
        maya = at_desk(session, stack)
        asker = Asker(stack, f"{ASKED}wait for reading\n{LONG}")
        opens(maya, asker.conversation_id)
        shows(maya.page.locator("#answering"), "It takes")
        scroller = maya.page.locator("#thread-scroll")
        scroller.evaluate("(one) => { one.scrollTop = 0 }")
        opens_gate(stack, "reading")
        expect(maya.page.locator("#parts .from-assistant")).to_have_count(1, timeout=WITHIN_MS)
        assert top_of(maya) == 0
        appears(maya.page.locator("#newest"))
        # The control: whoever is at the end goes on with it.
        maya.page.locator("#newest").click()
        asker.says(f"{ASKED}wait for following\n{LONG}")
        shows(maya.page.locator("#answering"), "It takes")
        at_end = "(one) => one.scrollHeight - one.scrollTop - one.clientHeight < 2"
        assert scroller.evaluate(at_end)
        opens_gate(stack, "following")
        expect(maya.page.locator("#parts .from-assistant")).to_have_count(2, timeout=WITHIN_MS)
        assert scroller.evaluate(at_end)


def test_it_is_void_when_an_agent_replies(browser, stack):
    @browser.run
    def story(session):
        maya, tom = at_desk(session, stack), at_desk(session, stack, agent=1)
        asker = Asker(stack, f"{ASKED}wait for ever")
        for agent in (maya, tom):
            opens(agent, asker.conversation_id)
            shows(agent.page.locator("#answering"), "It takes")
        tom.replies("I have got this.")
        shows(maya.page.locator("#parts"), "I have got this.")
        goes(maya.page.locator("#answering"))
        goes(tom.page.locator("#answering"))
        opens_gate(stack, "ever")
        tom.replies("And more.")
        shows(maya.page.locator("#parts"), "And more.")
        assert asker.said_by("assistant") == []


def test_it_waits_while_an_agent_writes_a_reply_and_goes_on_after(browser, stack):
    def story(session):
        maya = at_desk(session, stack)
        asker = Asker(stack, f"{ASKED}wait for maya")
        opens(maya, asker.conversation_id)
        coming, hint = maya.page.locator("#answering"), maya.page.get_by_text("The assistant waits while you write.")
        shows(coming, "It takes")
        # The control: a note is no reply, and nothing waits for it.
        maya.page.locator("#composer button[data-kind=note]").click()
        maya.types("hm")
        expect(hint).to_be_hidden()
        expect(coming).to_be_visible()
        maya.page.locator("#composer button[data-kind=message]").click()
        maya.types("Hello")
        appears(hint)
        expect(coming).to_be_hidden()
        opens_gate(stack, "maya")
        maya.box.fill("")
        goes(hint)
        expect(maya.page.locator("#parts .from-assistant")).to_have_count(1, timeout=AFTER_A_PAUSE_MS)

    browser.run(story, 120)


def test_a_hand_over_is_there_at_once_with_what_it_is_about(browser, stack):
    @browser.run
    def story(session):
        maya, tom = at_desk(session, stack), at_desk(session, stack, agent=1)
        asker = Asker(stack, f"{ASKED}What nobody knows")
        opens(maya, asker.conversation_id)
        card = maya.page.locator("#parts .handover")
        appears(card)
        for told in ("handed over to the team", "No article answers it", "What nobody knows"):
            shows(card, told)
        mark = row_of(tom, asker.conversation_id).locator(".chip.handed")
        shows(mark, "handed over")
        # Until somebody answers.
        opens(tom, asker.conversation_id)
        tom.replies("Let me look.")
        goes(row_of(maya, asker.conversation_id).locator(".chip.handed"))
