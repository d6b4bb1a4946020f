"""The QA checklist of seed 001 in a real browser, where people sign in and out: login merge, logout, other user."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Error, expect

from curbe.testing.people import WITHIN_MS, CustomerAtShop
from curbe.testing.stack import Stack
from curbe.testing.waiting import hear, wait_for
from messenger.tests.qa.test_checklist import bodies_of, team_api, thread_of

CLARA, DIEGO = "Clara Whitlock", "Diego Santamaría"
USER_ID = {CLARA: "cust-1001", DIEGO: "cust-1002"}
SHOP = "/demo/?lang=en"


@pytest.fixture
def stack(spawn_stack: Callable[..., Stack]) -> Stack:
    """One of its own for each test, because the shop has but two customers."""
    return spawn_stack(database="sqlite")


def customer(session, stack, path=SHOP) -> CustomerAtShop:
    arrived: CustomerAtShop = CustomerAtShop.arrives(session, stack, path)
    return arrived


def signed_in(session, stack, name) -> CustomerAtShop:
    """Somebody at a computer of their own who signs in at once."""
    visitor = customer(session, stack, "/demo/account/?lang=en")
    visitor.signs_in_as(name)
    visitor.opens_the_chat()
    is_known_as(visitor, stack, name)
    return visitor


def team_contact(stack, contact_id) -> dict[str, Any]:
    contact: dict[str, Any] = team_api(stack, f"threads/{contact_id}")["contact"]
    return contact


def is_known_as(visitor, stack, name):
    """Wait until the page's visitor is that customer; their contact's id."""

    def known():
        person = visitor.visitor_id()
        return person and team_contact(stack, person)["external_id"] == USER_ID[name] and person

    return wait_for(known, f"the visitor to be {name}")


def row_of(stack, text):
    """The one row of the chat log whose person said this last."""
    rows = team_api(stack, "threads?limit=100")["items"]
    (row,) = (one for one in rows if one["last_message"]["body"] == text)
    return row


def test_q02_a_guest_who_signs_in_keeps_the_thread_and_is_one_person(browser, stack):
    @browser.run
    def story(session):
        visitor = customer(session, stack)
        visitor.chats("Q02 as a guest")
        guest = visitor.visitor_id()
        assert team_contact(stack, guest)["type"] == "anonymous"
        people = team_api(stack, "threads")["people"]
        visitor.goes_to_account()
        visitor.signs_in_as(CLARA)
        visitor.opens_the_chat()
        visitor.sees_once("Q02 as a guest")
        clara = is_known_as(visitor, stack, CLARA)
        visitor.chats("Q02 as Clara")
        parts = [part for part in thread_of(stack, clara) if part["body"].startswith("Q02 as")]
        assert [part["body"] for part in parts] == ["Q02 as a guest", "Q02 as Clara"]
        assert len({part["conversation_id"] for part in parts}) == 1
        # The team has one contact more or less, and never two of her; what she was still leads to her.
        assert row_of(stack, "Q02 as Clara")["identity_type"] == "user"
        assert team_api(stack, "threads")["people"] <= people
        assert team_contact(stack, guest)["id"] == clara
        assert team_contact(stack, clara)["verified"]["email"] == "clara.whitlock@mail.example"


def test_q02_a_second_browser_with_the_same_user_sees_the_thread(browser, stack):
    @browser.run
    def story(session):
        first = signed_in(session, stack, CLARA)
        first.chats("Q02 from the first browser")
        # Here she was a guest before: both threads are hers, on both computers.
        second = customer(session, stack)
        second.chats("Q02 a guest in the second browser")
        guest = second.visitor_id()
        people = team_api(stack, "threads")["people"]
        second.goes_to_account()
        second.signs_in_as(CLARA)
        second.opens()
        clara = is_known_as(second, stack, CLARA)
        assert clara == first.visitor_id() != guest
        assert team_api(stack, "threads")["people"] == people - 1
        assert {"Q02 from the first browser", "Q02 a guest in the second browser"} <= set(bodies_of(stack, clara))
        assert team_contact(stack, guest)["id"] == clara
        events = [part["event"] for part in thread_of(stack, guest) if part["event"]]
        assert [one["name"] for one in events].count("merged") == 1
        for visitor in (first, second):
            shows(visitor, "Q02 from the first browser")
            shows(visitor, "Q02 a guest in the second browser")


def shows(visitor, text):
    """One of the visitor's conversations has this as its last word, and opens."""
    visitor.page.evaluate("Curbe('showMessages')")
    row = visitor.frame.get_by_role("button").filter(has_text=text)
    expect(row).to_have_count(1, timeout=WITHIN_MS)
    row.click()
    visitor.sees_once(text)


def test_q03_signing_out_leaves_a_blank_guest(browser, stack):
    @browser.run
    def story(session):
        visitor = signed_in(session, stack, CLARA)
        visitor.chats("Q03 Clara's own words")
        clara = visitor.visitor_id()
        visitor.signs_out()
        for reload in (lambda: None, visitor.page.reload, visitor.goes_to_account):
            reload()
            visitor.opens_the_chat()
            visitor.does_not_see("Q03 Clara's own words")
            assert visitor.visitor_id() is None
        assert "Q03" not in json.dumps(visitor.page.evaluate("({...localStorage})"))
        visitor.chats("Q03 somebody new")
        stranger = visitor.visitor_id()
        assert stranger not in (None, clara)
        assert team_contact(stack, stranger)["type"] == "anonymous"
        assert bodies_of(stack, stranger) == ["Q03 somebody new"]
        assert "Q03 somebody new" not in bodies_of(stack, clara)
        # The control: signing in again shows it again.
        visitor.signs_in_as(CLARA)
        visitor.opens()
        assert is_known_as(visitor, stack, CLARA) == clara
        shows(visitor, "Q03 Clara's own words")


