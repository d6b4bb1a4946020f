"""The QA checklist of seed 001 in a real browser, numbered as `quality.md` lists it."""

from __future__ import annotations

import json

import httpx
import pytest
from playwright.sync_api import expect

from curbe.testing.held import Held
from curbe.testing.people import WITHIN_MS, AgentAtInbox, VisitorAtShop
from curbe.testing.stack import Stack
from curbe.testing.waiting import SERVED_WITHIN_S, wait_for


def team_api(stack: Stack, path: str, tenant: int = 0):
    """What a program of the tenant's admin gets."""
    token = stack.demo["tenants"][tenant]["api_token"]
    url, headers = f"{stack.base_url}/api/inbox/{path}", {"Authorization": f"Bearer {token}"}
    answer = httpx.get(url, headers=headers, timeout=SERVED_WITHIN_S)
    assert answer.status_code == 200, answer.text
    return answer.json()


def thread_of(stack, contact_id, tenant=0):
    return team_api(stack, f"threads/{contact_id}?limit=100", tenant)["items"]


def bodies_of(stack, contact_id, tenant=0):
    return [part["body"] for part in thread_of(stack, contact_id, tenant) if part["kind"] == "message"]


def test_q01_a_reload_is_the_same_person_and_thread(browser, stack):
    @browser.run
    def story(session):
        visitor = VisitorAtShop.arrives(session, stack)
        visitor.opens_the_chat()
        visitor.says("Q01 before the reload")
        visitor.sees_note("Sent")
        person, device = visitor.visitor_id(), visitor.device_ids()
        for _ in range(3):
            visitor.page.reload()
            visitor.opens_the_chat()
            visitor.sees_once("Q01 before the reload")
            assert visitor.visitor_id() == person
            assert visitor.device_ids() == device
        visitor.says("Q01 after the reload")
        visitor.has_sent()
        parts = thread_of(stack, person)
        assert [part["body"] for part in parts] == ["Q01 before the reload", "Q01 after the reload"]
        assert len({part["conversation_id"] for part in parts}) == 1
        # The control: another browser is another person.
        other = VisitorAtShop.arrives(session, stack)
        other.opens_the_chat()
        other.says("Q01 somebody else")
        other.sees_note("Sent")
        assert other.visitor_id() not in (None, person)


def test_q05_two_widgets_of_a_tenant_share_the_person(browser, stack):
    @browser.run
    def story(session):
        visitor = VisitorAtShop.arrives(session, stack)
        visitor.opens_the_chat()
        visitor.says("Q05 from the first site")
        visitor.sees_note("Sent")
        person, device = visitor.visitor_id(), visitor.device_ids()
        assert len(device) == 1
        visitor.page.goto(f"{stack.base_url}/demo/second/")
        visitor.opens_the_chat()
        visitor.sees_once("Q05 from the first site")
        assert visitor.visitor_id() == person
        assert visitor.device_ids() == device
        visitor.says("Q05 from the second site")
        # The first one's "Sent" stands there for as long as the second is on its way.
        both = ["Q05 from the first site", "Q05 from the second site"]
        wait_for(lambda: bodies_of(stack, person) == both, "both to be stored")


def test_q06_two_tenants_share_nothing(browser, stack):
    @browser.run
    def story(session):
        visitor = VisitorAtShop.arrives(session, stack)
        visitor.opens_the_chat()
        visitor.says("Q06 for Harbor only")
        visitor.sees_note("Sent")
        person = visitor.visitor_id()
        visitor.page.goto(f"{stack.base_url}/demo/rival/")
        visitor.opens_the_chat()
        visitor.does_not_see("Q06 for Harbor only")
        visitor.says("Q06 para Rodal")
        expect(visitor.thread.locator(".meta.sent")).to_be_visible(timeout=WITHIN_MS)
        stranger = visitor.visitor_id()
        assert stranger not in (None, person)
        assert len(visitor.device_ids()) == 2
        assert bodies_of(stack, person, tenant=0) == ["Q06 for Harbor only"]
        assert bodies_of(stack, stranger, tenant=1) == ["Q06 para Rodal"]
        everything = json.dumps([team_api(stack, path, tenant=1) for path in ("threads", "conversations", "snapshot")])
        assert "Q06 para Rodal" in everything
        assert "Q06 for Harbor only" not in everything
        assert person not in everything


