"""The QA checklist of seed 001, where network and tabs come in: reconnect, two tabs, and what else may happen."""

from __future__ import annotations

import uuid

import httpx
import pytest
from playwright.sync_api import expect

from curbe.testing.held import Held
from curbe.testing.people import WITHIN_MS, AgentAtInbox, VisitorAtShop
from curbe.testing.waiting import SERVED_WITHIN_S, hear, wait_for
from messenger.tests.qa.test_checklist import bodies_of, thread_of
from messenger.tests.qa.wires import Sockets

SHOP = "/demo/?lang=en"
POLLING = "Live updates are blocked on this network"
RECONNECTING = "Connecting again…"
PART = "**/follow*.js"
BOOTING = "**/api/messenger/bootstrap"
FRAMES = "performance.getEntriesByType('resource').filter((one) => one.initiatorType === 'iframe').length"
# Three sockets that hang, one after the other.
HANGING_MS = 12_100
# The newest message for which a bell rang, or was hushed, in one of the tabs; its key is the name of their lock.
RUNG = "Object.entries(localStorage).find(([key]) => key.startsWith('curbe_rung:'))"
RINGS_WITHIN_MS = 1_000
COUNT_TONES = """window.tones = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...args) { top.tones += 1; return start.apply(this, args) }"""


def begins(session, stack, text, **options):
    """A visitor who has said something."""
    visitor = VisitorAtShop.arrives(session, stack, SHOP, **options)
    visitor.opens_the_chat()
    visitor.says(text)
    visitor.sees_note("Sent")
    return visitor


def reply(stack, visitor, text):
    """The tenant's program answers."""
    person = wait_for(visitor.visitor_id, "somebody to be there")  # A frame that is just made knows nobody.
    conversation = thread_of(stack, person)[-1]["conversation_id"]
    url = f"{stack.base_url}/api/inbox/conversations/{conversation}/messages"
    headers = {"Authorization": f"Bearer {stack.demo['tenants'][0]['api_token']}"}
    said = {"client_message_id": str(uuid.uuid4()), "body": text}
    answer = httpx.post(url, headers=headers, json=said, timeout=SERVED_WITHIN_S)
    assert answer.is_success, answer.text


def has_arrived(visitor):
    """Nothing of what they said is on its way any more."""
    expect(visitor.thread.locator(".waiting")).to_have_count(0, timeout=30_000)


def counts(visitor, unread):
    """The page is told of so many unread messages."""
    asked = "new Promise((tell) => Curbe('onUnreadCountChange', tell))"
    wait_for(lambda: visitor.page.evaluate(asked) == unread, f"{unread} to be unread")


def another_tab(visitor):
    """Of the same browser, at the shop."""
    tab = VisitorAtShop(visitor.page.context.new_page())
    tab.page.goto(visitor.page.url)
    tab.opens_the_chat()
    return tab


def test_q07_what_happened_without_a_network_is_there_when_it_is_back(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "Q07 before")
        network = Sockets(visitor.page)
        visitor.page.reload()
        visitor.opens_the_chat()
        network.fall_silent()
        visitor.page.context.set_offline(True)
        expect(visitor.frame.get_by_text("You are offline")).to_be_visible(timeout=WITHIN_MS)
        visitor.says("Q07 said without a network")
        visitor.says("Q07 and another")
        reply(stack, visitor, "Q07 answered meanwhile")
        assert bodies_of(stack, visitor.visitor_id()) == ["Q07 before", "Q07 answered meanwhile"]
        visitor.page.context.set_offline(False)
        has_arrived(visitor)
        said = ["Q07 before", "Q07 answered meanwhile", "Q07 said without a network", "Q07 and another"]
        visitor.sees_once(*said)
        assert bodies_of(stack, visitor.visitor_id()) == said
        expect(visitor.frame.get_by_text("You are offline")).to_have_count(0)


