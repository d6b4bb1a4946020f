"""The inbox by keyboard alone: from signing in to opening, noting, answering, assigning, closing and searching."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from curbe.testing.bed import Bed
from curbe.testing.desk import Desk
from curbe.testing.people import WITHIN_MS
from curbe.testing.screens import Look
from curbe.testing.stack import Stack

MOST_STOPS = 80
FOCUSED = """() => {
  const one = document.activeElement;
  const label = one.labels?.[0]?.textContent ?? "";
  return (one.getAttribute("aria-label") || label || one.textContent || one.localName).trim().replace(/\\s+/g, " ");
}"""
# Around what has the focus, or around the frame that it fills.
HAS_RING = """() => {
  const drawn = (one) => {
    const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(one);
    return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none";
  };
  for (let one = document.activeElement, steps = 0; one && steps < 3; one = one.parentElement, steps++)
    if (drawn(one)) return true;
  return false;
}"""
IS_SEEN = """() => {
  const {top, bottom, left, right} = document.activeElement.getBoundingClientRect();
  return bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
}"""


@pytest.fixture(scope="module")
def stack(bed: Bed) -> Iterator[Stack]:
    with bed.spawn_stack(database="sqlite") as running:
        yield running


class Typist(Desk):
    """An agent without a mouse."""

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def focused(self):
        return self.page.evaluate(FOCUSED)

    def stops(self):
        """Tab after Tab, by the names of what gets the focus: where one is can be seen at each."""
        while True:
            self.press("Tab")
            name = self.focused()
            assert self.page.evaluate(IS_SEEN), f"{name!r} is out of sight"
            assert self.page.evaluate(HAS_RING), f"no ring around {name!r}"
            yield name

    def goes_to(self, name):
        """By Tab; what was passed on the way."""
        passed = []
        stops = self.stops()
        while name not in (stop := next(stops)):
            passed.append(stop)
            assert len(passed) < MOST_STOPS, f"{name!r} is not among {passed}"
        return passed

    def is_in(self, selector):
        expect(self.page.locator(f"{selector}:focus")).to_have_count(1, timeout=WITHIN_MS)

    def enters(self):
        """By the page's own form, which has the focus in its first field."""
        self.goes("/inbox/login/")
        self.is_in("[name=username]")
        self.page.keyboard.type(self.login["email"])
        self.press("Tab")
        self.is_in("[name=password]")
        self.page.keyboard.type(self.login["password"])
        self.press("Enter")
        self.appears(".row")
        self.page.wait_for_load_state()


def test_a_day_without_a_mouse(browser, stack):
    @browser.run
    def story(session):
        desk = Typist.begins(session, stack, Look("en", phone=False))
        page = desk.page
        desk.enters()
        # The list: down two, up one, and open what has the focus.
        desk.press("j", "j", "k")
        desk.is_in(".row > a")
        row = page.evaluate("document.activeElement.closest('.row').dataset.id")
        desk.press("o")
        expect(page.locator("#thread")).to_have_attribute("data-conversation", row, timeout=WITHIN_MS)
        # A note stays in the team, a reply does not.
        desk.press("n")
        desk.is_in("#draft")
        page.keyboard.type("Only for us")
        desk.press("Enter")
        expect(page.locator("#parts .part.note").last).to_contain_text("Only for us", timeout=WITHIN_MS)
        desk.press("Escape")
        desk.is_in(".row > a")
        desk.press("r")
        desk.is_in("#draft")
        page.keyboard.type("For you")
        desk.press("Shift+Enter")
        page.keyboard.type("in two lines")
        desk.press("Enter")
        expect(page.locator("#parts .part.message").last).to_contain_text("in two lines", timeout=WITHIN_MS)
        # Given to a colleague, closed, opened again.
        desk.press("Escape", "a")
        desk.is_in("#assign-filter")
        before = page.locator("#parts .part.event").count()
        desk.press("ArrowDown", "Enter")
        expect(page.locator("#parts .part.event")).to_have_count(before + 1, timeout=WITHIN_MS)
        desk.press("Escape")
        page.locator("body").evaluate("() => document.activeElement.blur()")
        desk.press("e")
        expect(page.locator("#thread-head[data-status=closed]")).to_have_count(1, timeout=WITHIN_MS)
        desk.press("e")
        expect(page.locator("#thread-head[data-status=open]")).to_have_count(1, timeout=WITHIN_MS)
        # Searching, and what the keys are.
        desk.press("/")
        desk.is_in("#narrow-q")
        page.keyboard.type("agnes")
        expect(page.locator("#rows > .row")).to_have_count(1, timeout=WITHIN_MS)
        desk.press("Escape", "?")
        assert session.page_errors == []


def test_every_stop_of_an_open_thread_is_seen_and_none_is_a_trap(browser, stack):
    @browser.run
    def story(session):
        desk = Typist.begins(session, stack, Look("en", phone=False))
        desk.enters()
        desk.press("j", "o")
        desk.appears("#parts .part")
        desk.page.evaluate("document.activeElement.blur()")
        desk.goes("/inbox/c/" + (desk.page.locator("#thread").get_attribute("data-conversation") or "") + "/")
        desk.page.wait_for_load_state()
        assert desk.goes_to("Skip to the content") == []
        # From the rail over the list and the head to the composer, in the order of the screen.
        passed = desk.goes_to("Assignee")
        assert any("All" in stop for stop in passed)
        assert "Close" in " ".join(desk.goes_to("Mark as unread"))
        desk.goes_to("Reply")
        desk.goes_to("Note")
        desk.goes_to("Text")
        desk.goes_to("Send")


def test_the_dialog_of_keys_keeps_the_focus_and_gives_it_back(browser, stack):
    @browser.run
    def story(session):
        desk = Typist.begins(session, stack, Look("en", phone=False))
        desk.enters()
        desk.press("j")
        row = desk.focused()
        desk.press("?")
        expect(desk.page.locator("#keys")).to_be_visible()
        for _ in range(4):
            desk.press("Tab")
            assert desk.page.evaluate("document.activeElement.closest('dialog, body').localName") in ("dialog", "body")
        desk.press("Escape")
        expect(desk.page.locator("#keys")).to_be_hidden()
        assert desk.focused() == row


def test_a_stop_without_a_ring_would_be_found(browser, stack):
    """The control."""

    @browser.run
    def story(session):
        desk = Typist.begins(session, stack, Look("en", phone=False))
        desk.goes("/inbox/login/")
        desk.is_in("[name=username]")
        desk.page.evaluate(
            "for (let one = document.querySelector('[name=password]'), n = 0; n < 3; one = one.parentElement, n++)"
            "Object.assign(one.style, {outline: 'none', boxShadow: 'none'})"
        )
        with pytest.raises(AssertionError, match="no ring around"):
            next(desk.stops())
