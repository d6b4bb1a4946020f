"""The page's API where pages are careless: what comes at once, too early, twice, or for somebody else."""

from __future__ import annotations

from playwright.sync_api import expect

from curbe.testing.held import Held
from curbe.testing.people import WITHIN_MS
from curbe.testing.waiting import hear, wait_for
from messenger.tests.qa.test_checklist import thread_of
from messenger.tests.qa.test_javascript_api import (
    RECORD,
    bodies,
    call,
    chatting,
    frames,
    heard,
    host,
    launcher,
    sent_by,
    stub,
)
from messenger.tests.test_widget_browser import team
from messenger.tests.test_widget_identity import token

__all__ = ["host"]  # A fixture.
# One that was asked before the last of a thousand changes, one after it, and one to spare.
MOST_BOOTSTRAPS = 3


def console(visitor):
    lines = []
    visitor.page.on("console", lambda message: lines.append(message.text))
    return lines


# A page that learns late that its frame speaks for somebody else than it has just announced.
SLOW_TO_HEAR = """const { set } = Object.getOwnPropertyDescriptor(MessagePort.prototype, "onmessage");
  Object.defineProperty(MessagePort.prototype, "onmessage", {
    set(hear) { set.call(this, (event) => setTimeout(hear, event.data.t === "other" ? 1000 : 0, event)) } });"""


# Said by the page


def test_all_that_the_page_says_is_sent_in_its_order_into_one_conversation(browser, stack, host):
    said = ["one", "two", "three"]

    @browser.run
    def story(session):
        early = stub("Curbe", "c") + "".join(f"Curbe('startConversation', '{text}');" for text in said[:2])
        visitor = host(session, early + "Curbe('showMessages')")
        expect(visitor.frame.get_by_role("heading", name="Messages")).to_be_visible(timeout=WITHIN_MS)
        call(visitor, "startConversation", said[2])
        visitor.sees("three")
        wait_for(lambda: bodies(stack, visitor) == said, "all of it to arrive")
        assert len({one["conversation_id"] for one in thread_of(stack, visitor.visitor_id())}) == 1


def test_a_script_that_runs_before_there_is_a_body_loses_nothing(browser, stack, host):
    widget = stack.demo["tenants"][0]["widgets"][0]["id"]

    @browser.run
    def story(session):
        early = stub("Curbe", "c") + "Curbe('startConversation', 'Early'); Curbe('showNewMessage', 'A draft')"
        in_head = f"{early}</script><script>window.hadBody = !!document.body</script>"
        visitor = host(session, f"{in_head}<script src='/widget/{widget}.js'>", times=0)
        assert visitor.page.evaluate("hadBody") is False
        visitor.sees("Early")
        expect(visitor.box).to_have_value("A draft")
        wait_for(lambda: bodies(stack, visitor) == ["Early"], "it to arrive once")
        assert frames(visitor) == 1


def test_what_the_page_says_waits_for_the_form(browser, stack, host, set_widget):
    set_widget(prechat={"enabled": True, "skippable": True, "fields": [{"name": "email", "required": True}]})

    @browser.run
    def story(session):
        visitor = host(session)
        call(visitor, "startConversation", "After the form")
        visitor.frame.get_by_role("button", name="Go on without this").click()
        visitor.sees("After the form")
        wait_for(lambda: bodies(stack, visitor) == ["After the form"], "it to arrive once")


def test_what_the_page_says_is_not_said_in_an_old_conversation(browser, stack, host):
    @browser.run
    def story(session):
        visitor = chatting(host(session), "About an old matter")
        (old,) = [part["conversation_id"] for part in thread_of(stack, visitor.visitor_id())]
        team(stack, "POST", f"conversations/{old}/close", {})
        expect(visitor.frame.get_by_text("This conversation is closed")).to_be_visible(timeout=WITHIN_MS)
        call(visitor, "startConversation", "About a new one")
        wait_for(lambda: bodies(stack, visitor)[-1:] == ["About a new one"], "it to arrive")
        said = [part for part in thread_of(stack, visitor.visitor_id()) if part["kind"] == "message"]
        assert [part["conversation_id"] == old for part in said] == [True, False]


def test_what_is_said_after_a_change_of_user_is_never_said_by_the_first(browser, stack, host):
    @browser.run
    def story(session):
        visitor = host(session, SLOW_TO_HEAR)
        call(visitor, "boot", {"user_jwt": token(stack, "speaks first")})
        first = chatting(visitor, "Mine").visitor_id()
        second = {"user_jwt": token(stack, "speaks second")}
        visitor.page.evaluate("(second) => { Curbe('boot', second); Curbe('startConversation', 'Not mine') }", second)
        wait_for(lambda: visitor.visitor_id() not in (None, first), "the second user")
        visitor.opens_the_chat()
        visitor.says("From the second")
        wait_for(lambda: "From the second" in bodies(stack, visitor), "the second's message")
        assert [one["body"] for one in thread_of(stack, first)] == ["Mine"]


