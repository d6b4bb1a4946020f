"""The chat as the third party that it is: a browser that lets no frame of another site keep anything."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from curbe.testing.people import WITHIN_MS, VisitorAtShop
from curbe.testing.waiting import wait_for
from messenger.tests.qa.test_checklist import bodies_of
from messenger.tests.test_widget_browser import change

# What browsers do to such a frame when people block third-party cookies: storage and locks throw, cookies stay away.
BLOCK_THIRD_PARTIES = """if (self !== top) {
  const refuse = () => { top.postMessage("refused", "*"); throw new DOMException("third party", "SecurityError") };
  for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"])
    Object.defineProperty(window, name, { get: refuse });
  Object.defineProperty(document, "cookie", { get: () => "", set: refuse });
  navigator.locks.request = async () => refuse();
}"""
COUNT_REFUSALS = """if (self === top) { window.refusals = 0;
  addEventListener("message", ({ data }) => data === "refused" && refusals++) }"""


@pytest.fixture
def elsewhere(stack):
    """A page of another site than the server's: another registrable domain, as browsers see it."""
    widget = stack.demo["tenants"][0]["widgets"][0]
    site = stack.base_url.replace("127.0.0.1", "localhost")
    change(stack, widget["id"], allowed_origins=[*widget["allowed_origins"], site])

    def opens(person):
        page = person.new_page()
        embed = f'<script async src="{stack.base_url}/widget/{widget["id"]}.js"></script>'
        html = f'<!doctype html><html lang="en"><title>Elsewhere</title><h1>Elsewhere</h1>{embed}'
        page.route(f"{site}/", lambda route: route.fulfill(body=html, content_type="text/html"))
        page.goto(f"{site}/")
        wait_for(lambda: page.evaluate("!!window.Curbe?.booted"), "the widget to boot")
        return VisitorAtShop(page)

    yield opens
    change(stack, widget["id"], allowed_origins=widget["allowed_origins"])


@pytest.mark.parametrize("is_blocked", [True, False])
def test_a_visitor_is_the_same_after_a_reload_whatever_the_frame_may_keep(browser, stack, elsewhere, is_blocked):
    @browser.run
    def story(session):
        # Chromium asks people about pages that load our scripts from this machine.
        person = session.person(permissions=["local-network-access"])
        person.add_init_script(COUNT_REFUSALS)
        if is_blocked:
            person.add_init_script(BLOCK_THIRD_PARTIES)
        visitor = elsewhere(person)
        visitor.opens_the_chat()
        visitor.says("From another site")
        visitor.sees_note("Sent")
        contact = wait_for(visitor.visitor_id, "the page to be told who is here")  # By a process of its own.
        assert (visitor.page.evaluate("refusals") > 0) is is_blocked
        visitor.page.reload()
        visitor.opens_the_chat()
        visitor.sees_once("From another site")
        visitor.says("And again")
        expect(visitor.thread.locator(".waiting")).to_have_count(0, timeout=WITHIN_MS)
        assert visitor.visitor_id() == contact
        assert bodies_of(stack, contact) == ["From another site", "And again"]
        assert person.cookies() == []
        assert session.page_errors == []
