"""The demo shop's accounts in a real browser: what its script says to the messenger, and that people can use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
from playwright.sync_api import Page, expect

from curbe.testing.browser import Browser, BrowserSession
from curbe.testing.stack import Stack

SAID = "Curbe.q.map(([method, given]) => [method, typeof given === 'function' ? 'a function' : given])"
ASK_FOR_A_TOKEN = "Curbe.q.find(([method]) => method === 'onAuthRequired')[1]()"


def without_messenger(page: Page) -> None:
    """The loader does not arrive, so that what the page says to it stays in the queue."""
    page.route("**/widget/*.js", lambda route: route.abort())


def subject(token: str) -> Any:
    return jwt.decode(token, options={"verify_signature": False})["user_id"]


def test_the_shops_script_says_who_is_signed_in(spawn_stack: Callable[..., Stack], browser: Browser) -> None:
    stack = spawn_stack()

    @browser.run
    def walk(b: BrowserSession) -> None:
        page = b.page()
        without_messenger(page)
        page.goto(f"{stack.base_url}/demo/account/")
        assert page.evaluate(SAID) == []
        page.get_by_role("button", name="Sign in as Clara Whitlock").click()
        expect(page.get_by_role("heading", name="Hello, Clara")).to_be_visible()
        [boot, asks] = page.evaluate(SAID)
        assert boot[0] == "boot" and boot[1]["user_id"] == subject(boot[1]["user_jwt"]) == "cust-1001"
        assert asks == ["onAuthRequired", "a function"]
        assert subject(page.evaluate(ASK_FOR_A_TOKEN)) == "cust-1001"

        page.get_by_role("button", name="Switch to Diego Santamaría").click()
        expect(page.get_by_role("heading", name="Hello, Diego")).to_be_visible()
        assert subject(page.evaluate(ASK_FOR_A_TOKEN)) == "cust-1002"

    @browser.run
    def and_signs_out(b: BrowserSession) -> None:
        page = b.page()
        page.goto(f"{stack.base_url}/demo/account/")
        page.get_by_role("button", name="Sign in as Clara Whitlock").click()
        expect(page.get_by_role("link", name="Account of Clara")).to_be_visible()
        page.wait_for_function("window.Curbe.booted")
        with page.expect_request("**/api/messenger/bootstrap") as sent:
            page.evaluate("Curbe('show')")
        assert subject(sent.value.post_data_json["identity"]["token"]) == "cust-1001"
        # A note of what is said to the messenger that outlives the page.
        page.evaluate("(said => Curbe = (...call) => (sessionStorage.said = call[0], said(...call)))(Curbe)")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Your account")).to_be_visible()
        assert page.evaluate("sessionStorage.said") == "shutdown"
        assert b.hosts == {urlsplit(stack.base_url).netloc}
        assert b.page_errors == []


def test_a_page_of_one_customer_never_hands_over_another_ones_token(
    spawn_stack: Callable[..., Stack], browser: Browser
) -> None:
    stack = spawn_stack()

    @browser.run
    def walk(b: BrowserSession) -> None:
        stale = b.page()
        without_messenger(stale)
        stale.goto(f"{stack.base_url}/demo/account/")
        stale.get_by_role("button", name="Sign in as Clara Whitlock").click()
        expect(stale.get_by_role("heading", name="Hello, Clara")).to_be_visible()
        stale.goto(f"{stack.base_url}/demo/")
        expect(stale.locator("header .account")).to_contain_text("Clara")
        elsewhere = stale.context.new_page()
        without_messenger(elsewhere)
        elsewhere.goto(f"{stack.base_url}/demo/account/")
        elsewhere.get_by_role("button", name="Switch to Diego Santamaría").click()
        expect(elsewhere.get_by_role("heading", name="Hello, Diego")).to_be_visible()

        asked_and_started_over(stale)
        expect(stale.locator("header .account")).to_contain_text("Diego")
        assert subject(stale.evaluate(ASK_FOR_A_TOKEN)) == "cust-1002"
        elsewhere.get_by_role("button", name="Sign out").click()
        expect(elsewhere.get_by_role("heading", name="Your account")).to_be_visible()
        asked_and_started_over(stale)
        assert stale.evaluate(SAID) == []
        assert b.page_errors == []


def asked_and_started_over(page: Page) -> None:
    """Ask the page for a token: it gives none, and loads itself anew."""
    page.evaluate("sessionStorage.removeItem('given')")
    with page.expect_event("load"):
        page.evaluate(f"void {ASK_FOR_A_TOKEN}.then((token) => sessionStorage.given = token)")
    assert page.evaluate("sessionStorage.given ?? 'null'") == "null"


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_account_fits_every_screen(
    spawn_stack: Callable[..., Stack], browser: Browser, phone: bool, dark: bool
) -> None:
    stack = spawn_stack()

    @browser.run
    def look(b: BrowserSession) -> None:
        page = b.page(phone=phone, dark=dark)
        for language, enter, leave in (
            ("en", "Sign in as Diego", "Sign out"),
            ("es", "Entrar como Diego", "Cerrar sesión"),
        ):
            page.goto(f"{stack.base_url}/demo/account/?lang={language}")
            b.screenshot(page, f"{language}-out")
            page.get_by_role("button", name=enter).click()
            expect(page.get_by_role("button", name=leave)).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            b.screenshot(page, f"{language}-in")
            page.goto(f"{stack.base_url}/demo/?lang={language}")
            expect(page.locator("header .account")).to_contain_text("Diego")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            b.screenshot(page, f"{language}-shop")
            page.goto(f"{stack.base_url}/demo/account/?lang={language}")
            page.get_by_role("button", name=leave).click()
            expect(page.get_by_role("button", name=enter)).to_be_visible()
        assert b.console_errors == [] and b.page_errors == []
