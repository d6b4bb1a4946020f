"""Somebody at the inbox who goes from screen to screen, in any language and on any device.

For use inside `browser.run` only.
"""

from __future__ import annotations

from typing import Any, Self

from playwright.sync_api import Locator, Page, expect

from curbe.testing.browser import BrowserSession
from curbe.testing.held import Held
from curbe.testing.people import WITHIN_MS
from curbe.testing.screens import Look
from curbe.testing.stack import Stack


class Desk:
    """An admin of the first demo tenant, who goes from screen to screen."""

    def __init__(self, page: Page, stack: Stack, look: Look) -> None:
        self.page, self.stack, self.look = page, stack, look
        self.held: Held | None = None
        self.login: dict[str, Any] = stack.demo["tenants"][0]["agents"][0]

    @classmethod
    def begins(cls, session: BrowserSession, stack: Stack, look: Look) -> Self:
        locale = "es-ES" if look.lang == "es" else "en-US"
        return cls(session.page(phone=look.phone, locale=locale, reduced_motion="reduce"), stack, look)

    def goes(self, path: str) -> None:
        self.page.goto(f"{self.stack.base_url}{path}")

    def appears(self, selector: str) -> Locator:
        found = self.page.locator(selector).first
        expect(found).to_be_visible(timeout=WITHIN_MS)
        return found

    def signs_in(self, password: str | None = None) -> None:
        self.page.locator("[name=username]").fill(self.login["email"])
        self.page.locator("[name=password]").fill(password or self.login["password"])
        self.page.locator("[name=password]").press("Enter")

    def opens_first(self, view: str = "all") -> None:
        """The conversation on top of a view."""
        self.goes(f"/inbox/?view={view}")
        self.appears(".row > a").click()
        self.appears("#parts .part")
