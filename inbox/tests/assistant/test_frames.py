"""What the open thread makes of frames that come late, twice, anew, or not at all: the socket is the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from curbe.testing.asker import Asker
from curbe.testing.bed import Bed
from curbe.testing.line import Line
from curbe.testing.people import WITHIN_MS
from curbe.testing.stack import Stack

from .stage import appears, at_desk, goes, helped_stack, opens

TURN, OTHER = "01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000002"


@pytest.fixture(scope="module")
def stack(bed: Bed) -> Iterator[Stack]:
    with helped_stack(bed) as running:
        yield running


class Assistant:
    """What the page is told of it, by the test."""

    def __init__(self, page: Any) -> None:
        self.line = Line(page)

    def tells(self, conversation: str, number: int, text: str, *, turn: str = TURN, on: bool = True, ttl: int = 25):
        frame = {"t": "eph", "k": "assistant.delta", "by": {"kind": "assistant", "id": None, "name": ""}, "ttl": ttl}
        self.line.tells({**frame, "c": conversation, "on": on, "turn": turn, "n": number, "text": text})


def watched(session, stack):
    """An agent at a conversation in a widget without the assistant, where nothing comes but from the test."""
    agent = at_desk(session, stack)
    asker = Asker(stack, "Is anybody there?", widget=1)
    assistant = Assistant(agent.page)
    opens(agent, asker.conversation_id)
    assistant.line.is_up()
    return agent, asker, assistant


def test_frames_come_late_twice_and_anew(browser, stack):
    @browser.run
    def story(session):
        agent, asker, assistant = watched(session, stack)
        here, elsewhere = asker.conversation_id, Asker(stack, "And I?", widget=1).conversation_id
        bubble, text = agent.page.locator("#answering"), agent.page.locator("#answering [data-text]")
        assistant.tells(here, 1, "")
        appears(bubble.locator(".dots"))
        assistant.tells(here, 4, "It takes two")
        expect(text).to_have_text("It takes two", timeout=WITHIN_MS)
        expect(bubble.locator(".dots")).to_be_hidden()
        # Late or twice: what was heard last stays. What follows shows that the first has been heard.
        assistant.tells(here, 3, "It takes")
        assistant.tells(here, 4, "Something else")
        assistant.tells(here, 5, "It takes two <b>days</b>")
        expect(text).to_have_text("It takes two <b>days</b>", timeout=WITHIN_MS)
        assert text.locator("b").count() == 0
        # Begun anew, its numbers begin anew.
        assistant.tells(here, 1, "")
        appears(bubble.locator(".dots"))
        assistant.tells(here, 2, "Three")
        expect(text).to_have_text("Three", timeout=WITHIN_MS)
        # In another conversation it is for the row alone.
        assistant.tells(elsewhere, 7, "Elsewhere", turn=OTHER)
        appears(agent.page.locator(f"[data-answering='{elsewhere}']"))
        expect(text).to_have_text("Three")
        assert session.page_errors == []


def test_what_nobody_speaks_of_any_more_goes(browser, stack):
    @browser.run
    def story(session):
        agent, asker, assistant = watched(session, stack)
        bubble, row = (
            agent.page.locator("#answering"),
            agent.page.locator(f"[data-answering='{asker.conversation_id}']"),
        )
        for last in ({"text": "Silence", "ttl": 1}, {"text": "", "on": False}):
            assistant.tells(asker.conversation_id, 1, "")
            assistant.tells(asker.conversation_id, 2, "It takes")
            appears(bubble)
            appears(row)
            assistant.tells(asker.conversation_id, 3, **last)
            goes(bubble)
            goes(row)
        # What comes after the end is late.
        assistant.tells(asker.conversation_id, 2, "It takes")
        assistant.tells(asker.conversation_id, 1, "", turn=OTHER)
        appears(bubble.locator(".dots"))


def test_a_message_takes_its_place(browser, stack):
    @browser.run
    def story(session):
        agent, asker, assistant = watched(session, stack)
        bubble = agent.page.locator("#answering")
        assistant.tells(asker.conversation_id, 5, "It takes")
        appears(bubble)
        # The control: what the visitor says does not.
        asker.says("Still there?")
        agent.sees("Still there?")
        expect(bubble).to_be_visible()
        agent.replies("Yes, I am.")
        goes(bubble)
        assistant.tells(asker.conversation_id, 6, "It takes two")
        assistant.tells(asker.conversation_id, 1, "", turn=OTHER)
        appears(bubble.locator(".dots"))
        expect(bubble.locator("[data-text]")).to_be_empty()
