"""The widget by keyboard alone: from the first Tab to a rating, a new conversation and back to the page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from curbe.testing.bed import Bed
from curbe.testing.people import WITHIN_MS
from curbe.testing.screens import Look, Walker
from curbe.testing.stack import Stack

MOST_STOPS = 40
# The names of what has the focus, from the page down into the panel.
FOCUSED = """() => {
  const one = document.activeElement.shadowRoot?.activeElement ?? document.activeElement;
  return one.getAttribute("aria-label") || one.textContent.trim() || one.localName;
}"""
# A ring is drawn around what is pressed, or around the field's own frame.
HAS_RING = """() => {
  const one = document.activeElement.shadowRoot?.activeElement ?? document.activeElement;
  const {outlineStyle, outlineWidth} = getComputedStyle(one);
  const frame = one.closest(".composer, .search");
  const isFramed = one.matches("textarea, [type=search]") && frame && getComputedStyle(frame).boxShadow !== "none";
  const isRound = one.closest(".attach") && getComputedStyle(one.closest(".attach")).outlineStyle === "solid";
  const isRinged = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  return one.matches(":focus-visible") && (isRinged || isFramed || isRound);
}"""


@pytest.fixture(scope="module")
def stack(bed: Bed) -> Iterator[Stack]:
    with bed.spawn_stack(database="sqlite") as running:
        yield running


class Typist(Walker):
    """A visitor without a mouse."""

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    @property
    def is_inside(self):
        return self.page.evaluate("document.activeElement.shadowRoot?.activeElement?.localName") == "iframe"

    def focused(self):
        return (self.inside if self.is_inside else self.page).evaluate(FOCUSED)

    def has_ring(self):
        return (self.inside if self.is_inside else self.page).evaluate(HAS_RING)

    def goes_to(self, name, key="Tab"):
        """By that key, seeing at every stop where they are."""
        for _ in range(MOST_STOPS):
            self.press(key)
            assert self.has_ring(), f"no ring around {self.focused()!r}"
            if self.focused().startswith(name):
                return
        raise AssertionError(f"{name!r} was not reached; the last stop was {self.focused()!r}")

    def is_at(self, selector):
        expect(self.frame.locator(selector)).to_be_focused(timeout=WITHIN_MS)

    def goes_round(self, key):
        """Through everything in the panel and back to where they were, never out of it, and nowhere twice."""
        began: str = self.focused()
        stops: list[str] = []
        for _ in range(MOST_STOPS):
            self.press(key)
            assert self.is_inside, f"out of the panel after {stops}"
            stops.append(self.focused())
            if stops[-1] == began:
                break
        assert began in stops, stops
        assert "body" not in stops, stops
        assert len(stops) > 3, stops
        return stops


def test_keyboard_alone_is_enough(browser, stack):
    @browser.run
    def story(session):
        typist = Typist.begins(session, stack, Look("en", phone=False))
        expect(typist.page.get_by_role("button", name="Open chat")).to_be_visible(timeout=WITHIN_MS)
        # The launcher is a stop on the way through the page.
        typist.goes_to("Open chat")
        typist.press("Enter")
        typist.is_at("h1")
        # To the text field, and a message of two lines.
        typist.goes_to("Send us a message")
        typist.press("Enter")
        typist.is_at(".composer textarea")
        assert typist.has_ring()
        typist.page.keyboard.type("first line")
        typist.press("Shift+Enter")
        typist.page.keyboard.type("second line")
        typist.press("Enter")
        expect(typist.thread.locator(".meta.sent")).to_be_visible(timeout=WITHIN_MS)
        expect(typist.thread.locator(".own .rich")).to_have_text("first linesecond line")
        typist.is_at(".composer textarea")
        expect(typist.box).to_have_value("")
        assert set(typist.goes_round("Tab")) == set(typist.goes_round("Shift+Tab"))
        # What comes is announced when the reader pauses, and takes nobody away from what they write.
        log = typist.frame.get_by_role("log", name="Conversation")
        expect(log).to_have_attribute("aria-live", "polite")
        typist.team.reply(typist.conversation(), "A new foot is on its way.")
        expect(log.get_by_text("A new foot is on its way.")).to_be_visible(timeout=WITHIN_MS)
        typist.is_at(".composer textarea")
        typist.team.close(typist.conversation())
        typist.appears(".faces")
        typist.is_at(".composer textarea")
        # A face, a remark.
        typist.goes_to("Great", "Shift+Tab")
        typist.press("Space")
        great = typist.frame.get_by_role("button", name="Great")
        expect(great).to_have_attribute("aria-pressed", "true", timeout=WITHIN_MS)
        expect(great).to_be_focused()
        typist.goes_to("What should we know?")
        typist.page.keyboard.type("Quick and kind")
        typist.goes_to("Send feedback")
        typist.press("Enter")
        expect(typist.frame.locator(".feedback")).to_have_count(0, timeout=WITHIN_MS)
        typist.is_at(".composer textarea")
        # Another matter.
        typist.goes_to("New conversation", "Shift+Tab")
        typist.press("Enter")
        expect(typist.frame.locator(".intro")).to_be_visible(timeout=WITHIN_MS)
        typist.is_at(".composer textarea")
        typist.press("Escape")
        expect(typist.page.get_by_role("button", name="Open chat")).to_be_focused(timeout=WITHIN_MS)
        assert typist.has_ring()
        assert session.page_errors == []
