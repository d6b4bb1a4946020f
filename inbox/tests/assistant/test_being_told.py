"""How an agent is told when the assistant answers, and when it does not: never twice for one question."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from curbe.testing.asker import Asker
from curbe.testing.bed import Bed
from curbe.testing.stack import Stack
from curbe.testing.waiting import wait_for
from inbox.tests.test_being_told import NOTES, likes, listens

from .stage import ASKED, helped_stack, row_of, shows


@pytest.fixture(scope="module")
def stack(bed: Bed) -> Iterator[Stack]:
    with helped_stack(bed) as running:
        yield running


def shown_to(agent) -> list[list[str]]:
    found: list[list[str]] = agent.page.evaluate("shown")
    return found


def is_told(agent, times: int) -> None:
    wait_for(lambda: len(shown_to(agent)) == times, f"the desktop to show {times}")


def test_what_the_assistant_answers_rings_nowhere_and_what_it_hands_over_once(browser, stack):
    @browser.run
    def story(session):
        agent = listens(session, stack)
        likes(agent, desktop=True, sound=True)
        asker = Asker(stack, ASKED)
        asker.is_answered()
        shows(row_of(agent, asker.conversation_id), "Assistant: It takes two days.")
        assert shown_to(agent) == []
        asker.says("What nobody knows")
        asker.is_handed_over()
        is_told(agent, 1)
        [[title, body]] = shown_to(agent)
        assert title.startswith("Guest")
        assert body.startswith("The assistant handed over to the team\n") and "What nobody knows" in body
        assert agent.page.evaluate("played") == NOTES
        # From now on it is people who answer, and they are told of every message.
        asker.says("Is anybody there?")
        is_told(agent, 2)
        assert shown_to(agent)[1][1] == "Is anybody there?"


def test_who_does_not_want_to_be_told_is_not(browser, stack):
    @browser.run
    def story(session):
        maya, tom = listens(session, stack), listens(session, stack, agent=1)
        for agent, ring in ((maya, "mine"), (tom, "all")):
            agent.page.goto(f"{agent.base_url}/inbox/settings/")
            agent.page.locator("#id_ring").select_option(ring)
            wait_for(lambda: "Saved." in agent.page.locator("#saved").inner_text(), "the wish to be kept")  # noqa: B023
            likes(agent, desktop=True, sound=False)
        asker = Asker(stack, "Give me a person")
        asker.is_handed_over()
        is_told(tom, 1)
        assert shown_to(maya) == []
