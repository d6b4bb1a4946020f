"""The inbox in a real browser, where the network and the agent's tabs come in; and who is there, and what is unread."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from curbe.testing.bed import Bed
from curbe.testing.line import Line
from curbe.testing.people import WITHIN_MS, AgentAtInbox, VisitorAtShop
from curbe.testing.stack import Stack
from curbe.testing.waiting import wait_for
from messenger.tests.qa.test_checklist import bodies_of
from messenger.tests.qa.wires import Sockets

POLLING = "This network blocks live updates"
POLLING_WITHIN_S = 15
# Seconds from when the page's scripts ran until it first asked over HTTP.
POLLED_AFTER = """() => { const [page] = performance.getEntriesByType("navigation");
  const asked = performance.getEntriesByType("resource").find((one) => one.name.includes("/api/inbox/events?"));
  return asked && (asked.startTime - page.domContentLoadedEventStart) / 1000 }"""
COUNT_WORDS = """() => { window.aloud = [];
  const announcer = document.getElementById("announcer");
  new MutationObserver(() => aloud.push(announcer.textContent)).observe(announcer, {childList: true}) }"""
LOOK = """([state]) => { Object.defineProperty(document, "visibilityState", {value: state, configurable: true});
  Object.defineProperty(document, "hidden", {value: state === "hidden", configurable: true});
  document.dispatchEvent(new Event("visibilitychange")) }"""


@pytest.fixture(scope="module")
def stack(bed: Bed) -> Iterator[Stack]:
    with bed.spawn_stack(database="sqlite") as running:
        yield running


def begins(session, stack, text, **options):
    """A visitor who has said something."""
    visitor = VisitorAtShop.arrives(session, stack, "/demo/?lang=en", **options)
    visitor.opens_the_chat()
    visitor.says(text)
    visitor.sees_note("Sent")
    return visitor


def another_tab(agent):
    """Of the same agent, in the same browser."""
    page = agent.page.context.new_page()
    page.goto(f"{agent.base_url}/inbox/")
    return AgentAtInbox(page, agent.base_url)


def badge_of(agent, text):
    return agent.row_saying(text).locator(".badge")


def is_unread(agent, text, count):
    expect(badge_of(agent, text).locator("[data-number]")).to_have_text(str(count), timeout=WITHIN_MS)
    expect(badge_of(agent, text)).to_be_visible()


def is_read(agent, text):
    expect(badge_of(agent, text)).to_be_hidden(timeout=WITHIN_MS)


def dot_of(agent, where):
    return agent.page.locator(where).locator("[data-contact-presence]")


def looks(visitor, state):
    """The visitor's tab is in front of them, or is not any more."""
    frame = next(frame for frame in visitor.page.frames if "/frame" in frame.url)
    frame.evaluate(LOOK, [state])


@pytest.mark.parametrize("how", ["refused", "hanging"])
def test_where_sockets_are_blocked_the_inbox_polls_within_15_s_and_says_so(browser, stack, how):
    @browser.run
    def story(session):
        visitor = begins(session, stack, f"anybody there, {how}")
        agent = AgentAtInbox.signs_in(session, stack)
        network = Sockets(agent.page, how)
        agent.page.reload()
        expect(agent.page.get_by_role("status").get_by_text(POLLING)).to_be_visible(timeout=30_000)
        taken = agent.page.wait_for_function(POLLED_AFTER).json_value()
        assert taken < POLLING_WITHIN_S, f"{taken:.1f} s"
        agent.opens(f"anybody there, {how}")
        visitor.says("still waiting")
        agent.sees("still waiting")
        # Typing goes over HTTP.
        agent.types_until(visitor.thread.get_by_label("is typing"))
        agent.replies("We are here")
        visitor.sees("We are here")
        network.mode = "open"
        agent.page.context.set_offline(True)
        agent.page.context.set_offline(False)
        expect(agent.page.get_by_text(POLLING)).to_be_hidden(timeout=WITHIN_MS)
        visitor.says("and now")
        agent.sees("and now")


