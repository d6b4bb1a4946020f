"""Two agents and a visitor at once: whose a conversation is, when it sleeps, who looks, and a list that keeps still."""

from __future__ import annotations

import itertools
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Self

import httpx
import pytest
from playwright.sync_api import expect

from curbe.testing import axe
from curbe.testing.bed import Bed
from curbe.testing.people import WITHIN_MS, AgentAtInbox, VisitorAtShop
from curbe.testing.stack import Stack
from curbe.testing.waiting import SERVED_WITHIN_S

# A snooze is over when its time has come, some seconds later at the most.
WAKES_WITHIN_MS = 15_000


@pytest.fixture(scope="module")
def stack(bed: Bed) -> Iterator[Stack]:
    with bed.spawn_stack(database="sqlite") as running:
        yield running


def begins(session, stack, text):
    """A visitor who has said something."""
    visitor = VisitorAtShop.arrives(session, stack, "/demo/?lang=en")
    visitor.opens_the_chat()
    visitor.says(text)
    visitor.sees_note("Sent")
    return visitor


def at(agent, query):
    """Another list, by its address."""
    agent.page.goto(f"{agent.base_url}/inbox/?{query}")
    expect(agent.page.locator("#rows")).to_be_attached(timeout=WITHIN_MS)
    agent.page.wait_for_load_state()
    return agent


def count_of(agent, view):
    return int(agent.page.locator(f"#view-{view} .count").text_content() or 0)


def assigns(agent, name):
    agent.page.locator("#assign > summary").click()
    agent.page.locator("#assign button", has_text=name).first.click()
    expect(agent.page.locator("#assignee")).to_contain_text(name, timeout=WITHIN_MS)


def test_a_conversation_moves_between_the_lists_of_two_agents(browser, stack):
    @browser.run
    def story(session):
        begins(session, stack, "whose am I?")
        maya, tom = (AgentAtInbox.signs_in(session, stack, agent=number) for number in (0, 1))
        at(tom, "view=mine")
        mine, unassigned = count_of(tom, "mine"), count_of(tom, "unassigned")
        expect(tom.row_saying("whose am I?")).to_have_count(0)
        at(maya, "view=unassigned").opens("whose am I?")
        assigns(maya, "Tom")
        tom.sees_in_list("whose am I?")
        expect(maya.row_saying("whose am I?")).to_have_count(0, timeout=WITHIN_MS)
        expect(tom.page.locator("#view-mine .count")).to_have_text(str(mine + 1), timeout=WITHIN_MS)
        expect(tom.page.locator("#view-unassigned .count")).to_have_text(str(unassigned - 1), timeout=WITHIN_MS)
        # The thread is as it was for Maya, and says what she did.
        expect(maya.page.locator("#parts .event").last).to_contain_text("Tom", timeout=WITHIN_MS)


def test_a_visitor_wakes_what_sleeps_and_so_does_the_time(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "take your time")
        maya, tom = (AgentAtInbox.signs_in(session, stack, agent=number) for number in (0, 1))
        maya.opens("take your time")
        conversation = maya.conversation_id()
        maya.page.locator("#thread-scroll").focus()
        maya.page.keyboard.press("z")
        maya.page.keyboard.press("ArrowDown")
        maya.page.keyboard.press("Enter")
        expect(maya.page.locator("#thread-head")).to_have_attribute("data-status", "snoozed", timeout=WITHIN_MS)
        expect(tom.row_saying("take your time")).to_have_count(0, timeout=WITHIN_MS)
        at(tom, "view=snoozed").sees_in_list("take your time")
        visitor.says("no, now")
        expect(tom.row_saying("no, now")).to_have_count(0, timeout=WITHIN_MS)
        expect(maya.page.locator("#thread-head")).to_have_attribute("data-status", "open", timeout=WITHIN_MS)
        maya.sees_in_list("no, now")

        until = f"Conversation.objects.filter(id='{conversation}').update(status='snoozed', snoozed_until=now())"
        stack.manage(
            "shell",
            "--no-imports",
            "-c",
            f"from django.utils.timezone import now; from messenger.models import Conversation; {until}",
        )
        woken = maya.page.locator("#parts .event", has_text="no longer snoozed")
        expect(woken).to_have_count(2, timeout=WAKES_WITHIN_MS)


