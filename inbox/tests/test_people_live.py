"""The panel in a browser: what cannot be kept is said beside its field, and the field keeps what was typed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from curbe.testing.browser import Browser, BrowserSession
from curbe.testing.stack import Stack
from inbox.tests.test_merge_live import Shopper, sign_in

pytestmark = pytest.mark.stack


def test_an_address_that_is_none_is_refused_beside_its_field(
    spawn_stack: Callable[..., Stack], browser: Browser
) -> None:
    stack = spawn_stack()

    @browser.run
    def walk(b: BrowserSession) -> None:
        agent = b.page()
        agent.set_viewport_size({"width": 1600, "height": 900})  # Wide enough for the panel beside the thread.
        conversation = Shopper(agent, stack).says("Hello", "0190a6c4-0000-7000-8000-000000000001")
        sign_in(stack, agent)
        agent.goto(f"{stack.base_url}/inbox/c/{conversation}/")
        edit = agent.locator("#edit-traits")
        edit.locator("summary").click()
        edit.locator("[name=email]").fill("a@b")
        edit.get_by_role("button", name="Save").click()
        expect(agent.locator("#traits-refused")).to_have_text("Enter a valid email address.")
        expect(edit.locator("[name=email]")).to_have_value("a@b")
        expect(agent.locator("#banner")).to_be_hidden()
        edit.locator("[name=email]").fill("ines@example.com")
        edit.get_by_role("button", name="Save").click()
        expect(agent.locator("#panel dd", has_text="ines@example.com")).to_be_visible()
        expect(agent.locator("#traits-refused")).to_be_empty()
