"""What could not be sent when the person changed: nothing is posted as somebody else, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from curbe.testing.people import CustomerAtShop
from curbe.testing.stack import Stack
from curbe.testing.waiting import wait_for
from messenger.tests.qa.test_checklist import bodies_of
from messenger.tests.qa.test_login import CLARA, DIEGO, SHOP, customer, is_known_as, row_of, signed_in

SENDING = "**/api/messenger/conversations/*/messages"


@pytest.fixture
def stack(spawn_stack: Callable[..., Stack]) -> Stack:
    """One of its own for each test, because the shop has but two customers."""
    return spawn_stack(database="sqlite")


def holds_back(visitor, text):
    """They say it while nothing that they say gets through, in any tab of their browser."""
    visitor.page.context.route(SENDING, lambda route: route.abort())
    visitor.says(text)
    expect(visitor.thread.locator(".line.waiting")).to_contain_text(text)


def lets_through(visitor):
    visitor.page.context.unroute(SENDING)


def has_arrived(stack, person, text):
    wait_for(lambda: text in bodies_of(stack, person), f"{text!r} to be sent", timeout=40)
    assert bodies_of(stack, person).count(text) == 1


def test_what_a_guest_could_not_send_is_the_users_who_they_turn_out_to_be(browser, stack):
    @browser.run
    def story(session):
        visitor = customer(session, stack)
        visitor.chats("a guest's first")
        holds_back(visitor, "a guest's, held")
        visitor.goes_to_account()
        visitor.signs_in_as(CLARA)
        visitor.opens_the_chat()
        clara = is_known_as(visitor, stack, CLARA)
        assert "a guest's, held" not in bodies_of(stack, clara)
        lets_through(visitor)
        has_arrived(stack, clara, "a guest's, held")
        visitor.sees_once("a guest's first", "a guest's, held")
        assert row_of(stack, "a guest's, held")["contact"]["id"] == clara


def test_what_one_user_could_not_send_waits_for_them_and_is_never_the_others(browser, stack):
    @browser.run
    def story(session):
        visitor = signed_in(session, stack, CLARA)
        visitor.chats("Clara's first")
        clara = visitor.visitor_id()
        holds_back(visitor, "Clara's, held")
        visitor.goes_to_account()
        visitor.switches_to(DIEGO)
        visitor.opens_the_chat()
        diego = is_known_as(visitor, stack, DIEGO)
        lets_through(visitor)
        visitor.chats("Diego's own")
        visitor.does_not_see("Clara's, held")
        assert "Clara's, held" not in [*bodies_of(stack, diego), *bodies_of(stack, clara)]
        visitor.goes_to_account()
        visitor.switches_to(CLARA)
        visitor.opens_the_chat()
        has_arrived(stack, clara, "Clara's, held")
        visitor.sees_once("Clara's, held")
        visitor.does_not_see("Diego's own")
        assert "Clara's, held" not in bodies_of(stack, diego)


def test_what_a_user_could_not_send_is_not_the_guests_in_the_next_tab(browser, stack):
    """The shop's session has run out, and nobody has signed out of the chat."""

    @browser.run
    def story(session):
        visitor = signed_in(session, stack, CLARA)
        visitor.chats("Clara's first")
        clara = visitor.visitor_id()
        holds_back(visitor, "Clara's, held")
        visitor.page.context.clear_cookies()
        tab = CustomerAtShop(visitor.page.context.new_page())
        visitor.page.close()
        tab.page.goto(f"{stack.base_url}{SHOP}")
        lets_through(tab)
        tab.chats("a guest's own")
        guest = tab.visitor_id()
        assert guest != clara
        tab.does_not_see("Clara's, held")
        assert bodies_of(stack, guest) == ["a guest's own"]
        tab.goes_to_account()
        tab.signs_in_as(CLARA)
        tab.opens()
        assert is_known_as(tab, stack, CLARA) == clara
        has_arrived(stack, clara, "Clara's, held")


def test_signing_out_wipes_what_could_not_be_sent(browser, stack):
    @browser.run
    def story(session):
        visitor = signed_in(session, stack, CLARA)
        visitor.chats("Clara's first")
        clara = visitor.visitor_id()
        holds_back(visitor, "Clara's, held")
        visitor.goes_to_account()
        visitor.signs_out()
        stored = "Object.keys(localStorage).filter((key) => key.startsWith('curbe_outbox:'))"
        wait_for(lambda: visitor.page.evaluate(stored) == [], "the outbox to be wiped")
        lets_through(visitor)
        visitor.chats("a guest's own")
        visitor.goes_to_account()
        visitor.signs_in_as(CLARA)
        visitor.opens()
        assert is_known_as(visitor, stack, CLARA) == clara
        assert visitor.page.evaluate(stored) == []
        assert bodies_of(stack, clara) == ["Clara's first", "a guest's own"]
