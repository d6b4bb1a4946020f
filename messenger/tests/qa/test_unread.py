"""What is unread, outside the panel: the page's title and the preview beside the launcher."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from curbe.testing.people import WITHIN_MS, VisitorAtShop
from curbe.testing.waiting import hear, wait_for
from messenger.tests.qa.test_connection import reply
from messenger.tests.qa.test_javascript_api import call, chatting, host
from messenger.tests.test_widget_browser import BLOCK_STORAGE

__all__ = ["host"]  # A fixture.
NARROW = {"viewport": {"width": 320, "height": 568}}


def preview(visitor):
    return visitor.page.locator("curbe-messenger .preview")


def is_noticed(stack, visitor, text):
    """The team answers while the panel is closed, and the page shows it."""
    call(visitor, "hide")
    reply(stack, visitor, text)
    expect(preview(visitor)).to_contain_text(text[:100], timeout=WITHIN_MS)


def test_a_preview_that_was_put_away_stays_away_also_where_storage_is_blocked(browser, stack, host):
    @browser.run
    def story(session):
        visitor = host(session)
        visitor.page.evaluate(BLOCK_STORAGE)
        chatting(visitor)
        is_noticed(stack, visitor, "Do you see me?")
        preview(visitor).get_by_role("button", name="Dismiss").click()
        expect(preview(visitor)).to_be_empty()
        call(visitor, "update", {"action_color": "#123456"})
        expect(preview(visitor)).to_be_empty()
        reply(stack, visitor, "And me?")
        expect(preview(visitor)).to_contain_text("And me?", timeout=WITHIN_MS)


def test_what_is_unread_is_shown_and_gone_in_every_tab(browser, stack, host):
    @browser.run
    def story(session):
        visitor = chatting(host(session))
        other = VisitorAtShop(visitor.page.context.new_page())
        other.page.goto(f"{stack.base_url}/demo/?lang=en")
        title = other.page.title()
        is_noticed(stack, visitor, "In both tabs")
        expect(preview(other)).to_contain_text("In both tabs", timeout=WITHIN_MS)
        expect(other.page).to_have_title(f"(1) {title}")
        expect(visitor.page).to_have_title("(1) Host")
        visitor.opens()
        visitor.sees("In both tabs")
        expect(other.page).to_have_title(title, timeout=WITHIN_MS)
        expect(visitor.page).to_have_title("Host")
        expect(preview(other)).to_be_empty()


def test_a_title_that_a_page_keeps_and_brings_back_is_never_marked_twice(browser, stack, host):
    @browser.run
    def story(session):
        visitor = chatting(host(session))
        page = visitor.page
        is_noticed(stack, visitor, "The first")
        page.evaluate("window.kept = document.title")
        assert page.evaluate("kept") == "(1) Host"
        reply(stack, visitor, "The second")
        expect(page).to_have_title("(2) Host", timeout=WITHIN_MS)
        page.evaluate("document.title = kept")
        expect(page).to_have_title("(2) Host")
        visitor.opens()
        expect(page).to_have_title("Host", timeout=WITHIN_MS)
        page.evaluate("document.title = kept")
        expect(page).to_have_title("Host")
        page.evaluate("document.title = '(7) Of the page'")
        call(visitor, "hide")
        reply(stack, visitor, "The third")
        expect(page).to_have_title("(1) (7) Of the page", timeout=WITHIN_MS)
        call(visitor, "shutdown")
        expect(page).to_have_title("(7) Of the page")
        expect(preview(visitor)).to_have_count(0, timeout=WITHIN_MS)


def test_a_page_that_insists_on_its_title_is_not_held_up(browser, stack, host):
    @browser.run
    def story(session):
        insists = """window.fought = 0; addEventListener('load', () => new MutationObserver(() => {
          if (document.title !== 'Mine') { fought++; document.title = 'Mine' } }).observe(
          document.head, {childList: true, subtree: true, characterData: true}))"""
        visitor = chatting(host(session, insists))
        is_noticed(stack, visitor, "A contest")
        wait_for(lambda: visitor.page.evaluate("fought") > 2, "the contest")
        visitor.opens()
        expect(visitor.page).to_have_title("Mine", timeout=WITHIN_MS)


def test_the_title_of_a_page_view_is_the_pages_own(browser, stack, host):
    @browser.run
    def story(session):
        visitor = chatting(host(session))
        is_noticed(stack, visitor, "Look here")
        bodies = []
        visitor.page.on(
            "request", lambda one: bodies.append(json.loads(one.post_data)) if one.url.endswith("/visits") else 0
        )
        visitor.page.evaluate("history.pushState({}, '', '/host/next'); Curbe('update')")
        hear(visitor.page, lambda: bodies, "the page view")
        assert bodies[0]["page"]["title"] == "Host"


LOOKS = {
    "right": {},
    "left": {"alignment": "left"},
    "far from the edge": {"horizontal_padding": 60, "alignment": "left"},
    "under a page's own button": {"hide_default_launcher": True},
}


@pytest.mark.parametrize("look", LOOKS)
def test_the_preview_fits_the_smallest_phone(browser, stack, host, look):
    @browser.run
    def story(session):
        visitor = chatting(host(session, **NARROW))
        call(visitor, "update", LOOKS[look])
        is_noticed(stack, visitor, "Wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww " * 3)
        card = preview(visitor).bounding_box()
        assert card["x"] >= 0 and card["x"] + card["width"] <= NARROW["viewport"]["width"]
        assert card["y"] >= 0
        for button in preview(visitor).get_by_role("button").all():
            box = button.bounding_box()
            assert box["x"] >= card["x"] and box["x"] + box["width"] <= card["x"] + card["width"]
            assert min(box["width"], box["height"]) >= 44
        assert visitor.page.evaluate("document.documentElement.scrollWidth") == NARROW["viewport"]["width"]


def test_a_preview_follows_the_language_and_the_direction_of_its_text(browser, stack, host):
    @browser.run
    def story(session):
        visitor = chatting(host(session))
        is_noticed(stack, visitor, "مرحبا، كيف يمكنني مساعدتك؟")
        text = preview(visitor).locator(".text span")
        right = "(one) => { const range = new Range(); range.selectNodeContents(one); return"
        right += " one.getBoundingClientRect().right - range.getBoundingClientRect().right }"
        assert abs(text.evaluate(right)) < 2, "the text begins at the right"
        call(visitor, "update", {"language_override": "es"})
        expect(preview(visitor).get_by_role("button", name="Descartar")).to_be_visible()
