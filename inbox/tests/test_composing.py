"""Writing in the inbox, in Chromium: drafts, saved replies, names, files, corrections; and what the visitor sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from curbe.testing.bed import Bed
from curbe.testing.held import Held
from curbe.testing.people import WITHIN_MS, AgentAtInbox, VisitorAtShop
from curbe.testing.stack import Stack
from curbe.testing.waiting import hear


@pytest.fixture(scope="module")
def stack(bed: Bed) -> Iterator[Stack]:
    with bed.spawn_stack(database="sqlite") as running:
        yield running


def begins(session: Any, stack: Stack, text: str) -> Any:
    """A visitor who has said something."""
    visitor = VisitorAtShop.arrives(session, stack, "/demo/?lang=en")
    visitor.opens_the_chat()
    visitor.says(text)
    visitor.sees_note("Sent")
    return visitor


def opens(session: Any, stack: Stack, text: str, **options: Any) -> Any:
    agent = AgentAtInbox.signs_in(session, stack, **options)
    agent.opens(text)
    return agent


def keeps(agent: Any) -> None:
    expect(agent.page.locator("#draft-state")).to_have_text("Draft saved", timeout=WITHIN_MS)


def test_a_draft_is_there_in_another_browser_and_goes_with_the_message(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "about drafts")
        here = opens(session, stack, "about drafts")
        here.types("Hello, I th")
        keeps(here)
        there = AgentAtInbox.signs_in(session, stack)
        expect(there.row_saying("about drafts").locator(".has-draft")).to_be_visible()
        there.opens("about drafts")
        expect(there.box).to_have_value("Hello, I th")
        there.types("ink so")
        keeps(there)
        # Here one goes on with the older text: neither is lost.
        here.types("ought")
        bar = here.page.locator("#draft-conflict")
        expect(bar.locator("q")).to_have_text("Hello, I think so", timeout=WITHIN_MS)
        bar.get_by_role("button", name="Use that").click()
        expect(here.box).to_have_value("Hello, I think so")
        here.sends()
        visitor.sees("Hello, I think so")
        here.page.reload()
        expect(here.box).to_have_value("")
        expect(here.page.locator(".has-draft")).to_have_count(0)


def test_a_draft_that_is_being_sent_is_not_offered_again(browser, stack):
    """The message does not get through for a while; what is written meanwhile takes its draft's place."""

    @browser.run
    def story(session):
        visitor = begins(session, stack, "a slow line")
        agent = opens(session, stack, "a slow line")
        conflict = agent.page.locator("#draft-conflict")
        on_its_way = agent.page.locator("#outbox li")
        agent.types("First answer")
        keeps(agent)
        agent.page.route("**/messages", lambda route: route.abort())
        agent.sends()
        expect(on_its_way).to_contain_text("Waiting for the connection", timeout=WITHIN_MS)
        agent.page.reload()
        expect(on_its_way).to_contain_text("First answer", timeout=WITHIN_MS)
        expect(agent.box).to_have_value("")
        agent.types("And another")
        keeps(agent)
        expect(conflict).to_be_hidden()
        agent.page.unroute("**/messages")
        agent.page.reload()  # What earlier pages left is sent first: it does not wait for its next try.
        visitor.sees_once("First answer")
        agent.page.reload()
        expect(agent.box).to_have_value("And another", timeout=WITHIN_MS)
        expect(conflict).to_be_hidden()
        agent.sends()
        visitor.sees_once("First answer", "And another")


def test_half_a_draft_is_not_said_to_be_saved(browser, stack):
    @browser.run
    def story(session):
        begins(session, stack, "word by word")
        agent = opens(session, stack, "word by word")
        saves = Held(agent.page, "**/draft")
        agent.types("Half")
        half = saves.first()
        agent.types(" and half")
        half.continue_()
        hear(agent.page, lambda: saves.count() == 2, "the rest to be on its way")
        expect(agent.page.locator("#draft-state")).to_be_empty()
        saves.all()[1].continue_()
        keeps(agent)


def test_a_draft_that_could_not_be_saved_is_saved_when_the_connection_is_back(browser, stack):
    @browser.run
    def story(session):
        begins(session, stack, "a gap in the line")
        agent = opens(session, stack, "a gap in the line")
        agent.page.context.set_offline(True)
        expect(agent.page.locator("#banner")).to_be_visible(timeout=WITHIN_MS)
        with agent.page.expect_event("requestfailed", lambda request: request.url.endswith("/draft")):
            agent.types("Written in the gap")
        agent.page.context.set_offline(False)
        keeps(agent)


