"""The admin in a real browser: under its strict policy everything works, and nothing comes from another host."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from curbe.testing.browser import Browser, BrowserSession
from curbe.testing.stack import Stack
from curbe.testing.waiting import wait_for

NOTE_LABELS = """(button) => { window.labels = [];
  new MutationObserver(() => labels.push(button.textContent)).observe(button, {childList: true}) }"""


def sign_in(stack: Stack, page: Page, tenant: int = 0) -> None:
    agent = stack.demo["tenants"][tenant]["agents"][0]
    page.goto(f"{stack.base_url}/admin/")
    page.locator("#id_username").fill(agent["email"])
    page.locator("#id_password").fill(agent["password"])
    page.locator("[type=submit]").click()
    expect(page.locator("#user-tools")).to_be_visible()


def choose_lost(stack: Stack, page: Page, how_many: int) -> None:
    """To the page that asks whether so many secrets are to be given up."""
    page.goto(f"{stack.base_url}/admin/messenger/identitysecret/")
    for box in page.locator(".action-select").all()[:how_many]:
        box.check()
    page.locator("[name=action]").select_option("give_up")
    page.locator("[name=index]").click()
    expect(page.locator("#content h1")).to_have_text("Give identity secrets up as lost?")


def test_an_admin_works_under_the_strict_policy(spawn_stack: Callable[..., Stack], browser: Browser) -> None:
    stack = spawn_stack()

    @browser.run
    def walk(b: BrowserSession) -> None:
        page = b.page()
        sign_in(stack, page)
        expect(page.locator("#site-name")).to_contain_text("Curbe Messenger")
        b.screenshot(page, "index")

        page.get_by_role("link", name="Contacts", exact=True).first.click()
        expect(page.locator("#result_list tbody tr")).to_have_count(26)
        b.screenshot(page, "chat-log")
        page.get_by_role("link", name="Helen Marsh").click()
        expect(page.locator(".thread-note").first).to_contain_text("Internal note")
        page.locator(".thread").scroll_into_view_if_needed()
        b.screenshot(page, "timeline")

        page.goto(f"{stack.base_url}/admin/messenger/apitoken/add/")
        page.locator(".select2-selection").click()
        page.locator(".select2-search__field").fill("inés")
        page.locator(".select2-results__option", has_text="Inés Ferrer").click()
        page.locator("#id_name").fill("Sync")
        page.locator("[name=_save]").click()
        expect(page.locator(".messagelist .warning")).to_contain_text(re.compile(r"cak_[\w-]{43}"))
        b.screenshot(page, "shown-once")
        page.reload()
        expect(page.locator(".messagelist")).to_have_count(0)

        page.goto(f"{stack.base_url}/admin/messenger/widget/")
        page.get_by_role("link", name="Harbor & Pine").first.click()
        expect(page.locator(".snippet")).to_contain_text(f'<script async src="{stack.base_url}/widget/')
        b.screenshot(page, "widget")

        page.get_by_role("link", name="Try it on an empty page").click()
        page.get_by_role("button").first.click()
        expect(page.frame_locator("iframe").get_by_role("heading").first).to_be_visible()
        b.screenshot(page, "preview")

        assert b.console_errors == [] and b.page_errors == []
        assert b.hosts == {urlsplit(stack.base_url).netloc}

    @browser.run
    def another(b: BrowserSession) -> None:
        page = b.page(locale="es-ES", dark=True)
        sign_in(stack, page, tenant=1)
        page.goto(f"{stack.base_url}/admin/messenger/contact/")
        expect(page.locator("#result_list tbody tr")).to_have_count(8)
        expect(page.locator("html")).to_have_attribute("lang", "es")
        b.screenshot(page, "spanish-dark")
        expect(page.locator("#content")).not_to_contain_text("Helen Marsh")


def test_an_admin_makes_a_secret_and_copies_the_code(spawn_stack: Callable[..., Stack], browser: Browser) -> None:
    stack = spawn_stack()

    @browser.run
    def walk(b: BrowserSession) -> None:
        page = b.page(permissions=["clipboard-read", "clipboard-write"])
        sign_in(stack, page)
        page.goto(f"{stack.base_url}/admin/messenger/identitysecret/add/")
        page.locator("[name=_save]").click()
        expect(page.locator(".messagelist .warning")).to_contain_text(re.compile(r"cis_[\w-]{43}"))
        copy = page.locator("#python").locator("xpath=..").get_by_role("button", name="Copy")
        copy.evaluate(NOTE_LABELS)  # The button says so for two seconds only.
        copy.click()
        wait_for(lambda: "Copied" in page.evaluate("labels"), "the button to say that it was copied")
        assert page.evaluate("navigator.clipboard.readText()") == page.locator("#python").text_content()
        expect(page.locator(".code")).to_have_count(10)
        expect(page.locator(".code .copy")).to_have_count(10)
        b.screenshot(page, "secret")
        page.locator("#sign-title").scroll_into_view_if_needed()
        b.screenshot(page, "code")

        page.goto(f"{stack.base_url}/admin/messenger/identitysecret/add/")
        page.locator("[name=_save]").click()
        expect(page.locator(".errornote, .errorlist").first).to_be_visible()
        expect(page.locator("#content")).to_contain_text("Retire one of them first")
        page.get_by_role("link", name="Verification log").first.click()
        expect(page.locator("#content")).to_contain_text("verification log")
        assert b.console_errors == [] and b.page_errors == []

    @browser.run
    def on_a_phone(b: BrowserSession) -> None:
        page = b.page(locale="es-ES", dark=True, phone=True)
        sign_in(stack, page)
        page.goto(f"{stack.base_url}/admin/messenger/identitysecret/")
        page.locator("#result_list tbody th a").first.click()
        expect(page.locator(".code")).to_have_count(10)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        b.screenshot(page, "secret-phone")


def test_giving_secrets_up_asks_first(spawn_stack: Callable[..., Stack], browser: Browser) -> None:
    stack = spawn_stack()

    @browser.run
    def walk(b: BrowserSession) -> None:
        page = b.page()
        sign_in(stack, page)
        page.goto(f"{stack.base_url}/admin/messenger/identitysecret/add/")
        page.locator("[name=_save]").click()
        expect(page.locator(".messagelist .warning")).to_contain_text("cis_")
        live = page.locator(".field-is_live img[alt=True]")
        choose_lost(stack, page, 1)
        expect(page.locator(".messagelist .warning")).to_have_count(0)
        page.get_by_role("link", name="No, back to the list").click()
        expect(live).to_have_count(2)
        choose_lost(stack, page, 2)
        expect(page.locator(".messagelist .warning")).to_contain_text("No secret in use would be left")
        b.screenshot(page, "lost")
        page.get_by_role("button", name="Yes, give up as lost").click()
        expect(page.locator(".messagelist .info")).to_contain_text("prove nothing any more")
        expect(live).to_have_count(0)
        assert b.console_errors == [] and b.page_errors == []
