"""The wire between a page and the server, for tests that cut it. For use inside `browser.run` only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from playwright.sync_api import Page, WebSocketRoute

Mode = Literal["open", "refused", "hanging"]


class Sockets:
    """The sockets of a page. New ones are let through, refused at once or left hanging, by `mode`."""

    def __init__(self, page: Page, mode: Mode = "open") -> None:
        self.mode = mode
        self.opened = 0
        self._silent = 0
        self._kept: list[Callable[[], None]] | None = None
        page.route_web_socket("**/ws/*", self._open)

    def fall_silent(self) -> None:
        """Nothing goes over those that are open now, and neither end is told."""
        self._silent = self.opened

    def hold(self) -> None:
        """What the server says is on its way until `let_go`."""
        self._kept = []

    def let_go(self) -> None:
        kept, self._kept = self._kept or [], None
        for pass_on in kept:
            pass_on()

    def _open(self, socket: WebSocketRoute) -> None:
        self.opened += 1
        if self.mode == "refused":
            socket.close()
        elif self.mode == "open":
            self._pass_on(socket, self.opened)

    def _pass_on(self, socket: WebSocketRoute, number: int) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda text: server.send(text) if number > self._silent else None)
        server.on_message(lambda text: self._tell(socket, text) if number > self._silent else None)

    def _tell(self, socket: WebSocketRoute, text: str | bytes) -> None:
        if self._kept is None:
            socket.send(text)
        else:
            self._kept.append(lambda: socket.send(text))
