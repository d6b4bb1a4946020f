"""The delivery self-test on the screen: every agent sees what works, admins also what to do."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from curbe.testing import axe
from curbe.testing.people import AgentAtInbox
from inbox.tests.pages import text_of, token
from messenger import selftest
from messenger.selftest import Finding

URL = "/inbox/settings/delivery/"


@pytest.fixture
def red(monkeypatch):
    """One line is red."""
    finding = Finding("clock", False, "Clocks", "They are hours apart.", "Set them.")
    monkeypatch.setitem(selftest.CHECKS, "clock", lambda _place: finding)


@pytest.mark.django_db
@pytest.mark.usefixtures("english", "red")
def test_agents_see_red_and_green_and_admins_what_to_do(ada, harbor, sign_in):
    for_admin, for_agent = (text_of(one.get(URL)) for one in (ada, sign_in(harbor.ben)))
    for shown in (for_admin, for_agent):
        assert "Does not work" in shown
        assert "Works" in shown
    assert "Set them." in for_admin
    assert "Set them." not in for_agent
    assert "They are hours apart." not in for_agent


@pytest.mark.django_db
def test_strangers_see_nothing(client, ada):
    assert client.get(URL).status_code == 302
    assert client.post(f"{URL}echo/").status_code in (302, 403)
    assert ada.post(f"{URL}echo/").status_code == 403  # Without the token of the page.
    answer = ada.post(f"{URL}echo/", headers={"X-CSRFToken": token(ada)})
    assert answer.status_code == 204
    assert int(answer.headers["X-Server-Time"]) > 1_700_000_000_000


@pytest.mark.stack
def test_the_browser_hears_its_own_wake_up(spawn_stack, browser):
    stack = spawn_stack()

    @browser.run
    def _(b):
        agent = AgentAtInbox.signs_in(b, stack)
        agent.page.goto(f"{stack.base_urls[0]}{URL}")
        expect(agent.page.locator("#socket.good")).to_contain_text("ms", timeout=15_000)
        expect(agent.page.locator("#browser-clock.good")).to_be_visible(timeout=15_000)
        expect(agent.page.locator("[data-check].bad")).to_have_count(0)
        assert axe.violations(agent.page) == []
        assert b.page_errors == []


@pytest.mark.stack
def test_a_browser_whose_socket_is_blocked_sees_red_and_the_remedy(spawn_stack, browser):
    stack = spawn_stack()

    @browser.run
    def _(b):
        agent = AgentAtInbox.signs_in(b, stack)
        agent.page.route_web_socket("**/ws/inbox", lambda socket: socket.close(code=4001))
        agent.page.goto(f"{stack.base_urls[0]}{URL}")
        expect(agent.page.locator("#socket.bad .remedy")).to_contain_text("Upgrade", timeout=15_000)
