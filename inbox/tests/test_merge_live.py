"""While an inbox is open a guest turns out to be a user: it shows the one person there is, and nobody reloads."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from playwright.sync_api import Page, expect

from curbe.testing.browser import Browser, BrowserSession
from curbe.testing.clients import device_id
from curbe.testing.stack import Stack

WITHIN_MS = 10_000


class Shopper:
    """A visitor's browser, as the API sees it."""

    def __init__(self, page: Page, stack: Stack) -> None:
        self._requests, self._base = page.context.request, f"{stack.base_url}/api/messenger/"
        self._tenant = stack.demo["tenants"][0]
        self.token = self.call("bootstrap", widget_id=self._tenant["widgets"][0]["id"], device_id=device_id())[
            "session_token"
        ]

    def call(self, path: str, **body: Any) -> dict[str, Any]:
        bearer = getattr(self, "token", "")
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        answer = self._requests.post(self._base + path, data=body, headers=headers)
        assert answer.ok, answer.text()
        found: dict[str, Any] = answer.json() if answer.status != 204 else {}
        return found

    def says(self, text: str, key: str) -> str:
        """In a conversation of their own, whose id is returned."""
        started = self.call("conversations", message={"client_message_id": key, "body": text})
        return str(started["conversation"]["id"])

    def writes(self, conversation: str, text: str, key: str) -> None:
        self.call(f"conversations/{conversation}/messages", client_message_id=key, body=text)

    def types(self, conversation: str) -> None:
        self.call(f"conversations/{conversation}/typing", on=True)

    def signs_in(self, user_id: str, name: str) -> None:
        secret = self._tenant["identity_secret"]
        claims = {"user_id": user_id, "name": name, "exp": int(time.time()) + 300}
        token = jwt.encode(claims, secret["secret"], "HS256", headers={"kid": secret["kid"]})
        self.token = self.call("identify", token=token)["session_token"]


def sign_in(stack: Stack, page: Page) -> None:
    agent = stack.demo["tenants"][0]["agents"][0]
    page.goto(f"{stack.base_url}/inbox/login/")
    page.locator("[name=username]").fill(agent["email"])
    page.locator("[name=password]").fill(agent["password"])
    page.locator("[name=password]").press("Enter")
    expect(page.locator("#rows")).to_be_visible()


def settled(page: Page) -> str:
    """What the page shows, in words."""
    return str(page.evaluate("document.querySelector('#main').innerText.replace(/\\s+/g, ' ')"))


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_an_open_inbox_shows_the_person_at_once(
    spawn_stack: Callable[..., Stack], browser: Browser, phone: bool
) -> None:
    stack = spawn_stack()

    @browser.run
    def walk(b: BrowserSession) -> None:
        agent = b.page(phone=phone)
        known = Shopper(agent, stack)
        known.signs_in("cust-77", "Marta Soler")
        known.says("From my own computer", "0190a6c4-0000-7000-8000-000000000001")
        guest = Shopper(agent, stack)
        conversation = guest.says("Is the lamp in stock?", "0190a6c4-0000-7000-8000-000000000002")

        sign_in(stack, agent)
        agent.goto(f"{stack.base_url}/inbox/c/{conversation}/")
        thread_name = agent.locator("#thread-name")
        expect(thread_name).to_contain_text("Guest")
        log = agent.context.new_page()
        log.goto(f"{stack.base_url}/inbox/log/")
        people = log.locator("#people > .person")
        count = log.locator("#people-count")
        before = int(count.inner_text().removesuffix(" people"))
        people.filter(has_text="Is the lamp in stock?").locator("summary").click()
        expect(log.locator("details[open] .bubble", has_text="Is the lamp in stock?")).to_be_visible()
        log.mouse.move(0, 0)

        guest.signs_in("cust-77", "Marta Soler")
        expect(thread_name).to_have_text("Marta Soler", timeout=WITHIN_MS)
        expect(agent.locator("#parts .event").last).to_contain_text("turned out to be Marta Soler")
        expect(agent.locator("#parts .from-contact .author").first).to_have_text("Marta Soler")
        expect(agent.locator(f"#row-{conversation} .name")).to_have_text("Marta Soler")
        expect(agent.locator("#panel")).to_contain_text("cust-77")
        expect(agent.locator("#panel .guests li")).to_have_count(1)
        assert agent.title().endswith("Marta Soler · Harbor & Pine"), agent.title()
        b.screenshot(agent, f"thread-{phone}")

        expect(count).to_have_text(f"{before - 1} people", timeout=WITHIN_MS)
        expect(people.filter(has_text="Is the lamp in stock?")).to_have_count(1)
        row = people.filter(has_text="Marta Soler")
        expect(row).to_have_count(1)
        # Whoever read the guest's timeline reads on in the user's, where all of it is.
        expect(row.locator("details[open] .bubble")).to_have_count(2, timeout=WITHIN_MS)
        b.screenshot(log, f"log-{phone}")

        shown = settled(agent)
        agent.reload()
        expect(thread_name).to_have_text("Marta Soler")
        expect(agent.locator("#parts .part")).to_have_count(2)
        assert settled(agent) == shown
        assert b.console_errors == [] and b.page_errors == []


def test_nobody_types_under_a_name_that_is_theirs_no_more(spawn_stack: Callable[..., Stack], browser: Browser) -> None:
    stack = spawn_stack()

    @browser.run
    def walk(b: BrowserSession) -> None:
        agent = b.page()
        known = Shopper(agent, stack)
        known.signs_in("cust-77", "Marta Soler")
        known.says("From my own computer", "0190a6c4-0000-7000-8000-000000000001")
        # What is typed is never forgotten by time here, so whatever ends it is a reason of its own.
        agent.clock.set_fixed_time(time.time())
        sign_in(stack, agent)
        line, name = agent.locator("#typing [data-who]"), agent.locator("#thread-name")
        guests = [Shopper(agent, stack) for _ in range(2)]
        for n, (guest, user_id, user) in enumerate(
            zip(guests, ("cust-78", "cust-77"), ("Iris Vega", "Marta Soler"), strict=True)
        ):
            conversation = guest.says("Is it in stock?", f"0190a6c4-0000-7000-8000-00000000001{n}")
            agent.goto(f"{stack.base_url}/inbox/c/{conversation}/")
            expect(name).to_contain_text("Guest")
            # What comes after the page was made comes by the socket: from now on it is told that somebody types.
            guest.writes(conversation, "Anybody?", f"0190a6c4-0000-7000-8000-00000000002{n}")
            expect(agent.locator("#parts")).to_contain_text("Anybody?", timeout=WITHIN_MS)
            guest.types(conversation)
            expect(line).to_contain_text("Guest", timeout=WITHIN_MS)
            guest.signs_in(user_id, user)
            expect(name).to_have_text(user, timeout=WITHIN_MS)
            if user_id == "cust-78":
                expect(line).to_have_text("Iris Vega is typing…", timeout=WITHIN_MS)
            else:
                expect(agent.locator("#typing")).to_be_hidden(timeout=WITHIN_MS)
            guest.types(conversation)
            expect(line).to_have_text(f"{user} is typing…", timeout=WITHIN_MS)
            expect(agent.locator("#typing")).to_have_count(1)
        assert b.console_errors == [] and b.page_errors == []