def test_a_row_says_who_looks_and_writes_and_what_is_unread_for_oneself(browser, stack):
    @browser.run
    def story(session):
        maya = AgentAtInbox.signs_in(session, stack)
        visitor = begins(session, stack, "who is there?")
        row = maya.row_saying("who is there?")
        expect(row.locator("[data-number]")).to_have_text("1", timeout=WITHIN_MS)
        # The row has come by Maya's socket, so that she hears who looks at it: it is said once.
        tom = AgentAtInbox.signs_in(session, stack, agent=1)
        tom.opens("who is there?")
        expect(row.locator(".present")).to_have_text("Tom Lindqvist is viewing", timeout=WITHIN_MS)
        tom.types("One mom")
        expect(row.locator(".present")).to_have_text("Tom Lindqvist is writing a reply…", timeout=WITHIN_MS)
        visitor.says("hello?")
        expect(maya.row_saying("hello?").locator("[data-number]")).to_have_text("2", timeout=WITHIN_MS)
        expect(tom.row_saying("hello?").locator(".badge")).to_be_hidden(timeout=WITHIN_MS)


class Traffic(threading.Thread):
    """Replies in other conversations, 20 a second: each moves its row to the top of every list."""

    def __init__(self, stack: Stack, keep_out: str) -> None:
        super().__init__(daemon=True)
        self.url = f"{stack.base_url}/api/inbox"
        self.headers = {"Authorization": f"Bearer {stack.demo['tenants'][0]['api_token']}"}
        answer = httpx.get(f"{self.url}/conversations?status=open", headers=self.headers, timeout=SERVED_WITHIN_S)
        items = answer.json()["items"]
        self.ids = [one["id"] for one in items if one["id"] != keep_out]
        self.ended = threading.Event()
        self.sent = 0

    def run(self) -> None:
        began = time.monotonic()
        with httpx.Client(headers=self.headers, timeout=SERVED_WITHIN_S) as client:
            for number, conversation in enumerate(itertools.cycle(self.ids)):
                if self.ended.wait(max(0, began + number / 20 - time.monotonic())):
                    return
                body = {"client_message_id": str(uuid.uuid4()), "body": f"busy {number}"}
                answer = client.post(f"{self.url}/conversations/{conversation}/messages", json=body)
                self.sent += answer.is_success

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.join(20)


TOPS = """(id) => { window.tops = []; window.watching = true; const row = document.getElementById(id);
  const look = () => { if (!window.watching) return; window.tops.push(row.getBoundingClientRect().top);
    requestAnimationFrame(look) }; look() }"""
SPREAD = "() => { window.watching = false; return Math.max(...window.tops) - Math.min(...window.tops) }"


# The latest of the numbered replies that a row shows.
LATEST = """() => Math.max(0, ...[...document.querySelectorAll("#rows .row")].map(
  (row) => Number(/busy (\\d+)/.exec(row.textContent)?.[1] ?? 0)))"""

# Three seconds of them: a request, and the machine's noise.
MOST_BEHIND = 60


def shows_reply(page, number):
    """Wait until the list has come to the reply of that number; any one of them stays for a second only."""
    page.wait_for_function(f"(least) => ({LATEST})() >= least", arg=number, timeout=30_000)


def test_a_list_keeps_still_while_20_events_a_second_come(browser, stack):
    """Under the pointer, and where somebody has scrolled to; with focus and what is chosen as they were."""

    @browser.run
    def story(session):
        maya = AgentAtInbox.signs_in(session, stack, viewport={"width": 1280, "height": 420})
        page = maya.page
        rows = page.locator("#rows > .row")
        assert rows.count() > 6
        page.locator("#list-scroll").evaluate("(list) => (list.scrollTop = 180)")
        kept = rows.nth(4).get_attribute("data-id") or ""
        row = page.locator(f"#row-{kept}")
        row.locator(".pick input").check(force=True)
        row.locator("a").focus()
        page.mouse.move(900, 200)
        page.evaluate(TOPS, f"row-{kept}")
        with Traffic(stack, keep_out=kept) as traffic:
            expect(page.locator("#more-rows")).to_be_visible(timeout=WITHIN_MS)
            shows_reply(page, 60)
            behind = traffic.sent - page.evaluate(LATEST)
            scrolled = page.evaluate(SPREAD)
            # The pointer rests on the row.
            row.hover()
            page.evaluate(TOPS, f"row-{kept}")
            shows_reply(page, traffic.sent + 40)
            hovered = page.evaluate(SPREAD)
        assert behind < MOST_BEHIND, f"{behind} replies behind"
        assert (scrolled, hovered) == (pytest.approx(0, abs=1), pytest.approx(0, abs=1)), f"{scrolled} px, {hovered} px"
        assert page.evaluate("document.activeElement.parentElement.id") == f"row-{kept}"
        expect(row.locator(".pick input")).to_be_checked()
        expect(page.locator("#picked")).to_have_text("1 selected")
        # The control: another row did move, and the pill leads to it.
        page.mouse.move(900, 200)
        page.locator("#more-rows").click()
        expect(page.locator("#more-rows")).to_be_hidden()
        expect(rows.first).to_contain_text("busy")


