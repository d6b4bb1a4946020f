"""People who press twice, hold keys down and go back faster than pages come; in Chromium."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from curbe.testing.bed import Bed
from curbe.testing.held import Held
from curbe.testing.people import WITHIN_MS, AgentAtInbox, VisitorAtShop
from curbe.testing.stack import Stack
from curbe.testing.waiting import SERVED_WITHIN_S

MOST_OPEN = 10
# Five requests of fifty or less, one after another.
CHANGED_WITHIN_MS = 30_000


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


def opens(session: Any, stack: Stack, text: str) -> Any:
    agent = AgentAtInbox.signs_in(session, stack)
    agent.opens(text)
    return agent


def api(stack: Stack) -> httpx.Client:
    """A program of the same company."""
    token = stack.demo["tenants"][0]["api_token"]
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=f"{stack.base_url}/api/inbox", headers=headers, timeout=SERVED_WITHIN_S)


def events_of(stack: Stack, agent: Any) -> list[str]:
    """What happened to the open conversation, as the server tells it."""
    with api(stack) as program:
        parts = program.get(f"/conversations/{agent.conversation_id()}/messages?limit=100").json()["items"]
    return [part["event"]["name"] for part in parts if part["kind"] == "event"]


def test_a_refusal_is_not_taken_for_a_switch_to_another_company(browser, stack):
    """A person can have ten open conversations; the eleventh is refused with the status that a switch has, too."""

    @browser.run
    def story(session):
        begins(session, stack, "one too many")
        agent = opens(session, stack, "one too many")
        contact = agent.page.locator("#thread").get_attribute("data-contact")
        with api(stack) as program:
            for number in range(1, MOST_OPEN):
                body = {"client_message_id": str(uuid.uuid4()), "body": f"open {number}", "new": True}
                assert program.post(f"/contacts/{contact}/conversations", json=body).status_code == 201
        agent.page.locator("#panel-button").click()
        agent.page.locator("#write > summary").click()
        agent.page.locator("#write textarea").fill("the eleventh")
        agent.page.locator("#write button").click()
        banner = agent.page.locator("#banner")
        expect(banner).to_contain_text("That did not work", timeout=WITHIN_MS)
        expect(banner.locator("button")).to_have_count(0)


def test_a_list_that_is_gone_already_is_told_where_one_is(browser, stack):
    """A deed that comes too late leads to no page of its own."""

    @browser.run
    def story(session):
        agent = AgentAtInbox.signs_in(session, stack)
        with api(stack) as program:
            view = program.post("/views", json={"name": "For a day", "filters": {"status": "open"}}).json()["id"]
            agent.page.goto(f"{agent.base_url}/inbox/?saved={view}")
            agent.page.wait_for_load_state()
            address = agent.page.url
            assert program.delete(f"/views/{view}").status_code == 204
        agent.page.locator("#keep-view > summary").click()
        agent.page.locator("#keep-view button", has_text="For a day").click()
        expect(agent.page.locator("#banner")).to_contain_text("That did not work", timeout=WITHIN_MS)
        assert agent.page.url == address


def test_going_back_faster_than_pages_come_ends_at_the_thread_of_the_address(browser, stack):
    @browser.run
    def story(session):
        texts = [f"number {number}" for number in range(3)]
        for text in texts:
            begins(session, stack, text)
        agent = opens(session, stack, texts[0])
        first = agent.conversation_id()
        for text in texts[1:]:
            agent.opens(text)
        slow = agent.conversation_id()
        agent.opens(texts[0])
        held = Held(agent.page, f"**/c/{slow}/*")
        agent.page.evaluate("history.back()")
        agent.page.wait_for_url(f"**/c/{slow}/*")
        with agent.page.expect_response(f"**/c/{first}/*"):
            agent.page.evaluate("history.go(-2)")
        agent.page.wait_for_url(f"**/c/{first}/*")
        with agent.page.expect_event("load", timeout=WITHIN_MS):
            held.first().continue_()  # The page that nobody waits for any more comes last: the address is loaded anew.
        expect(agent.page.locator("#thread")).to_have_attribute("data-conversation", first, timeout=WITHIN_MS)
        agent.replies("to number 0")
        with api(stack) as program:
            said = program.get(f"/conversations/{first}/messages").json()["items"]
        assert [part["body"] for part in said if part["kind"] == "message"] == [texts[0], "to number 0"]


def test_what_cannot_follow_a_message_any_more_is_told_and_the_message_counts_as_sent(browser, stack):
    """Sent to be snoozed until a time that is over when the message gets through."""

    @browser.run
    def story(session):
        begins(session, stack, "put me off")
        agent = opens(session, stack, "put me off")
        choice = agent.page.locator("[data-write=send-snooze]").first
        choice.evaluate("(button) => (button.dataset.until = '2020-01-01T00:00:00Z')")
        agent.box.fill("Until then")
        agent.page.locator("#send-more > summary").click()
        choice.click()
        expect(agent.page.locator("#banner")).to_contain_text("That did not work")  # It goes by itself.
        agent.sees("Until then")
        left = "Object.keys(localStorage).filter((key) => key.startsWith('curbe_outbox:')).length === 0"
        agent.page.wait_for_function(left)


def test_pressing_a_choice_twice_is_choosing_once(browser, stack):
    @browser.run
    def story(session):
        begins(session, stack, "twice, please")
        agent = opens(session, stack, "twice, please")
        refused = []
        agent.page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
        for menu, choice, told in (("snooze", "choice", "snoozed"), ("priority", "priority", "prioritized")):
            agent.page.locator(f"#{menu} > summary").click()
            with agent.page.expect_response(f"**/{menu}/"):
                agent.page.locator(f"#{menu} button[name={choice}]").last.dblclick()
            expect(agent.page.locator(f"#{menu}")).not_to_have_attribute("open", "", timeout=WITHIN_MS)
            assert events_of(stack, agent).count(told) == 1
        expect(agent.page.locator("#banner")).to_be_hidden()
        assert refused == []


def test_a_key_that_is_held_down_closes_once(browser, stack):
    @browser.run
    def story(session):
        begins(session, stack, "a heavy hand")
        agent = opens(session, stack, "a heavy hand")
        head = agent.page.locator("#thread-head")
        deeds = []
        agent.page.on("request", lambda request: deeds.append(request.url.split("/")[-2]))
        agent.page.locator("#thread-scroll").focus()
        agent.page.keyboard.down("e")
        expect(head).to_have_attribute("data-status", "closed", timeout=WITHIN_MS)
        for _ in range(5):  # Without the key coming up, each is a repetition of the first.
            agent.page.keyboard.down("e")
        agent.page.keyboard.up("e")
        agent.page.keyboard.press("e")
        expect(head).to_have_attribute("data-status", "open", timeout=WITHIN_MS)
        assert [deed for deed in deeds if deed in {"close", "reopen"}] == ["close", "reopen"]


def test_a_row_with_ctrl_opens_in_another_tab_and_this_one_stays(browser, stack):
    @browser.run
    def story(session):
        begins(session, stack, "this stays")
        begins(session, stack, "a tab for me")
        agent = opens(session, stack, "this stays")
        address = agent.page.url
        with agent.page.context.expect_page() as opened:
            agent.row_saying("a tab for me").locator("a").click(modifiers=["Control"])
        expect(opened.value.locator("#parts")).to_contain_text("a tab for me", timeout=WITHIN_MS)
        assert agent.page.url == address
        expect(agent.page.locator("#parts")).to_contain_text("this stays")


def test_what_many_could_not_be_changed_for_stays_said(browser, stack):
    @browser.run
    def story(session):
        begins(session, stack, "already over")
        agent = opens(session, stack, "already over")
        agent.closes()
        agent.page.goto(f"{agent.base_url}/inbox/?view=closed")
        agent.page.wait_for_load_state()
        agent.page.locator("[data-act=pick]").click()
        agent.row_saying("already over").locator(".pick input").check(force=True)
        agent.page.locator("#bulk-snooze > summary").click()
        with agent.page.expect_response("**/live/*"):
            agent.page.locator("#bulk-snooze button").first.click()
        picked = agent.page.locator("#picked")
        expect(picked).to_contain_text("Not changed: 1.", timeout=WITHIN_MS)
        agent.page.evaluate("document.dispatchEvent(new CustomEvent('curbe:rows'))")  # As every change of a row does.
        expect(picked).to_contain_text("Not changed: 1.")
        agent.page.locator("#pick-all").check()
        expect(picked).to_contain_text("selected")


def test_a_file_too_many_is_told_to_those_who_see_and_what_it_covers_comes_back(browser, stack):
    @browser.run
    def story(session):
        begins(session, stack, "six pictures")
        agent = opens(session, stack, "six pictures")
        banner = agent.page.locator("#banner")
        agent.page.context.set_offline(True)
        expect(banner).to_contain_text("You are offline", timeout=WITHIN_MS)
        files = [{"name": f"{number}.txt", "mimeType": "text/plain", "buffer": b"one"} for number in range(6)]
        agent.page.locator("#files").set_input_files(files)
        expect(banner).to_have_text("A message carries at most 5 files.")
        expect(agent.page.locator("#tray li")).to_have_count(5)
        expect(banner).to_contain_text("You are offline", timeout=WITHIN_MS)


def test_all_that_is_shown_can_be_changed_however_much_that_is(browser, stack):
    """The server takes 200 at once, and whoever scrolls far has more than that before them."""

    @browser.run
    def story(session):
        begins(session, stack, "one of many")
        agent = opens(session, stack, "one of many")
        copies = """(row) => {
            for (let i = 0; i < 205; i += 1) {
                const copy = row.cloneNode(true);
                copy.dataset.contact = ""; // Of nobody: what changes of one contact is not all of these rows.
                copy.id = copy.dataset.id = copy.querySelector("input").value = crypto.randomUUID();
                row.after(copy);
            }
        }"""
        agent.page.locator("[data-act=pick]").click()
        agent.row_saying("one of many").evaluate(copies)
        agent.row_saying("one of many").first.locator(".pick input").check(force=True)
        agent.row_saying("one of many").last.locator(".pick input").click(force=True, modifiers=["Shift"])
        expect(agent.page.locator("#picked")).to_have_text("206 selected")
        agent.page.locator("[data-bulk=close]").click()
        expect(agent.page.locator("#picked")).to_contain_text(
            "Conversations changed: 1. Not changed: 205.", timeout=CHANGED_WITHIN_MS
        )
        expect(agent.page.locator("#thread-head")).to_have_attribute("data-status", "closed", timeout=WITHIN_MS)
