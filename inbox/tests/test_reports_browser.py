"""The reports in Chromium: accessible, within the screen, without any policy broken, and part of the inbox."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from curbe.testing import axe
from curbe.testing.browser import PHONE
from curbe.testing.people import AgentAtInbox
from messenger.reports import REPORTS

pytestmark = pytest.mark.stack

WIDER_THAN_THE_SCREEN = "document.querySelector('.sheet-scroll').scrollWidth > document.documentElement.clientWidth"


def test_reports_are_for_everybody_to_read(spawn_stack, browser):
    stack = spawn_stack()

    @browser.run
    def _(b):
        for look in ({"color_scheme": "light"}, {"color_scheme": "dark"}, PHONE):
            agent = AgentAtInbox.signs_in(b, stack, **look)
            for name in REPORTS:
                agent.page.goto(f"{stack.base_url}/inbox/reports/{name}/")
                expect(agent.page.locator("#report-name")).to_be_visible()
                assert axe.violations(agent.page) == [], (name, look)
                assert not agent.page.evaluate(WIDER_THAN_THE_SCREEN), (name, look)
        assert b.page_errors == []
        assert b.console_errors == []


def test_a_report_is_left_and_come_back_to_and_exported(spawn_stack, browser):
    stack = spawn_stack()

    @browser.run
    def _(b):
        agent = AgentAtInbox.signs_in(b, stack)
        agent.page.goto(f"{stack.base_url}/inbox/reports/csat/?days=90")
        with agent.page.expect_download() as download:
            agent.page.locator("a[href*='by=agent']").click()
        assert download.value.suggested_filename.startswith("csat-by-agent-")
        agent.page.locator("#view-mine, #views a").first.click()
        expect(agent.page.locator("#rows")).to_be_visible()
        agent.page.go_back()
        expect(agent.page.locator("#report-name")).to_be_visible()
        expect(agent.page.locator(".choices [aria-current]")).to_contain_text("90")
        assert b.page_errors == []