def test_several_are_chosen_and_changed_at_once(browser, stack):
    @browser.run
    def story(session):
        for number in range(3):
            begins(session, stack, f"bulk {number}")
        maya, tom = (AgentAtInbox.signs_in(session, stack, agent=number) for number in (0, 1))
        rows = maya.page.locator("#rows > .row", has_text="bulk")
        expect(rows).to_have_count(3, timeout=WITHIN_MS)
        rows.nth(0).locator("a").focus()
        maya.page.keyboard.press("x")
        rows.nth(2).locator(".pick input").click(modifiers=["Shift"], force=True)
        expect(maya.page.locator("#picked")).to_have_text("3 selected")
        maya.page.locator("#bulk-tag > summary").click()
        expect(maya.page.locator("#bulk-tag-filter")).to_be_focused()
        maya.page.keyboard.type("Batch")
        maya.page.keyboard.press("Enter")
        expect(maya.page.locator("#bulk")).to_be_hidden(timeout=WITHIN_MS)
        tagged = tom.page.locator("#rows > .row", has_text="Batch")
        expect(tagged).to_have_count(3, timeout=WITHIN_MS)
        # The new tag is in Tom's rail without a reload, and its list holds all three.
        tom.page.locator("#view-tag-Batch").click()
        expect(tom.page.locator("#rows > .row")).to_have_count(3, timeout=WITHIN_MS)
        for row in rows.all():
            row.locator(".pick input").check(force=True)
        maya.page.locator("#bulk [data-bulk=close]").click()
        expect(tom.page.locator("#rows > .row")).to_have_count(0, timeout=WITHIN_MS)
        expect(maya.page.locator("#announcer")).to_contain_text("Conversations changed: 3.")


def test_everything_is_done_by_keys_and_none_of_them_while_one_types(browser, stack):
    @browser.run
    def story(session):
        begins(session, stack, "by keyboard")
        maya = AgentAtInbox.signs_in(session, stack)
        keys, page = maya.page.keyboard, maya.page
        maya.sees_in_list("by keyboard")
        keys.press("j")
        keys.press("Enter")
        expect(page.locator("#parts")).to_contain_text("by keyboard", timeout=WITHIN_MS)
        # Letters in the text are letters.
        keys.press("r")
        keys.type("xzeal ?")
        expect(maya.box).to_have_value("xzeal ?")
        expect(page.locator("#thread-head")).to_have_attribute("data-status", "open")
        keys.press("Escape")
        for key, menu in (("a", "assign"), ("z", "snooze"), ("l", "tags"), ("p", "priority")):
            keys.press(key)
            expect(page.locator(f"#{menu}")).to_have_attribute("open", "")
            keys.press("Escape")
            expect(page.locator(f"#{menu} > summary")).to_be_focused()
        keys.press("l")
        keys.type("Keyboard tag")
        keys.press("Enter")
        expect(page.locator(".facts .tag", has_text="Keyboard tag")).to_be_visible(timeout=WITHIN_MS)
        expect(page.locator("#tags")).not_to_have_attribute("open", "")
        keys.press("g")
        keys.press("s")
        expect(page.locator("#view-snoozed")).to_have_attribute("aria-current", "page", timeout=WITHIN_MS)
        keys.press("/")
        expect(page.locator("#narrow-q")).to_be_focused()
        keys.type("gm")
        expect(page.locator("#narrow-q")).to_have_value("gm")