def test_i11_typing_a_note_tells_the_visitor_nothing_and_typing_a_reply_does(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "who reads this")
        agent = opens(session, stack, "who reads this")
        # What comes after the page was made comes by the socket: from now on it is told that one types.
        visitor.says("anybody?")
        agent.sees("anybody?")
        agent.page.locator("#composer button[data-kind=note]").click()
        agent.types("@In")
        expect(agent.page.locator("#picker")).to_contain_text("Inés Ferrer", timeout=WITHIN_MS)
        agent.box.press("Enter")
        agent.types("please look")
        agent.sends()
        expect(agent.page.locator("#parts .note mark")).to_have_text("@Inés Ferrer", timeout=WITHIN_MS)
        visitor.sees_note("Sent")
        visitor.does_not_see("Seen")
        visitor.does_not_see("please look")
        agent.page.locator("#composer button[data-kind=message]").click()
        agent.types("Yes")
        visitor.sees_note("Seen")


def test_a_saved_reply_is_typed_with_a_slash_and_filled_in_as_text(browser, stack):
    @browser.run
    def story(session):
        begins(session, stack, "money back")
        agent = AgentAtInbox.signs_in(session, stack)
        agent.page.goto(f"{agent.base_url}/inbox/settings/replies/")
        for name, value in (("shortcut", "Zebra1"), ("title", "Stripes"), ("body", "{{agent.first_name}} {{ 7*7 }}")):
            agent.page.locator(f"[name={name}]").fill(value)
        agent.page.get_by_role("button", name="Save").click()
        expect(agent.page.locator(".replies")).to_contain_text("/zebra1")
        agent.page.goto(f"{agent.base_url}/inbox/")
        agent.opens("money back")
        agent.types("/ZEBRA1")
        options = agent.page.locator("#picker > [role=option]")
        expect(options).to_have_count(1, timeout=WITHIN_MS)
        agent.box.press("Escape")
        expect(options).to_have_count(0)
        agent.box.press("Backspace")
        expect(options.first).to_be_visible(timeout=WITHIN_MS)
        agent.box.press("Tab")
        expect(agent.box).to_have_value("Maya {{ 7*7 }}")


def test_enter_waits_for_the_saved_replies_instead_of_sending_their_shortcut(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "a slow shelf")
        agent = opens(session, stack, "a slow shelf")
        reply = {"shortcut": "yak1", "title": "Wool", "body": "All our wool is local.", "is_shared": False}
        held = Held(agent.page, "**/saved-replies?*q=yak")
        agent.types("/yak")
        agent.sends()
        expect(agent.box).to_have_value("/yak")
        expect(agent.page.locator("#outbox li")).to_have_count(0)
        page = {"items": [{"id": "1", **reply}], "next": None}
        held.first().fulfill(json=page)
        expect(agent.box).to_have_value(reply["body"], timeout=WITHIN_MS)
        agent.sends()
        visitor.sees_once(reply["body"])
        visitor.does_not_see("/yak")


def test_a_file_goes_with_the_message_and_another_kind_is_refused(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "a file please")
        agent = opens(session, stack, "a file please")
        page = agent.page
        files = [("plan.txt", "text/plain", b"North"), ("plan.svg", "image/svg+xml", b"<svg/>")]
        page.set_input_files("#files", [{"name": n, "mimeType": m, "buffer": b} for n, m, b in files])
        expect(page.locator("#tray .ready")).to_have_count(1, timeout=WITHIN_MS)
        expect(page.locator("#tray .failed")).to_contain_text("cannot be sent", timeout=WITHIN_MS)
        agent.sends()
        expect(page.locator("#outbox > *")).to_have_count(0)
        page.get_by_role("button", name="Remove plan.svg").click()
        agent.sends()
        expect(page.locator("#parts .attached .file")).to_contain_text("plan.txt", timeout=WITHIN_MS)
        expect(visitor.frame.locator(".files .saved")).to_contain_text("plan.txt", timeout=WITHIN_MS)


def test_emoji_are_picked_by_mouse_and_by_arrow_keys(browser, stack):
    @browser.run
    def story(session):
        begins(session, stack, "a smile please")
        agent = opens(session, stack, "a smile please")
        page = agent.page
        agent.box.fill("Thank you ")
        page.locator("#emoji > summary").click()
        page.locator("#emoji .sheet button", has_text="👍").click()
        expect(agent.box).to_have_value("Thank you 👍")
        expect(page.locator("#emoji")).not_to_have_attribute("open", "")
        page.locator("#emoji > summary").click()
        expect(page.locator("#emoji .sheet button").first).to_be_focused()
        for key in ("ArrowRight", "Enter"):
            page.keyboard.press(key)
        expect(agent.box).to_have_value("Thank you 👍😀")