def test_q04_another_user_sees_only_their_own(browser, stack):
    @browser.run
    def story(session):
        visitor = signed_in(session, stack, CLARA)
        visitor.chats("Q04 Clara the first time")
        clara = visitor.visitor_id()
        visitor.switches_to(DIEGO)
        visitor.opens_the_chat()
        diego = is_known_as(visitor, stack, DIEGO)
        visitor.does_not_see("Q04 Clara the first time")
        visitor.chats("Q04 Diego")
        # A → B → A: each finds their own, and only that.
        visitor.switches_to(CLARA)
        visitor.opens_the_chat()
        assert is_known_as(visitor, stack, CLARA) == clara != diego
        visitor.sees_once("Q04 Clara the first time")
        visitor.does_not_see("Q04 Diego")
        visitor.chats("Q04 Clara again")
        visitor.switches_to(DIEGO)
        visitor.opens_the_chat()
        assert is_known_as(visitor, stack, DIEGO) == diego
        visitor.sees_once("Q04 Diego")
        visitor.does_not_see("Q04 Clara again")
        assert [one for one in bodies_of(stack, clara) if "Q04" in one] == [
            "Q04 Clara the first time",
            "Q04 Clara again",
        ]
        assert [one for one in bodies_of(stack, diego) if "Q04" in one] == ["Q04 Diego"]
        for contact_id in (clara, diego):
            assert team_contact(stack, contact_id)["type"] == "user"


def test_q04_a_users_words_never_turn_up_in_the_others_browser(browser, stack):
    """On the wire: nothing that the second user's page receives holds a word of the first."""

    @browser.run
    def story(session):
        visitor = signed_in(session, stack, CLARA)
        visitor.chats("Q04 a canary of Clara")
        received: list[str] = []
        visitor.page.on("response", lambda answer: received.append(body_of(answer)))
        visitor.page.on("websocket", lambda line: line.on("framereceived", lambda frame: received.append(str(frame))))
        visitor.switches_to(DIEGO)
        visitor.chats("Q04 Diego on the wire")
        hears_it = lambda: any("Q04 Diego on the wire" in one for one in received)  # noqa: E731
        hear(visitor.page, hears_it, "the socket to bring it, the control: what is received is looked at")
        assert not any("a canary of Clara" in one for one in received)


def body_of(answer):
    if "/api/messenger/" not in answer.url or answer.status != 200:
        return ""
    try:
        return answer.text()
    except Error:
        return ""  # An answer to the page that was just left.


def test_a_guests_tab_left_open_recovers_by_itself(browser, stack):
    @browser.run
    def story(session):
        left_open = customer(session, stack)
        left_open.chats("A guest in the first tab")
        guest = left_open.visitor_id()
        second = left_open.opens_another_tab("/demo/account/?lang=en")
        second.signs_in_as(DIEGO)
        second.opens()
        diego = is_known_as(second, stack, DIEGO)
        assert team_contact(stack, guest)["id"] == diego
        # The other page does not say who is signed in: it forgets the thread, and goes on as somebody new.
        expect(left_open.bubble("A guest in the first tab")).to_have_count(0, timeout=WITHIN_MS)
        left_open.chats("Afterwards in the first tab")
        person = wait_for(left_open.visitor_id, "somebody to be there")
        assert "Afterwards in the first tab" in bodies_of(stack, person)
        if person != diego:
            assert bodies_of(stack, person) == ["Afterwards in the first tab"]
        assert second.visitor_id() == diego, "and takes nothing from the one who signed in"


def test_a_users_tab_left_open_recovers_by_itself(browser, stack):
    @browser.run
    def story(session):
        left_open = signed_in(session, stack, CLARA)
        left_open.chats("Clara in the first tab")
        clara = left_open.visitor_id()
        second = left_open.opens_another_tab("/demo/account/?lang=en")
        second.switches_to(DIEGO)
        second.chats("Diego in the second tab")
        diego = is_known_as(second, stack, DIEGO)
        # The first tab's page finds out that it is out of date, and starts over with whom it vouches for now.
        expect(left_open.page.get_by_role("heading", name="Hello, Diego")).to_be_visible(timeout=WITHIN_MS)
        left_open.page.wait_for_load_state()
        left_open.opens_the_chat()
        assert is_known_as(left_open, stack, DIEGO) == diego
        # It is not stuck, and mixes nobody up.
        left_open.chats("Said in the first tab at last")
        author = left_open.visitor_id()
        assert author in (clara, diego)
        said = {person: bodies_of(stack, person) for person in (clara, diego)}
        assert [person for person in said if "Said in the first tab at last" in said[person]] == [author]
        assert "Diego in the second tab" not in said[clara]
        assert "Clara in the first tab" not in said[diego]
        # And the two tabs do not fight over the browser for ever.
        calls: list[str] = []
        for tab in (left_open, second):
            tab.page.on("request", lambda request: calls.append(request.url))
        second.page.wait_for_timeout(3_000)
        assert len([url for url in calls if url.endswith("/bootstrap")]) <= 2
