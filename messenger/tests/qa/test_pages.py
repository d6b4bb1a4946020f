"""Every page under its strict policy: nothing leaves for a third party, nothing fails in the console."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from curbe.testing.people import WITHIN_MS, AgentAtInbox, VisitorAtShop


def own_host(stack):
    return {stack.base_url.removeprefix("http://")}


def assert_quiet(session, stack):
    assert session.hosts == own_host(stack)
    assert session.page_errors == []
    assert session.console_errors == []


@pytest.mark.parametrize("path", ["/demo/", "/demo/second/", "/demo/rival/"])
@pytest.mark.parametrize("look", [{}, {"dark": True}, {"phone": True}, {"locale": "es-ES"}], ids=str)
def test_the_widget_on_its_demo_page(browser, stack, path, look):
    @browser.run
    def visit(session):
        visitor = VisitorAtShop.arrives(session, stack, path, **look)
        visitor.opens_the_chat()
        visitor.says("Hello")
        expect(visitor.thread.locator(".meta.sent")).to_be_visible(timeout=WITHIN_MS)
        assert_quiet(session, stack)
        session.screenshot(visitor.page, "conversation")


def test_the_inbox(browser, stack):
    @browser.run
    def visit(session):
        agent = AgentAtInbox.signs_in(session, stack)
        agent.page.locator(".row a").first.click()
        expect(agent.page.locator("#parts li").first).to_be_visible(timeout=WITHIN_MS)
        agent.page.goto(f"{stack.base_url}/inbox/log/")
        agent.page.locator(".person summary").first.click()
        expect(agent.page.locator(".timeline li").first).to_be_visible(timeout=WITHIN_MS)
        assert_quiet(session, stack)


def test_the_admin_and_the_documentation(browser, stack):
    @browser.run
    def visit(session):
        agent = AgentAtInbox.signs_in(session, stack)
        for path in ("/admin/", "/admin/messenger/contact/", "/admin/messenger/widget/"):
            agent.page.goto(f"{stack.base_url}{path}")
            expect(agent.page.locator("#content")).to_be_visible(timeout=WITHIN_MS)
        agent.page.goto(f"{stack.base_url}/api/docs")
        expect(agent.page.get_by_text("/api/messenger/bootstrap", exact=True)).to_be_visible(timeout=WITHIN_MS)
        assert_quiet(session, stack)


def test_a_third_party_request_would_be_noticed(browser, stack):
    """The control: a page that does load something from elsewhere."""

    @browser.run
    def visit(session):
        page = session.page(f"{stack.base_url}/healthz")
        page.route("http://elsewhere.example/*", lambda route: route.fulfill(body=""))
        page.goto("data:text/html,<img src='http://elsewhere.example/pixel.png'>")
        assert session.hosts == own_host(stack) | {"elsewhere.example"}
