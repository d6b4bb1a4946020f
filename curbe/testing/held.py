"""Requests of a page that are on their way until a test lets them go on."""

from __future__ import annotations

from playwright.sync_api import Page, Route

from curbe.testing.waiting import hear


class Held:
    """Whatever a page asks of an address, from now on; with `most`, so many requests, and later ones go through."""

    def __init__(self, page: Page, url: str, most: int | None = None) -> None:
        self._page, self._url = page, url
        self._routes: list[Route] = []
        page.route(url, lambda route: self._routes.append(route), times=most)

    def first(self) -> Route:
        """Wait until the page has asked, and return the first request."""
        return self.all()[0]

    def all(self) -> list[Route]:
        """Wait until the page has asked, and return what is held: what nobody answers in time is asked again."""
        return list(hear(self._page, lambda: self._routes, "the page to ask"))

    def let_go(self) -> None:
        """Wait until the page has asked; what is held goes on, and whatever it asks again from now on."""
        for route in self.all():
            route.continue_()
        self._page.unroute(self._url)

    def count(self) -> int:
        """How many requests are held as far as the test has heard."""
        return len(self._routes)