def test_what_was_said_is_changed_and_removed_by_keyboard_and_menu(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "the price")
        agent = opens(session, stack, "the price")
        agent.replies("It is 10")
        agent.box.press("ArrowUp")
        editor = agent.page.locator(".editor textarea")
        expect(editor).to_have_value("It is 10")
        editor.fill("It is 12")
        editor.press("Enter")
        visitor.sees("It is 12")
        visitor.does_not_see("It is 10")
        expect(agent.page.locator("#parts .edited")).to_be_visible(timeout=WITHIN_MS)
        part = agent.page.locator("#parts .part.message.from-agent").last
        part.hover()
        part.locator(".part-menu > summary").click()
        agent.page.once("dialog", lambda dialog: dialog.accept())
        part.get_by_role("button", name="Remove").click()
        expect(agent.page.locator("#parts .gone")).to_be_visible(timeout=WITHIN_MS)
        visitor.sees("This message was deleted")
        visitor.does_not_see("It is 12")


def test_the_collision_guard_keeps_the_second_answer_until_it_is_sent_anyway(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "who is faster")
        maya = opens(session, stack, "who is faster")
        ines = opens(session, stack, "who is faster", agent=1)
        maya.page.context.set_offline(True)
        ines.replies("I am")
        maya.box.fill("Me")
        maya.sends()
        maya.page.context.set_offline(False)
        fate = maya.page.locator("#outbox .fate")
        expect(fate).to_contain_text("A colleague has answered meanwhile.", timeout=WITHIN_MS)
        maya.sees("I am")
        visitor.does_not_see("Me")
        # Whatever else comes leaves the button where somebody is about to press it.
        again = fate.get_by_role("button", name="Send anyway")
        button = again.element_handle()
        maya.page.evaluate("document.dispatchEvent(new CustomEvent('curbe:fresh'))")
        assert button.evaluate("(one) => one.isConnected")
        again.click()
        visitor.sees("Me")


def test_send_and_close_and_the_key_that_sends_is_the_agents_choice(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "nothing more")
        agent = AgentAtInbox.signs_in(session, stack)
        agent.page.goto(f"{agent.base_url}/inbox/settings/")
        agent.page.locator("#id_send_key").select_option("mod_enter")
        expect(agent.page.locator("#saved")).to_have_text("Saved.", timeout=WITHIN_MS)
        agent.page.goto(f"{agent.base_url}/inbox/")
        agent.opens("nothing more")
        agent.box.fill("Good")
        agent.box.press("Enter")
        agent.types("bye")
        expect(agent.box).to_have_value("Good\nbye")
        agent.page.locator("#send-more > summary").click()
        agent.page.get_by_role("button", name="Send and close").click()
        expect(agent.page.locator("#turn", has_text="Reopen")).to_be_visible(timeout=WITHIN_MS)
        expect(visitor.thread).to_contain_text("bye", timeout=WITHIN_MS)
        agent.page.goto(f"{agent.base_url}/inbox/settings/")
        agent.page.locator("#id_send_key").select_option("enter")
        expect(agent.page.locator("#saved")).to_have_text("Saved.", timeout=WITHIN_MS)


def test_send_and_snooze(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "not before tomorrow")
        agent = opens(session, stack, "not before tomorrow")
        agent.box.fill("Until tomorrow, then")
        agent.page.locator("#send-more > summary").click()
        agent.page.get_by_role("button", name="Send and snooze: Tomorrow").first.click()
        visitor.sees("Until tomorrow, then")
        expect(agent.page.locator("#thread-head")).to_have_attribute("data-status", "snoozed", timeout=WITHIN_MS)
        agent.page.goto(f"{agent.base_url}/inbox/?view=snoozed")
        agent.sees_in_list("Until tomorrow, then")


def test_a_mention_is_told_to_whom_it_names_and_as_they_like(browser, stack):
    @browser.run
    def story(session):
        begins(session, stack, "somebody else knows")
        maya = opens(session, stack, "somebody else knows")
        ines = AgentAtInbox.signs_in(session, stack, agent=2)
        aloud = ines.page.locator("#announcer")
        maya.notes("@Inés Ferrer do you know?")
        expect(aloud).to_have_text("Maya Okafor mentions you: @Inés Ferrer do you know?", timeout=WITHIN_MS)
        ines.page.goto(f"{ines.base_url}/inbox/settings/")
        ines.page.locator("#id_mentions").uncheck()
        expect(ines.page.locator("#saved")).to_have_text("Saved.", timeout=WITHIN_MS)
        ines.page.goto(f"{ines.base_url}/inbox/?view=mentions")
        ines.sees_in_list("somebody else knows")
        maya.notes("@Inés Ferrer still there?")
        maya.replies("One moment")
        expect(ines.row_saying("One moment")).to_have_count(1, timeout=WITHIN_MS)
        expect(aloud).to_have_text("")