@pytest.mark.parametrize("lost", ["request", "answer"])
def test_q08_a_retry_never_doubles_a_message(browser, stack, lost):
    """The network takes the request, or the answer to a message that was stored: the same bubble ends as sent."""

    @browser.run
    def story(session):
        visitor = VisitorAtShop.arrives(session, stack)
        # Without the log, or it would bring the stored message before any retry.
        visitor.page.route_web_socket("**/ws/messenger", lambda socket: socket.close())
        visitor.page.route("**/api/messenger/events?*", lambda route: route.abort())
        visitor.opens_the_chat()
        visitor.says("Q08 warm")
        visitor.sees_note("Sent")
        keys = []

        def lose(route):
            keys.append(route.request.post_data_json["client_message_id"])
            if len(keys) > 2:
                return route.continue_()
            if lost == "answer":
                route.fetch()
            return route.abort("connectionreset")

        visitor.page.route("**/api/messenger/conversations/*/messages", lose)
        visitor.says("Q08 once only")
        expect(visitor.thread.locator(".line.waiting")).to_have_count(0, timeout=30_000)
        visitor.sees_once("Q08 once only")
        assert len(keys) >= 3
        assert len(set(keys)) == 1
        assert bodies_of(stack, visitor.visitor_id()) == ["Q08 warm", "Q08 once only"]


def test_q10_new_chat_twice_is_one_conversation(browser, stack):
    @browser.run
    def story(session):
        visitor = VisitorAtShop.arrives(session, stack)
        visitor.opens()
        visitor.frame.locator(".card.write").dblclick()
        expect(visitor.box).to_be_visible(timeout=WITHIN_MS)
        visitor.says("Q10 the first matter")
        visitor.sees_note("Sent")
        person = visitor.visitor_id()
        # "Send us a message" again continues the open conversation.
        visitor.page.reload()
        visitor.opens_the_chat()
        visitor.sees_once("Q10 the first matter")
        # An explicit new one, clicked twice, is one more.
        visitor.page.evaluate("Curbe('showMessages')")
        new = visitor.frame.get_by_role("button", name="New conversation")
        expect(new).to_be_visible(timeout=WITHIN_MS)
        new.dblclick()
        expect(visitor.box).to_be_visible(timeout=WITHIN_MS)
        visitor.says("Q10 the second matter")
        visitor.sees_note("Sent")
        parts = thread_of(stack, person)
        by_conversation = {part["conversation_id"]: part["body"] for part in parts}
        assert sorted(by_conversation.values()) == ["Q10 the first matter", "Q10 the second matter"]
        assert len(by_conversation) == 2


def test_q10_whoever_writes_while_a_new_conversation_begins_is_not_interrupted(browser, stack):
    """The conversation gets its name from the server and stays the same place: the same field, the cursor in it."""

    @browser.run
    def story(session):
        visitor = VisitorAtShop.arrives(session, stack)
        visitor.opens_the_chat()
        visitor.says("Q10 the first matter")
        visitor.sees_note("Sent")
        held = Held(visitor.page, "**/api/messenger/conversations")
        visitor.page.evaluate("Curbe('showMessages')")
        visitor.frame.get_by_role("button", name="New conversation").click()
        visitor.box.press_sequentially("Q10 another ")
        field = visitor.box.element_handle()
        with visitor.page.expect_response("**/api/messenger/conversations"):
            held.let_go()
        visitor.page.wait_for_function("() => true", polling="raf")
        assert field.evaluate("(field) => field.isConnected && document.activeElement === field")
        field.type("matter")
        field.press("Enter")
        visitor.sees_once("Q10 another matter")
        visitor.sees_note("Sent")


def test_q12_seen_is_honest(browser, stack):
    @browser.run
    def story(session):
        visitor = VisitorAtShop.arrives(session, stack)
        visitor.opens_the_chat()
        visitor.says("Q12 did you see this?")
        visitor.sees_note("Sent")
        agent = AgentAtInbox.signs_in(session, stack)
        # Opened, read, a note written: the visitor is told nothing.
        agent.opens("Q12 did you see this?")
        agent.notes("Q12 between ourselves")
        assert team_api(stack, f"conversations/{agent.conversation_id()}")["seen_seq"] == 0
        visitor.does_not_see("Seen")
        # A reply begun: now they know.
        agent.types_until(visitor.thread.get_by_text("Seen", exact=True))
        visitor.does_not_see("Q12 between ourselves")
        # What comes after that is not seen yet.
        agent.box.fill("")
        visitor.says("Q12 and this?")
        visitor.sees_note("Sent")
