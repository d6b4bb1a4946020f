"""An agent's socket that goes through the test."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page, WebSocketRoute

from curbe.testing.waiting import hear


class Line:
    """What the server sends to a page from now on goes through, and so does what the test says besides."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._welcomed: list[WebSocketRoute] = []
        page.route_web_socket("**/ws/inbox", self._takes)

    def is_up(self) -> None:
        """Wait until the server has welcomed the page: before, the page gives up a socket that takes its time."""
        hear(self._page, lambda: self._welcomed, "the page to be welcomed")

    def tells(self, frame: dict[str, Any]) -> None:
        """Send a frame to the page, as if the server did."""
        self._welcomed[-1].send(json.dumps(frame))

    def _takes(self, socket: WebSocketRoute) -> None:
        def passes_on(message: str | bytes) -> None:
            socket.send(message)
            if json.loads(message)["t"] == "welcome":
                self._welcomed.append(socket)

        socket.connect_to_server().on_message(passes_on)