def test_what_an_agent_says_without_a_network_is_sent_once_when_it_is_back(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "before the tunnel")
        agent = AgentAtInbox.signs_in(session, stack)
        agent.opens("before the tunnel")
        agent.page.context.set_offline(True)
        expect(agent.page.get_by_text("You are offline.")).to_be_visible(timeout=WITHIN_MS)
        agent.box.fill("from the tunnel")
        agent.sends()
        expect(agent.page.locator("#outbox")).to_contain_text("from the tunnel")
        assert bodies_of(stack, visitor.visitor_id()) == ["before the tunnel"]
        agent.page.context.set_offline(False)
        agent.sees("from the tunnel")
        expect(agent.page.locator("#outbox > *")).to_have_count(0, timeout=WITHIN_MS)
        visitor.sees_once("from the tunnel")
        assert bodies_of(stack, visitor.visitor_id()) == ["before the tunnel", "from the tunnel"]


def test_what_could_not_be_sent_outlives_a_reload_and_is_sent_once(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "before the reload")
        agent = AgentAtInbox.signs_in(session, stack)
        agent.opens("before the reload")
        agent.page.route("**/api/inbox/conversations/*/messages", lambda route: route.abort())
        agent.box.fill("after the reload")
        agent.sends()
        expect(agent.page.locator("#outbox")).to_contain_text("after the reload")
        agent.page.reload()
        expect(agent.page.locator("#outbox")).to_contain_text("after the reload", timeout=WITHIN_MS)
        assert bodies_of(stack, visitor.visitor_id()) == ["before the reload"]
        agent.page.unroute("**/api/inbox/conversations/*/messages")
        agent.page.reload()
        visitor.sees_once("after the reload")
        expect(agent.page.locator("#outbox > *")).to_have_count(0, timeout=WITHIN_MS)
        assert bodies_of(stack, visitor.visitor_id()) == ["before the reload", "after the reload"]


def test_the_team_sees_who_is_there_who_looks_away_and_who_has_gone(browser, stack):
    @browser.run
    def story(session):
        agent = AgentAtInbox.signs_in(session, stack)
        visitor = begins(session, stack, "I am here")
        agent.opens("I am here")
        row, head = dot_of(agent, ".row [aria-current]"), dot_of(agent, "#thread-head")
        for dot in (row, head):
            expect(dot).to_have_text("Online", timeout=WITHIN_MS)
        expect(head).to_be_visible()
        looks(visitor, "hidden")
        for dot in (row, head):
            expect(dot).to_have_text("Away", timeout=WITHIN_MS)
        looks(visitor, "visible")
        expect(head).to_have_text("Online", timeout=WITHIN_MS)
        # Nobody says that they have gone: who is not heard of any more is not there.
        visitor.page.close()
        agent.page.evaluate("const now = Date.now; Date.now = () => now() + 91_000")
        expect(head).to_be_hidden(timeout=WITHIN_MS)
        # The control: somebody who has never been there has no dot.
        others = agent.page.locator(".row [data-contact-presence]:visible")
        expect(others).to_have_count(0)


@pytest.mark.parametrize("meanwhile", ["looking", "opening", "cut off"])
def test_the_panel_shows_the_page_that_the_visitor_is_on(browser, stack, meanwhile):
    @browser.run
    def story(session):
        text, title = f"Where am I, {meanwhile}?", f"A very blue mug, {meanwhile}"
        visitor = begins(session, stack, "Hello?")
        agent = AgentAtInbox.signs_in(session, stack)
        network = Sockets(agent.page)
        agent.page.reload()
        visitor.says(text)
        agent.sees_in_list(text)  # Said after the page was made: the inbox listens.
        if meanwhile == "opening":
            agent.page.route("**/inbox/c/**", lambda route: answers_late(route, lambda: goes_on_to(visitor, title)))
        agent.opens(text)
        if meanwhile == "cut off":
            network.fall_silent()
        if meanwhile != "opening":
            goes_on_to(visitor, title)
        if meanwhile == "cut off":
            agent.page.evaluate("dispatchEvent(new Event('online'))")
        trail = agent.page.locator("#panel .trail .current")
        expect(trail).to_contain_text(title, timeout=WITHIN_MS)


def goes_on_to(visitor, title):
    """The next page of a single-page site; back when the server knows."""
    with visitor.page.expect_response("**/visits"):
        visitor.page.evaluate(
            "title => { document.title = title; history.pushState({}, '', '?mug=blue'); Curbe('update') }", title
        )


