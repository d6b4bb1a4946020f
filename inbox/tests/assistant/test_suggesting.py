"""Asking the assistant what it would say: a draft to check, never sent by itself, and nothing of the agent's lost."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from curbe.testing.asker import Asker
from curbe.testing.bed import Bed
from curbe.testing.people import WITHIN_MS
from curbe.testing.stack import Stack
from curbe.testing.waiting import hear

from .stage import ASKED, appears, at_desk, goes, helped_stack, opens, opens_gate, shows

ANSWER = "It takes **two days**."


@pytest.fixture(scope="module")
def stack(bed: Bed) -> Iterator[Stack]:
    with helped_stack(bed) as running:
        yield running


def at_question(session, stack, text):
    """An agent at a conversation whose visitor asked this and then for a person, so that nobody else answers."""
    asker = Asker(stack, text)
    asker.wants_a_person()
    agent = at_desk(session, stack)
    opens(agent, asker.conversation_id)
    return agent, asker


def sent_by(page):
    """What the page says over its socket, as it is said."""
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: frames.append(str(frame))))
    return frames


def typing_of(frames):
    return [frame for frame in frames if json.loads(frame)["t"] == "typing"]


def test_an_empty_field_gets_it_to_be_changed_and_sent(browser, stack):
    @browser.run
    def story(session):
        agent, asker = at_question(session, stack, ASKED)
        frames = sent_by(agent.page)
        opens(agent, asker.conversation_id)
        agent.page.locator("#suggest").click()
        expect(agent.box).to_have_value(ANSWER, timeout=WITHIN_MS)
        box = agent.page.get_by_role("region", name="Suggestion")
        shows(box, "Check it before you send it.")
        shows(box, "Sure: 87%")
        with agent.page.context.expect_page() as opened:
            box.get_by_role("link", name="Shipping").first.click()
        expect(opened.value.locator("h1")).to_contain_text("Shipping", timeout=WITHIN_MS)
        # Nothing is sent or told by itself, and it is kept like anything that was begun.
        expect(agent.page.locator("#draft-state")).to_have_text("Draft saved", timeout=WITHIN_MS)
        assert asker.said_by("agent") == [] and typing_of(frames) == []
        agent.box.press("End")
        agent.types(" Or three.")
        # The control: what is typed is told.
        told = hear(agent.page, lambda: typing_of(frames), "the page to tell that one types")
        assert {json.loads(frame)["on"] for frame in told} == {True}
        agent.sends()
        agent.sees("It takes two days. Or three.")
        assert asker.said_by("agent") == [f"{ANSWER} Or three."]
        goes(box)


def test_by_keyboard_alone_and_undone(browser, stack):
    @browser.run
    def story(session):
        agent, _ = at_question(session, stack, ASKED)
        keys = agent.page.keyboard
        keys.press("?")
        appears(agent.page.locator("#keys"))
        shows(agent.page.locator("#keys"), "Suggest a reply")
        keys.press("Escape")
        goes(agent.page.locator("#keys"))
        keys.press("s")
        shows(agent.page.locator("#suggestion"), "Check it before you send it.")
        expect(agent.box).to_have_value(ANSWER)
        expect(agent.box).to_be_focused()
        keys.press("Control+z")
        expect(agent.box).to_have_value("")
        keys.press("Escape")
        goes(agent.page.locator("#suggestion"))
        keys.press("Control+k")
        keys.type("suggest")
        keys.press("Enter")
        shows(agent.page.locator("#suggestion"), "Check it before you send it.")
        expect(agent.box).to_have_value(ANSWER)


# In one go, so that the page is not drawn between: what was in the window has the focus still when the last key comes.
CLOSED_AND_PRESSED = """() => {
  const press = (key, at) => at.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
  press("?", document.body);
  document.querySelector("#keys").close();
  press("s", document.activeElement);
}"""


def test_a_key_right_after_the_list_of_keys_was_closed_does_what_it_does(browser, stack):
    @browser.run
    def story(session):
        agent, _ = at_question(session, stack, ASKED)
        agent.page.evaluate(CLOSED_AND_PRESSED)
        shows(agent.page.locator("#suggestion"), "Check it before you send it.")
        expect(agent.box).to_have_value(ANSWER)


def test_what_was_written_stays_until_the_agent_chooses(browser, stack):
    @browser.run
    def story(session):
        agent, _ = at_question(session, stack, ASKED)
        box = agent.page.locator("#suggestion")
        agent.types("Hello! Goodbye.")
        for _ in range(len(" Goodbye.")):
            agent.box.press("ArrowLeft")
        agent.page.locator("#suggest").click()
        expect(box.locator("blockquote")).to_have_text(ANSWER, timeout=WITHIN_MS)
        expect(agent.box).to_have_value("Hello! Goodbye.")
        box.get_by_role("button", name="Insert at the cursor").click()
        expect(agent.box).to_have_value(f"Hello!{ANSWER} Goodbye.")
        agent.page.keyboard.press("Control+z")
        expect(agent.box).to_have_value("Hello! Goodbye.")
        agent.page.locator("#suggest").click()
        box.get_by_role("button", name="Replace the text").click()
        expect(agent.box).to_have_value(ANSWER)
        agent.page.keyboard.press("Control+z")
        expect(agent.box).to_have_value("Hello! Goodbye.")
        agent.page.locator("#suggest").click()
        appears(box.locator("blockquote"))
        box.get_by_role("button", name="Hide").click()
        goes(box)
        expect(agent.box).to_have_value("Hello! Goodbye.")


def test_what_comes_to_nothing_is_said_in_a_sentence(browser, stack):
    @browser.run
    def story(session):
        agent = at_desk(session, stack)
        said = agent.page.locator("#suggestion [role=status]")
        for question, sentence in {
            "What nobody knows": "No article answers this.",
            "Give me a person": "The visitor asks for a person, so there is nothing to suggest.",
            "Please break down": "The assistant could not answer. Try again, or write it yourself.",
        }.items():
            asker = Asker(stack, question)
            asker.is_handed_over()
            opens(agent, asker.conversation_id)
            agent.page.locator("#suggest").click()
            expect(said).to_have_text(sentence, timeout=WITHIN_MS)
            expect(agent.box).to_have_value("")
        agent.page.get_by_role("button", name="Try again").click()
        expect(said).to_have_text("The assistant could not answer. Try again, or write it yourself.", timeout=WITHIN_MS)
        agent.page.route("**/suggestion", lambda route: route.fulfill(status=429, headers={"Retry-After": "30"}))
        agent.page.get_by_role("button", name="Try again").click()
        expect(said).to_contain_text("Try again in 30 seconds.", timeout=WITHIN_MS)


def test_it_is_waited_for_visibly_and_given_up(browser, stack):
    @browser.run
    def story(session):
        agent, _ = at_question(session, stack, f"{ASKED}wait for giving")
        box = agent.page.locator("#suggestion")
        agent.page.locator("#suggest").click()
        shows(box, "Looking for an answer in the articles…")
        with agent.page.expect_event("requestfailed", lambda request: request.url.endswith("/suggestion")):
            box.get_by_role("button", name="Cancel").click()
        goes(box)
        # Gone to another thread meanwhile, it is for neither.
        agent.page.locator("#suggest").click()
        shows(box, "Looking for an answer in the articles…")
        other = Asker(stack, ASKED)
        with agent.page.expect_event("requestfailed", lambda request: request.url.endswith("/suggestion")):
            agent.page.locator(f"#row-{other.conversation_id} > a").click()
        expect(agent.page.locator("#thread")).to_have_attribute("data-conversation", other.conversation_id)
        opens_gate(stack, "giving")
        # The control, and by now an answer to the first would have come: asked here, it comes.
        agent.page.locator("#suggest").click()
        expect(agent.box).to_have_value(ANSWER, timeout=WITHIN_MS)


def test_where_the_assistant_is_off_there_is_nothing_to_ask(browser, stack):
    @browser.run
    def story(session):
        agent = at_desk(session, stack)
        for widget, times in ((1, 0), (0, 1)):
            opens(agent, Asker(stack, "Is anybody there?", widget=widget).conversation_id)
            expect(agent.page.locator("#suggest")).to_have_count(times)
            expect(agent.page.locator("#suggestion")).to_have_count(times)
