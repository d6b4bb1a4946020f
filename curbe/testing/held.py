"""Requests of a page that are on their way until a test lets them go on."""

from __future__ import annotations

from playwright.sync_api import Page, Route

from curbe.testing.waiting import hear


class Held:
    """Whatever a page asks of an address, from now on; with `most`, so many requests, and later ones go through."""

    def __init__(self, page: Page, url: str, most: int | None = None) -> None:
        self._page = page
        self._routes: list[Route] = []
        page.route(url, lambda route: self._routes.append(route), times=most)

    def first(self) -> Route:
        """Wait until the page has asked, and return the first request."""
        return self.all()[0]

    def all(self) -> list[Route]:
        """Wait until the page has asked, and return what is held: what nobody answers in time is asked again."""
        return list(hear(self._page, lambda: self._routes, "the page to ask"))

    def count(self) -> int:
        """How many requests are held as far as the test has heard."""
        return len(self._routes)
