"""Chromium under Playwright, in one thread of its own.

Playwright's synchronous API runs an event loop in its thread, where neither the ORM nor pytest-asyncio works.
So a test hands over a function: `browser.run(lambda b: …)`, or `@browser.run` above a local function. What it
opens is closed after the test; a test that fails leaves screenshots in .local/screenshots.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import psutil
from playwright import sync_api

from curbe.testing import chromium, npm

T = TypeVar("T")
SCREENSHOTS = npm.ROOT / ".local" / "screenshots"
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 3, "is_mobile": True, "has_touch": True}
_PATIENCE_MS = 10_000
# What Chromium says of a socket that a page gives up because the server is slow: no fault of the page.
_GIVEN_UP = "WebSocket is closed before the connection is established"


@dataclass
class Record:
    """What happened in a person's pages: to be asserted, not to be ignored."""

    console_errors: list[str] = field(default_factory=list)
    page_errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @property
    def hosts(self) -> set[str]:
        """Of every request made, `host:port`; requests without a host (data:, blob:) count as none."""
        return {urlsplit(url).netloc for url in self.requests} - {""}

    def watch(self, context: sync_api.BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", lambda event: self.page_errors.append(str(event.error)))
        context.on("request", lambda request: self.requests.append(request.url))
        context.on("page", lambda page: page.on("websocket", lambda socket: self.requests.append(socket.url)))

    def _console(self, message: sync_api.ConsoleMessage) -> None:
        if message.type == "error" and _GIVEN_UP not in message.text:
            self.console_errors.append(f"{message.text} ({message.location.get('url', '')})")


class BrowserSession:
    """One test's browser: `person()` for someone with cookies and storage of their own, `page()` for their first page.

    For use inside `browser.run` only.
    """

    def __init__(self, chrome: sync_api.Browser, name: str) -> None:
        self._chrome, self._name = chrome, name
        self.records: list[Record] = []

    def person(
        self, *, locale: str = "en-US", dark: bool = False, phone: bool = False, **options: Any
    ) -> sync_api.BrowserContext:
        """Somebody new at a computer of their own. `options` are those of Playwright's new_context."""
        shape = PHONE if phone else {"viewport": {"width": 1280, "height": 800}}
        chosen = {**shape, "locale": locale, "color_scheme": "dark" if dark else "light", **options}
        context = self._chrome.new_context(**chosen)
        context.set_default_timeout(_PATIENCE_MS)
        record = Record()
        record.watch(context)
        self.records.append(record)
        return context

    def page(self, url: str | None = None, **options: Any) -> sync_api.Page:
        """The first page of somebody new, gone to `url`; `options` as for `person`."""
        page = self.person(**options).new_page()
        if url:
            page.goto(url)
        return page

    @property
    def console_errors(self) -> list[str]:
        return [text for record in self.records for text in record.console_errors]

    @property
    def page_errors(self) -> list[str]:
        return [text for record in self.records for text in record.page_errors]

    @property
    def hosts(self) -> set[str]:
        """`host:port` of every request of every page, sockets included."""
        return {host for record in self.records for host in record.hosts}

    def screenshot(self, page: sync_api.Page, name: str) -> Path:
        """Into .local/screenshots, named after the test and `name`."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{self._name}-{name}.png"
        page.screenshot(path=path)
        return path

    def _screenshots(self) -> None:
        pages = [page for context in self._chrome.contexts for page in context.pages]
        for number, page in enumerate(pages, start=1):
            try:
                self.screenshot(page, f"failed-{number}")
            except sync_api.Error:
                continue  # The page is gone or hangs: the test's own error is the one to show.

    def _close(self) -> None:
        for context in self._chrome.contexts:
            context.close()


class BrowserThread:
    """The thread with Playwright and Chromium in it; started at the first test that wants a browser."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="browser")
        self._programs: list[psutil.Process] = []
        self.is_usable = True
        before = psutil.Process().children()
        self._playwright, self._chrome = self.call(_launch)
        self._programs = [child for child in psutil.Process().children() if child not in before]

    def call(self, act: Callable[[], T], timeout: float = 120) -> T:
        """Run there and wait; TimeoutError after `timeout` seconds, and then this thread is of no more use."""
        running = self._thread.submit(act)
        try:
            return running.result(timeout)
        except TimeoutError:
            if not running.done():
                self._give_up()
            raise

    def _give_up(self) -> None:
        """Kill Playwright's driver and Chromium: whatever the thread waits for ends with an error."""
        self.is_usable = False
        for program in self._programs:
            for process in [*program.children(recursive=True), program]:
                process.kill()

    def session(self, name: str) -> BrowserSession:
        return BrowserSession(self._chrome, name)

    def close(self) -> None:
        if self.is_usable:
            self.call(self._chrome.close)
            self.call(self._playwright.stop)
        self._thread.shutdown()


class Browser:
    """What a test gets as `browser`."""

    def __init__(self, thread: BrowserThread, name: str) -> None:
        self._thread, self._session = thread, thread.session(name)

    def run(self, act: Callable[[BrowserSession], T], timeout: float = 120) -> T:
        """Run act(session) in the browser's thread; its result, or its error raised here."""
        return self._thread.call(functools.partial(act, self._session), timeout)

    def finish(self, *, failed: bool) -> None:
        """Close every page of the test, after taking its picture when the test failed."""
        if failed and self._thread.is_usable:
            self._thread.call(self._session._screenshots)
        if self._thread.is_usable:
            self._thread.call(self._session._close)


def _launch() -> tuple[sync_api.Playwright, sync_api.Browser]:
    sync_api.expect.set_options(timeout=_PATIENCE_MS)
    executable = chromium.get()
    # Playwright's own Node needs libatomic1, which a bare machine lacks.
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(npm.node()))
    playwright = sync_api.sync_playwright().start()
    chrome = playwright.chromium.launch(
        executable_path=executable.path, args=chromium.FLAGS, env={**os.environ, **executable.env}
    )
    return playwright, chrome