def test_q09_two_tabs_agree_and_ring_once(browser, stack, loud_widget):
    @browser.run
    def story(session):
        person = session.person()
        person.clock.install()
        person.add_init_script(COUNT_TONES)
        first = VisitorAtShop(person.new_page())
        network = Sockets(first.page)
        first.page.goto(f"{stack.base_url}{SHOP}")
        first.opens_the_chat()
        first.says("Q09 from the first tab")
        first.sees_note("Sent")
        second = another_tab(first)
        second.sees_once("Q09 from the first tab")
        # What is begun in one tab is in the field of the other, until it is sent.
        first.box.fill("Q09 half a")
        expect(second.box).to_have_value("Q09 half a", timeout=WITHIN_MS)
        first.says("Q09 half a thought")
        second.sees_once("Q09 half a thought")
        expect(second.box).to_have_value("", timeout=WITHIN_MS)
        # Nobody looks: both count it, one rings.
        for tab in (first, second):
            tab.page.evaluate("Curbe('hide')")
        reply(stack, first, "Q09 an answer")
        for tab in (first, second):
            counts(tab, 1)
        tones = lambda: first.page.evaluate("tones") + second.page.evaluate("tones")  # noqa: E731
        wait_for(lambda: tones() == 1, "a tab to ring")
        # The next one rings as well, so the other tab had its time.
        reply(stack, first, "Q09 another")
        wait_for(lambda: tones() == 2, "a tab to ring again")
        # Read in one is read in both.
        second.opens_the_chat()
        second.sees_once("Q09 an answer", "Q09 another")
        for tab in (second, first):
            counts(tab, 0)
        # Who looks needs no bell, in no tab. The other one hears of it when the bell is hushed, and has its time then.
        network.hold()
        for text in ("Q09 while looking", "Q09 last"):
            before = second.page.evaluate(f"{RUNG}[1]")
            reply(stack, first, text)
            second.sees_once(text)
            second.page.wait_for_function(f"(before) => {RUNG}[1] !== before", arg=before)
        network.let_go()
        first.sees_once("Q09 last")
        person.clock.run_for(RINGS_WITHIN_MS)
        first.page.evaluate(f"navigator.locks.request({RUNG}[0], () => null)")  # Whoever rings does so before.
        counts(first, 0)
        assert tones() == 2


@pytest.fixture
def loud_widget(set_widget):
    """The tenant's first widget, with the sound switched on."""
    set_widget(features={"sound": True})


def test_a_reload_while_a_message_is_on_its_way_sends_it_once(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "before the reload")
        held = []
        visitor.page.route(
            "**/conversations/*/messages", lambda route: held.append(route)
        )  # The network takes it, and is silent.
        visitor.says("while sending")
        visitor.says("and behind it")
        hear(visitor.page, lambda: held, "the first to be under way")
        visitor.page.unroute("**/conversations/*/messages")
        visitor.page.reload()
        visitor.opens_the_chat()
        has_arrived(visitor)
        said = ["before the reload", "while sending", "and behind it"]
        visitor.sees_once(*said)
        assert bodies_of(stack, visitor.visitor_id()) == said


def test_what_a_closed_tab_was_sending_is_sent_by_the_next(browser, stack):
    @browser.run
    def story(session):
        first = begins(session, stack, "in the first tab")
        second = another_tab(first)
        held = Held(first.page, "**/conversations/*/messages")
        first.says("never sent from there")
        held.first()
        expect(second.bubble("never sent from there")).to_be_visible(timeout=WITHIN_MS)
        person = first.visitor_id()
        assert bodies_of(stack, person) == ["in the first tab"]
        first.page.close()
        has_arrived(second)
        second.sees_once("never sent from there")
        assert bodies_of(stack, person) == ["in the first tab", "never sent from there"]


def test_a_computer_that_wakes_up_catches_up_at_once(browser, stack):
    """Its connection died in its sleep, and nobody told it."""

    @browser.run
    def story(session):
        person = session.person()
        person.clock.install()
        page = person.new_page()
        network = Sockets(page)
        page.goto(f"{stack.base_url}{SHOP}")
        visitor = VisitorAtShop(page)
        visitor.opens_the_chat()
        visitor.says("before the lid was closed")
        visitor.sees_note("Sent")
        reply(stack, visitor, "we are live")
        visitor.sees("we are live")
        network.fall_silent()
        asleep = network.opened
        reply(stack, visitor, "while it slept")
        visitor.does_not_see("while it slept")
        person.clock.fast_forward("08:00:00")
        visitor.sees("while it slept")
        assert network.opened > asleep
        visitor.says("awake")
        has_arrived(visitor)


def test_a_frozen_tab_catches_up_when_it_thaws(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "before the frost")
        tab = visitor.page.context.new_cdp_session(visitor.page)
        tab.send("Page.setWebLifecycleState", {"state": "frozen"})
        reply(stack, visitor, "during the frost")
        tab.send("Page.setWebLifecycleState", {"state": "active"})
        visitor.sees_once("before the frost", "during the frost")