def answers_late(route, meanwhile):
    """What is answered is from before that happens, and arrives after it."""
    answer = route.fetch()
    meanwhile()
    route.fulfill(response=answer)


@pytest.mark.parametrize("by", ["button", "keyboard"])
def test_marked_as_unread_a_thread_stays_so_until_its_reader_moves(browser, stack, by):
    @browser.run
    def story(session):
        text, more = f"read me later, by {by}", f"and this, by {by}"
        visitor = begins(session, stack, "first of all")
        visitor.says(text)
        agent = AgentAtInbox.signs_in(session, stack)
        other = another_tab(agent)
        colleague = AgentAtInbox.signs_in(session, stack, agent=1)
        colleague.opens(text)
        agent.opens(text)
        other.sees_in_list(text)
        for tab in (agent, other, colleague):
            is_read(tab, text)
        if by == "button":
            agent.page.get_by_role("button", name="Mark as unread").click()
        else:
            agent.page.locator("#thread-scroll").focus()
            agent.page.keyboard.press("Shift+U")
        for tab in (agent, other):
            is_unread(tab, text, 1)
        expect(agent.page.locator("#parts > .fresh + .part")).to_contain_text(text)
        expect(agent.page.locator("#announcer")).to_have_text("Marked as unread.")
        # Being open, being looked at, and what comes on top change nothing; nor does it concern a colleague.
        agent.page.evaluate("dispatchEvent(new Event('focus'))")
        visitor.says(more)
        agent.sees(more)
        is_unread(agent, more, 2)
        is_read(colleague, more)
        # The reader moves: read.
        agent.page.locator("#thread-scroll").hover()
        agent.page.mouse.wheel(0, 40)
        for tab in (agent, other):
            is_read(tab, more)


def test_an_older_word_about_reading_takes_nothing_back(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "the first of two")
        visitor.says("the second of two")
        agent = AgentAtInbox.signs_in(session, stack)
        line = Line(agent.page)
        agent.page.reload()
        agent.opens("the second of two")
        is_read(agent, "the second of two")
        line.is_up()
        word = {"t": "eph", "k": "agent_read", "c": agent.conversation_id(), "last_read_seq": 1}
        line.tells({**word, "unread": 1, "back": False})
        # What comes after it is heard after it.
        visitor.says("the third of two")
        agent.sees("the third of two")
        is_read(agent, "the third of two")
        expect(agent.page.locator("#parts > .fresh")).to_have_count(0)
        # The control: marked as unread it is.
        line.tells({**word, "unread": 2, "back": True})
        expect(agent.page.locator("#parts > .fresh + .part")).to_contain_text("the second of two")


def test_two_tabs_of_an_agent_agree_and_one_speaks(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "two of you?")
        first = AgentAtInbox.signs_in(session, stack)
        second = another_tab(first)
        for tab in (first, second):
            tab.sees_in_list("two of you?")
            tab.page.evaluate(COUNT_WORDS)
        visitor.says("somebody answer, please")
        for tab in (first, second):
            is_unread(tab, "somebody answer, please", 2)
        said = lambda: first.page.evaluate("aloud") + second.page.evaluate("aloud")  # noqa: E731
        wait_for(lambda: len(said()) == 1, "a tab to say it")
        assert "somebody answer, please" in said()[0]
        # Read in one is read in both, and no tab speaks of what somebody looks at.
        first.opens("somebody answer, please")
        is_read(second, "somebody answer, please")
        second.opens("somebody answer, please")
        first.box.fill("half an ans")
        expect(second.box).to_have_value("half an ans", timeout=WITHIN_MS)
        first.replies("half an answer")
        second.sees("half an answer")
        expect(second.box).to_have_value("", timeout=WITHIN_MS)
        assert len(said()) == 1


def test_signing_out_in_one_tab_is_told_in_the_other(browser, stack):
    @browser.run
    def story(session):
        first = AgentAtInbox.signs_in(session, stack)
        second = another_tab(first)
        expect(second.page.locator("#rows")).to_be_visible(timeout=WITHIN_MS)
        first.page.locator("#account summary").click()
        first.page.get_by_role("button", name="Sign out").click()
        expect(second.page.get_by_text("You have been signed out.")).to_be_visible(timeout=WITHIN_MS)
