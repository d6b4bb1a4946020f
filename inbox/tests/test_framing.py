"""S53 in a browser: a foreign page that frames the inbox or the admin shows nothing, though somebody is signed in."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from curbe.testing.bed import Bed
from curbe.testing.people import WITHIN_MS, AgentAtInbox
from curbe.testing.stack import Stack
from curbe.testing.waiting import hear

GUARDS = {"x-frame-options", "content-security-policy"}


class Foreign(http.server.BaseHTTPRequestHandler):
    """Somebody else's site. It frames whatever it is asked to."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        framed = parse_qs(urlsplit(self.path).query).get("of", [""])[0]
        self.wfile.write(f'<!doctype html><title>Elsewhere</title><iframe src="{framed}"></iframe>'.encode())

    def log_message(self, *arguments):
        """Silent."""


@pytest.fixture(scope="module")
def stack(bed: Bed) -> Iterator[Stack]:
    with bed.spawn_stack(database="sqlite") as running:
        yield running


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Foreign)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def framed(page, elsewhere, address):
    """The frame that the foreign page makes of an address, in the browser of an agent who is signed in."""
    page.goto(f"{elsewhere}/?of={address}")
    return page.main_frame.child_frames[0]


@pytest.mark.parametrize("path", ["/inbox/", "/inbox/log/", "/inbox/login/", "/admin/", "/admin/messenger/contact/"])
def test_s53_a_foreign_page_that_frames_it_shows_nothing(browser, stack, elsewhere, path):
    @browser.run
    def story(session):
        page = AgentAtInbox.signs_in(session, stack).page
        frame = framed(page, elsewhere, f"{stack.base_url}{path}")
        hear(page, lambda: any("frame" in error for error in session.console_errors), "the browser to refuse it")
        assert frame.url.startswith("chrome-error:")
        assert frame.locator("main, form, #rows").count() == 0
        # The control: nothing but the two headers is in the way.
        page.route(f"{stack.base_url}{path}", unguarded)
        frame = framed(page, elsewhere, f"{stack.base_url}{path}")
        expect(frame.locator("main, form, #rows").first).to_be_attached(timeout=WITHIN_MS)


def unguarded(route):
    answer = route.fetch()
    route.fulfill(
        response=answer, headers={name: value for name, value in answer.headers.items() if name not in GUARDS}
    )