def test_a_server_that_restarts_in_order_is_no_trouble_worth_polling(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "before the restart")
        reply(stack, visitor, "we are live")
        visitor.sees("we are live")
        states = watch_notices(visitor)
        stack.terminate()
        visitor.says("while it was down")
        stack.restart()
        has_arrived(visitor)
        expect(visitor.frame.get_by_text(RECONNECTING)).to_have_count(0, timeout=60_000)
        reply(stack, visitor, "after the restart")
        visitor.sees_once("before the restart", "while it was down", "after the restart")
        assert POLLING not in "".join(states())


def test_a_part_of_the_widget_that_did_not_load_is_made_good_when_the_server_is_back(browser, stack):
    """No browser asks twice for a module that failed, so it takes another frame; nothing that was written is lost."""

    @browser.run
    def story(session):
        visitor = opens_without_a_part(session, stack)
        held = Held(visitor.page, BOOTING)
        visitor.says("is anybody there")
        held.first()  # When that is answered the frame is replaced, and not more than three times.
        expect(visitor.frame.get_by_text(RECONNECTING)).to_be_visible(timeout=WITHIN_MS)
        has_arrived(visitor)
        visitor.box.fill("half a thought")
        reply(stack, visitor, "we are")
        visitor.page.unroute(PART)
        visitor.page.route(BOOTING, lambda route: route.continue_())  # The later route goes first.
        for route in held.all():
            route.continue_()
        visitor.sees_once("is anybody there", "we are")
        expect(visitor.box).to_have_value("half a thought")
        expect(visitor.frame.get_by_text(RECONNECTING)).to_have_count(0)
        reply(stack, visitor, "and live")
        visitor.sees("and live")


def test_a_part_of_the_widget_that_never_loads_leaves_a_chat_that_says_so(browser, stack):
    """Something between blocks it for good: frames are not made for ever, and what is written is sent."""

    @browser.run
    def story(session):
        visitor = opens_without_a_part(session, stack)
        visitor.says("blocked for good")
        # The first frame and three more: all of them say so, and only the last one stays.
        visitor.page.wait_for_function(f"() => {FRAMES} === 4", timeout=30_000)
        expect(visitor.frame.get_by_text("Please reload the page")).to_be_visible(timeout=30_000)
        visitor.says("and still here")
        visitor.has_sent()
        visitor.sees_once("blocked for good", "and still here")


def opens_without_a_part(session, stack):
    """A visitor whose browser does not get what follows the log, at the chat all the same."""
    page = session.page()
    page.route(PART, lambda route: route.abort())
    page.goto(f"{stack.base_url}{SHOP}")
    visitor = VisitorAtShop(page)
    visitor.opens_the_chat()
    return visitor


def watch_notices(visitor):
    """What the panel says of the connection from here on; the function returned asks for it."""
    notices = visitor.frame.locator(".notices")
    notices.evaluate("""(place) => { window.noticed = [];
      new MutationObserver(() => noticed.push(place.textContent)).observe(place, {childList: true, subtree: true}) }""")
    return lambda: notices.evaluate("() => noticed")


@pytest.mark.parametrize("how", ["refused", "hanging"])
def test_where_sockets_are_blocked_the_widget_polls_within_15_s_and_says_so(browser, stack, how):
    @browser.run
    def story(session):
        page = session.page()
        page.clock.install()
        network = Sockets(page, how)
        page.goto(f"{stack.base_url}{SHOP}")
        visitor = VisitorAtShop(page)
        visitor.opens_the_chat()
        visitor.says("is anybody there")
        visitor.sees_note("Sent")
        hear(page, lambda: network.opened, "the first socket")
        if how == "hanging":
            page.clock.run_for(HANGING_MS)  # By the page's own clock: whatever this machine takes comes on top.
        expect(visitor.frame.get_by_role("status").get_by_text(POLLING)).to_be_visible(timeout=WITHIN_MS)
        assert network.opened == 3
        # Both ways, and typing too.
        reply(stack, visitor, "we are")
        visitor.sees("we are")
        agent = AgentAtInbox.signs_in(session, stack)
        agent.opens("we are")
        visitor.types_until(agent.page.locator("#typing"))
        visitor.says("good")
        agent.sees("good")
        # And back, as soon as it is possible and the network changes.
        network.mode = "open"
        page.context.set_offline(True)
        page.context.set_offline(False)
        expect(visitor.frame.locator(".weather")).to_have_count(0, timeout=30_000)  # Live: it neither polls nor tries.
        polls = len([url for url in session.records[0].requests if "/events?" in url])
        reply(stack, visitor, "over the socket again")
        visitor.sees_once("is anybody there", "we are", "good", "over the socket again")
        assert len([url for url in session.records[0].requests if "/events?" in url]) == polls