def test_a_click_handlers_event_is_no_text(browser, stack, host):
    @browser.run
    def story(session):
        visitor = host(session, body="<button id=ask>Ask</button>")
        for method in ("showNewMessage", "startConversation"):
            visitor.page.evaluate(f"ask.onclick = (event) => Curbe('{method}', event)")
            visitor.page.locator("#ask").click()
            expect(visitor.box).to_have_value("", timeout=WITHIN_MS)
            call(visitor, "hide")
        assert visitor.visitor_id() is None
        chatting(visitor)
        assert session.page_errors == []


# The page's own mistakes


def test_what_the_pages_functions_throw_stops_nothing(browser, stack, host):
    @browser.run
    def story(session):
        throws = "() => { throw new Error('of the page') }"
        early = stub("Curbe", "c") + f"Curbe('ready', {throws}); Curbe('onUnreadCountChange', {throws});"
        visitor = host(session, early + RECORD + "Curbe('onShow', note('show'))")
        lines = console(visitor)
        visitor.page.evaluate(f"Curbe('onShow', {throws}); Curbe('onHide', {throws}); Curbe('onShow', note('also'))")
        chatting(visitor)
        call(visitor, "hide")
        assert heard(visitor) == [["show"], ["also"]]
        assert len([line for line in lines if "of the page" in line]) == 2
        assert session.page_errors == []


def test_a_selector_that_is_none_disturbs_no_click(browser, stack, host):
    @browser.run
    def story(session):
        visitor = host(session, "window.clicks = 0", body="<button onclick='clicks++'>Buy</button>")
        call(visitor, "update", {"custom_launcher_selector": "#1st >"})
        visitor.page.get_by_text("Buy").click()
        assert visitor.page.evaluate("clicks") == 1
        assert session.page_errors == []


def test_paddings_may_be_written_with_their_unit(browser, stack, host):
    @browser.run
    def story(session):
        visitor = host(session)
        call(visitor, "update", {"alignment": "left", "horizontal_padding": "33px", "vertical_padding": "44"})
        box = launcher(visitor).bounding_box()
        assert (box["x"], box["y"] + box["height"]) == (33, visitor.page.viewport_size["height"] - 44)


def test_a_thousand_changes_of_a_person_are_a_few_requests(browser, stack, host):
    @browser.run
    def story(session):
        visitor = chatting(host(session, "window.curbeSettings = {name: 'Vera'}"))
        posts, lines = sent_by(visitor.page), console(visitor)
        call(visitor, "debug", True)
        held = Held(visitor.page, "**/bootstrap")
        visitor.page.evaluate("for (let i = 1; i <= 1000; i++) Curbe('update', {visits: i})")
        # While the frame hears of them, however long it takes, it waits for its first answer.
        call(visitor, "trackEvent", "after-all-of-them")
        hear(visitor.page, lambda: any("after-all-of-them" in line for line in lines), "the frame to have heard of all")
        held.let_go()
        visitor.says("Still here")
        visitor.has_sent()
        assert 1 <= posts.count("bootstrap") <= MOST_BOOTSTRAPS
        assert set(posts) == {"bootstrap", "messages"}


def test_events_cost_a_passer_by_nothing_and_are_traced_for_who_debugs(browser, stack, host):
    @browser.run
    def story(session):
        visitor = host(session)
        lines = console(visitor)
        call(visitor, "trackEvent", "seen-by-nobody")
        assert frames(visitor) == 0
        call(visitor, "debug", True)
        call(visitor, "trackEvent", "seen-by-somebody", {"price": 12})
        hear(visitor.page, lambda: any("seen-by-somebody" in line for line in lines), "the trace")
        assert not any("seen-by-nobody" in line for line in lines)


# Without a server


def test_a_click_while_the_server_is_away_says_so_and_works_when_it_is_back(browser, stack, host):
    @browser.run
    def story(session):
        visitor = host(session)
        stack.kill()
        launcher(visitor).click()
        # Seen at one look: it goes away by itself.
        note = visitor.page.locator("curbe-messenger .note", has_text="Chat is not available right now.")
        expect(note).to_be_visible(timeout=WITHIN_MS)
        assert frames(visitor) == 0
        assert session.page_errors == []
        stack.restart()
        launcher(visitor).click()
        chatting(visitor)
