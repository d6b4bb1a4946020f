"""The browser fixture: people apart, everything recorded, pictures of failures."""

import http.server
import threading

import pytest
from django.db import connection

from curbe.testing.browser import SCREENSHOTS
from curbe.testing.tests.test_plugin import run_pytest

PAGE = b"""<!doctype html><title>Page</title><meta name="viewport" content="width=device-width"><h1>Hola</h1>
<img src="http://third-party.example/pixel.png" alt="">
<script>console.error("a complaint"); setTimeout(() => { throw new Error("a mistake") })</script>"""
WISHES = """[
  localStorage.getItem("name"), navigator.language, innerWidth, matchMedia("(prefers-color-scheme: dark)").matches
]"""
WIDTH_OF_HEADING = """() => {
  const range = document.createRange();
  range.selectNodeContents(document.querySelector("h1"));
  return range.getBoundingClientRect().width;
}"""
FAILS = """
def test_it_fails(browser):
    browser.run(lambda b: b.page("data:text/html,<h1>Hello</h1>"))
    assert 0
"""


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *arguments):
        """Silent."""


@pytest.fixture
def site():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_it_records_hosts_and_errors(browser, site):
    @browser.run
    def seen(b):
        page = b.page(site)
        page.wait_for_function("document.readyState === 'complete'")
        return page.title(), b.hosts, b.console_errors, b.page_errors

    title, hosts, console_errors, page_errors = seen
    assert title == "Page"
    assert hosts == {site.split("/")[2], "third-party.example"}
    assert any("a complaint" in text for text in console_errors)
    assert any("a mistake" in text for text in page_errors)


def test_people_share_nothing_and_have_their_own_wishes(browser, site):
    @browser.run
    def seen(b):
        ana, ben = b.page(site, locale="es-ES", dark=True), b.page(site, phone=True)
        ana.evaluate("localStorage.setItem('name', 'Ana')")
        return ana.evaluate(WISHES), ben.evaluate(WISHES)

    assert seen == (["Ana", "es-ES", 1280, True], [None, "en-US", 390, False])


def test_text_is_drawn_with_a_font(browser, site):
    """Without one every text is 0 pixels wide, and a browser test sees an empty page."""
    assert browser.run(lambda b: b.page(site).evaluate(WIDTH_OF_HEADING)) > 20


@pytest.mark.django_db
def test_the_database_works_beside_the_browser(browser):
    browser.run(lambda b: b.page("about:blank").title())
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


async def test_asynchronous_tests_work_beside_the_browser(browser):
    assert browser.run(lambda b: b.page("data:text/html,<title>x</title>").title()) == "x"


def test_a_page_that_hangs_is_given_up(bed):
    thread = bed.browser
    with pytest.raises(TimeoutError):
        thread.call(lambda: thread.session("hangs").page().evaluate("new Promise(() => {})"), timeout=1)
    assert bed.browser is not thread
    assert bed.browser.call(lambda: bed.browser.session("works").page("data:text/html,<title>x</title>").title()) == "x"


@pytest.mark.stack
def test_a_failing_test_leaves_a_picture(tmp_path):
    picture = SCREENSHOTS / "test_it_fails-failed-1.png"
    picture.unlink(missing_ok=True)
    assert run_pytest(tmp_path, FAILS).returncode == 1
    assert picture.read_bytes().startswith(b"\x89PNG")
    picture.unlink()
