"""WIDGET_ORIGIN: one server under two names, of which one is the widget's alone."""

from __future__ import annotations

import functools

import httpx
import pytest
from playwright.sync_api import expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from curbe.testing.people import WITHIN_MS, VisitorAtShop
from curbe.testing.waiting import SERVED_WITHIN_S

get = functools.partial(httpx.get, timeout=SERVED_WITHIN_S)


@pytest.fixture(scope="module")
def stack(bed):
    with bed.spawn_stack(widget_host="localhost") as running:
        yield running


@pytest.fixture(scope="module")
def widget_origin(stack):
    return stack.base_url.replace("127.0.0.1", "localhost")


@pytest.fixture(scope="module")
def widget(stack):
    return stack.demo["tenants"][0]["widgets"][0]["id"]


OTHERS = ["/", "/inbox/", "/inbox/login/", "/admin/", "/admin/login/", "/api/inbox/me", "/api/schema", "/api/docs"]
OTHERS += ["/demo/", "/demo/account/", "/i18n/setlang/"]


@pytest.mark.parametrize("path", OTHERS)
def test_nothing_but_the_widget_is_on_its_host(stack, widget_origin, path):
    assert get(f"{widget_origin}{path}").status_code == 404
    # The control: everything is where it was.
    assert get(f"{stack.base_url}{path}").status_code in {200, 302, 401, 405}


def test_the_widget_is_on_its_host_under_its_own_policy(stack, widget_origin, widget):
    assert get(f"{widget_origin}/readyz").status_code == 200
    assert get(f"{widget_origin}/widget/{widget}.js").status_code == 200
    frame = get(f"{widget_origin}/widget/{widget}/frame")
    rules = (rule.split() for rule in frame.headers["Content-Security-Policy"].split(";"))
    policy = {name: values for name, *values in rules}
    assert policy["connect-src"] == ["'self'", widget_origin.replace("http", "ws")]
    assert stack.base_url in policy["frame-ancestors"]
    assert "x-frame-options" not in frame.headers


def test_nobody_is_led_to_the_frame_on_the_inboxs_host(stack, widget_origin, widget):
    """Sites that embed it from there keep working; as a page of its own it would run beside an agent's session."""

    def status(base, destination):
        return get(f"{base}/widget/{widget}/frame", headers={"Sec-Fetch-Dest": destination}).status_code

    assert (status(stack.base_url, "document"), status(stack.base_url, "iframe")) == (404, 200)
    embedded = get(f"{stack.base_url}/widget/{widget}/frame", headers={"Sec-Fetch-Dest": "iframe"})
    assert "Sec-Fetch-Dest" in embedded.headers["Vary"], "what a cache keeps for one is not for the other"
    assert status(widget_origin, "document") == 200


def refusal(url, origin):
    """With which status a socket from there is refused; None when it is let in."""
    try:
        connect(url, origin=origin).close()
    except InvalidStatus as refused:
        return refused.response.status_code
    return None


def test_the_sockets_are_apart_too(stack, widget_origin):
    at_widget, at_inbox = (f"{place.replace('http', 'ws')}/ws" for place in (widget_origin, stack.base_url))
    assert refusal(f"{at_widget}/messenger", origin=widget_origin) is None
    assert refusal(f"{at_widget}/messenger", origin="https://evil.example") == 403
    assert refusal(f"{at_widget}/inbox", origin=widget_origin) == 403
    assert refusal(f"{at_inbox}/inbox", origin=widget_origin) == 403
    assert refusal(f"{at_inbox}/inbox", origin=stack.base_url) is None


def test_the_visitor_api_takes_the_frame_for_our_own(stack, widget_origin, widget):
    def status(origin):
        url = f"{widget_origin}/api/messenger/widgets/{widget}"
        return get(url, headers={"Origin": origin}).status_code

    assert status(widget_origin) == 200
    assert status("http://widget.localhost") == status("https://evil.example") == 403


def test_a_visitor_of_the_demo_talks_through_the_other_host(browser, stack, widget_origin):
    @browser.run
    def story(session):
        visitor = VisitorAtShop.arrives(session, stack, "/demo/?lang=en")
        visitor.opens_the_chat()
        visitor.says("Hello over there")
        visitor.sees_note("Sent")
        frame = next(one for one in visitor.page.frames if "/frame" in one.url)
        assert frame.url.startswith(f"{widget_origin}/widget/")
        asked = [url for url in session.records[0].requests if "/widget/" in url or "/api/" in url or "/ws/" in url]
        there = (f"{widget_origin}/", widget_origin.replace("http", "ws") + "/")
        assert [url for url in asked if not url.startswith((*there, f"{stack.base_url}/static/"))] == []
        assert session.console_errors == [] and session.page_errors == []


def test_the_admin_shows_and_tries_the_other_host(browser, stack, widget_origin, widget):
    @browser.run
    def story(session):
        page = session.page(f"{stack.base_url}/admin/")
        login = stack.demo["tenants"][0]["agents"][0]
        page.locator("#id_username").fill(login["email"])
        page.locator("#id_password").fill(login["password"])
        page.locator("[type=submit]").click()
        expect(page.locator("#user-tools")).to_be_visible(timeout=WITHIN_MS)
        page.goto(f"{stack.base_url}/admin/messenger/widget/{widget}/change/")
        expect(page.locator(".snippet")).to_contain_text(f'src="{widget_origin}/widget/{widget}.js"')
        page.goto(f"{stack.base_url}/admin/messenger/widget/{widget}/preview/")
        page.get_by_role("button").first.click()
        expect(page.frame_locator("iframe").get_by_role("heading").first).to_be_visible(timeout=WITHIN_MS)
        assert session.console_errors == [] and session.page_errors == []
