"""Requests of a page that are on their way until a test lets them go on."""

from __future__ import annotations

from playwright.sync_api import Page, Route

from curbe.testing.waiting import wait_for

_LOOK_MS = 20


class Held:
    """Whatever a page asks of an address, from now on."""

    def __init__(self, page: Page, url: str) -> None:
        self._page = page
        self._routes: list[Route] = []
        page.route(url, lambda route: self._routes.append(route))

    def first(self) -> Route:
        """Wait until the page has asked, and return the first request."""
        return wait_for(self._heard, "the page to ask")[0]

    def count(self) -> int:
        """How many requests are held as far as the test has heard."""
        return len(self._routes)

    def _heard(self) -> list[Route]:
        self._page.wait_for_timeout(
            _LOOK_MS
        )  # A test hears of what the page has sent only while it waits for the page.
        return self._routes