def test_the_command_bar_finds_commands_lists_people_and_conversations(browser, stack):
    @browser.run
    def story(session):
        maya = AgentAtInbox.signs_in(session, stack, locale="es-ES")
        keys, page = maya.page.keyboard, maya.page
        page.locator("#rows .row a").first.focus()
        keys.press("Control+k")
        expect(page.locator("#command")).to_be_focused()
        # Nothing is open that could be answered; a conversation can be chosen, and by which key is said.
        expect(page.locator("#command-list li").first).to_have_attribute("aria-keyshortcuts", "x")
        keys.press("Escape")
        expect(page.locator("#rows .row a").first).to_be_focused()
        keys.press("Control+k")
        keys.type("pospuest")
        snoozed = page.locator("#command-list [aria-selected=true]")
        expect(snoozed).to_contain_text("Pospuestas")
        expect(snoozed.locator("kbd")).to_have_text(["g", "s"])
        keys.press("Enter")
        expect(page.locator("#view-snoozed")).to_have_attribute("aria-current", "page", timeout=WITHIN_MS)
        keys.press("Control+k")
        keys.type("agnes")
        expect(page.locator("#command-list li", has_text="Agnes Okoro").first).to_be_visible(timeout=WITHIN_MS)
        assert axe.violations(page) == []
        page.locator("#command-list li", has_text="Agnes Okoro").first.click()
        expect(page.locator("#thread-name")).to_have_text("Agnes Okoro", timeout=WITHIN_MS)
        page.wait_for_load_state()
        keys.press("Control+k")
        expect(page.locator("#command-list li").first).to_have_attribute("aria-keyshortcuts", "r", timeout=WITHIN_MS)


def test_a_list_is_narrowed_in_place_and_kept(browser, stack):
    @browser.run
    def story(session):
        maya = AgentAtInbox.signs_in(session, stack)
        page = maya.page
        page.locator(".row", has_text="Agnes Okoro").locator("a").click()
        expect(page.locator("#thread-name")).to_have_text("Agnes Okoro", timeout=WITHIN_MS)
        maya.box.fill("half a sentence")
        page.locator("#filters > summary").click()
        page.locator("#narrow [name=priority]").select_option("urgent")
        expect(page.locator("#rows > .row")).to_have_count(1, timeout=WITHIN_MS)
        expect(page.locator("#filters")).to_have_attribute("open", "")
        assert (maya.box.input_value(), "priority=urgent" in page.url) == ("half a sentence", True)
        page.keyboard.press("Escape")
        page.locator("#keep-view > summary").click()
        page.locator("#keep-view [name=name]").fill("On fire")
        page.keyboard.press("Enter")
        expect(page.locator("#list-name")).to_have_text("On fire", timeout=WITHIN_MS)
        expect(page.locator("#views a[aria-current]")).to_contain_text("On fire")


@pytest.mark.parametrize(("dark", "phone"), [(False, False), (True, False), (False, True), (True, True)])
def test_menus_and_chosen_rows_are_accessible(browser, stack, dark, phone):
    @browser.run
    def look(session):
        maya = AgentAtInbox.signs_in(session, stack, dark=dark, phone=phone)
        page = maya.page
        found = axe.violations(page)
        page.locator("#list [data-act=pick]").click()
        page.locator(".pick input").first.check()
        found += axe.violations(page)
        page.locator("#bulk [data-act=unpick]").click()
        page.locator("#filters > summary").click()
        found += axe.violations(page)
        page.keyboard.press("Escape")
        page.locator(".row", has_text="Agnes Okoro").locator("a").click()
        expect(page.locator("#thread-name")).to_have_text("Agnes Okoro", timeout=WITHIN_MS)
        for menu in ("assign", "snooze", "closing", "priority", "tags", "subject", "colleagues"):
            page.locator(f"#{menu} > summary").click()
            found += axe.violations(page)
            page.keyboard.press("Escape")
        assert not found, "\n".join(found)


def test_the_rail_counts_on_every_page_and_says_where_one_is(browser, stack):
    @browser.run
    def story(session):
        maya = AgentAtInbox.signs_in(session, stack)
        here = maya.page.locator("#views [aria-current]")
        for page in ("settings", "reports", "search", "log"):
            maya.page.goto(f"{maya.base_url}/inbox/{page}/")
            expect(here).to_have_id(f"view-{page}", timeout=WITHIN_MS)
            maya.page.wait_for_load_state()
            before = count_of(maya, "all")
            begins(session, stack, f"seen from {page}")
            expect(maya.page.locator("#view-all .count")).to_have_text(str(before + 1), timeout=WITHIN_MS)
            expect(here).to_have_id(f"view-{page}")
