"""Beside writing: the transcript, starting over, and emoji."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from curbe.testing.people import WITHIN_MS, CustomerAtShop, VisitorAtShop
from messenger.tests.qa.test_checklist import thread_of
from messenger.tests.qa.test_connection import reply
from messenger.tests.qa.test_login import CLARA

SHOP = "/demo/?lang=en"


def chatting(session, stack, text):
    visitor = VisitorAtShop.arrives(session, stack, SHOP)
    visitor.opens_the_chat()
    visitor.says(text)
    visitor.sees_note("Sent")
    return visitor


def menu(visitor):
    visitor.frame.get_by_role("button", name="More", exact=True).click()
    shown = visitor.frame.locator(".menu")
    expect(shown.get_by_role("button").first).to_be_focused(timeout=WITHIN_MS)
    return shown


def test_the_transcript_is_a_file_with_the_thread(browser, stack):
    @browser.run
    def story(session):
        visitor = chatting(session, stack, "For the record <b>")
        shown = menu(visitor)
        with visitor.page.expect_download() as saved:
            shown.get_by_role("button", name="Download transcript").click()
        assert saved.value.suggested_filename == "conversation.html"
        text = Path(saved.value.path()).read_text()
        assert "For the record &lt;b&gt;" in text
        expect(visitor.frame.locator(".menu")).to_have_count(0)
        expect(visitor.frame.get_by_role("button", name="More", exact=True)).to_be_focused()


def test_a_transcript_that_does_not_come_says_so(browser, stack):
    @browser.run
    def story(session):
        visitor = chatting(session, stack, "No record")
        visitor.page.route("**/transcript", lambda route: route.abort())
        shown = menu(visitor)
        shown.get_by_role("button", name="Download transcript").click()
        expect(shown.get_by_role("alert")).to_have_text("The transcript could not be loaded. Please try again.")


def test_starting_over_explains_itself_and_asks_first(browser, stack):
    @browser.run
    def story(session):
        visitor = chatting(session, stack, "Forget this")
        before = visitor.visitor_id()
        shown = menu(visitor)
        shown.get_by_role("button", name="Reset chat").click()
        question = visitor.frame.get_by_role("alertdialog", name="Start over?")
        expect(question).to_contain_text("Our team keeps what you have written")
        expect(question.get_by_role("button", name="Cancel")).to_be_focused()
        visitor.page.keyboard.press("Escape")
        expect(question).to_have_count(0)
        visitor.sees("Forget this")  # Nothing has happened, and the panel is still open.
        menu(visitor).get_by_role("button", name="Reset chat").click()
        question.get_by_role("button", name="Reset chat").click()
        expect(visitor.frame.locator(".card.write")).to_be_visible(timeout=WITHIN_MS)
        expect(visitor.frame.get_by_text("Forget this")).to_have_count(0)
        assert visitor.visitor_id() is None
        visitor.opens_the_chat()
        visitor.says("Somebody new")
        visitor.sees_note("Sent")
        assert visitor.visitor_id() not in (None, before)
        assert [one["body"] for one in thread_of(stack, before)] == ["Forget this"]
        visitor.page.reload()
        visitor.opens()
        visitor.sees("Somebody new")
        visitor.does_not_see("Forget this")


def test_a_user_can_save_and_not_start_over(browser, stack):
    @browser.run
    def story(session):
        customer = CustomerAtShop.arrives(session, stack, "/demo/account/?lang=en")
        customer.signs_in_as(CLARA)
        customer.chats("I am known")
        shown = menu(customer)
        expect(shown.get_by_role("button", name="Download transcript")).to_be_visible()
        expect(shown.get_by_role("button", name="Reset chat")).to_have_count(0)


def test_a_visitor_ends_the_conversation_and_is_asked_how_it_was(browser, stack):
    @browser.run
    def story(session):
        visitor = chatting(session, stack, "That is all")
        reply(stack, visitor, "Glad to help")
        visitor.sees("Glad to help")
        menu(visitor).get_by_role("button", name="End conversation").click()
        visitor.sees("The conversation was closed")
        expect(visitor.thread.get_by_text("How did we do?")).to_be_visible(timeout=WITHIN_MS)
        # The event may be here before the answer, with which the menu goes.
        expect(visitor.frame.locator(".menu")).to_have_count(0, timeout=WITHIN_MS)
        expect(menu(visitor).get_by_role("button", name="End conversation")).to_have_count(0)
        visitor.page.keyboard.press("Escape")
        visitor.says("One more thing")
        visitor.sees("The conversation was reopened")


def test_emoji_are_picked_by_mouse_and_by_arrow_keys(browser, stack):
    @browser.run
    def story(session):
        visitor = chatting(session, stack, "Before")
        visitor.box.fill("ab")
        visitor.box.press("ArrowLeft")  # Between the two.
        visitor.frame.get_by_role("button", name="Emoji").click()
        picker = visitor.frame.get_by_role("group", name="Emoji")
        expect(picker.get_by_role("button").first).to_be_focused(timeout=WITHIN_MS)
        picker.get_by_role("button", name="😀").click()
        expect(visitor.box).to_have_value("a😀b")
        for key in ("ArrowRight", "ArrowDown", "ArrowUp", "Enter"):
            visitor.page.keyboard.press(key)
        expect(visitor.box).to_have_value("a😀😃b")
        visitor.page.keyboard.press("Escape")
        expect(picker).to_have_count(0)
        expect(visitor.box).to_be_focused()
        visitor.box.press("Enter")
        visitor.sees("a😀😃b")
        visitor.page.reload()
        visitor.opens()
        visitor.sees("a😀😃b")


def test_what_a_widget_switches_off_is_not_offered(browser, stack, set_widget):
    set_widget(features={"emoji": False, "attachments": False, "transcript": False})

    @browser.run
    def story(session):
        visitor = chatting(session, stack, "Plain")
        expect(visitor.frame.get_by_role("button", name="Emoji")).to_have_count(0)
        expect(visitor.frame.get_by_label("Attach files")).to_have_count(0)
        shown = menu(visitor)
        expect(shown.get_by_role("button")).to_have_text(["End conversation", "Reset chat"])
