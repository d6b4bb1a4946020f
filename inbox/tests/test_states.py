"""What an agent sees while there is nothing, while it is on its way, and when it does not come."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from curbe.testing.held import Held
from curbe.testing.people import WITHIN_MS, AgentAtInbox, VisitorAtShop
from inbox.tests.pages import ids_of, text_of

NOTHING = {
    "view=mine": "Nothing is assigned to you.",
    "view=unassigned": "Everything has somebody who looks after it.",
    "view=all": "No open conversations.",
    "view=snoozed": "Nothing is snoozed.",
    "view=closed": "Nothing has been closed yet.",
    "view=mentions": "Nobody has mentioned you.",
    "view=all&priority=urgent": "Nothing fits these filters.",
}
LIVE = "**/inbox/live/?*"
URGENT = "**/inbox/?*priority=urgent*"


@pytest.fixture(scope="module")
def stack(bed):
    with bed.spawn_stack(database="sqlite") as running:
        yield running


@pytest.mark.django_db
@pytest.mark.usefixtures("english")
@pytest.mark.parametrize("query", NOTHING)
def test_an_empty_list_says_what_it_waits_for(ada, harbor, query):
    page = ada.get(f"/inbox/?{query}")
    assert ids_of(page, "row-") == [] and NOTHING[query] in text_of(page)
    assert [text for text in NOTHING.values() if text in text_of(page)] == [NOTHING[query]]


def test_a_list_on_its_way_is_busy_and_one_that_fails_says_so_and_stays(browser, stack):
    @browser.run
    def story(session):
        agent = AgentAtInbox.signs_in(session, stack)
        page = agent.page
        before = page.locator("#rows > .row").count()
        assert before > 1
        expect(page.locator("#list .empty")).to_be_hidden()
        held = Held(page, URGENT)
        page.locator("#filters > summary").click()
        page.locator("#narrow [name=priority]").select_option("urgent")
        expect(page.locator("#list")).to_have_attribute("aria-busy", "true", timeout=WITHIN_MS)
        asked = held.first()
        page.route(URGENT, lambda route: route.abort())
        asked.abort()
        expect(page.locator("#banner")).to_be_visible(timeout=WITHIN_MS)  # Of these two it goes by itself.
        expect(page.locator("#list")).not_to_have_attribute("aria-busy", "true", timeout=WITHIN_MS)
        expect(page.locator("#rows > .row")).to_have_count(before)
        # The control: what arrives is shown.
        page.unroute(URGENT)
        page.locator("#narrow [name=priority]").select_option("")
        page.locator("#narrow [name=priority]").select_option("urgent")
        expect(page.locator("#rows > .row")).to_have_count(1, timeout=WITHIN_MS)


def test_what_was_asked_for_the_whole_list_stays_out_of_a_narrowed_one(browser, stack):
    @browser.run
    def story(session):
        agent = AgentAtInbox.signs_in(session, stack)
        page = agent.page
        page.goto(f"{agent.base_url}/inbox/?view=all")
        page.wait_for_load_state()
        news = Held(page, LIVE, most=1)
        visitor = VisitorAtShop.arrives(session, stack, "/demo/?lang=en")
        visitor.opens_the_chat()
        visitor.says("Not urgent at all")
        late = news.first()
        page.locator("#filters > summary").click()
        page.locator("#narrow [name=priority]").select_option("urgent")
        expect(page.locator("#rows > .row")).to_have_count(1)
        # It is asked for again, for the list of now.
        with page.expect_response(lambda answer: "/live/?" in answer.url and "priority=urgent" in answer.url):
            late.continue_()
        expect(page.locator("#rows > .row")).to_have_count(1)
        expect(agent.row_saying("Not urgent at all")).to_have_count(0)
        # The control: in the whole list it is there.
        page.locator("#narrow [name=priority]").select_option("")
        expect(agent.row_saying("Not urgent at all")).to_have_count(1)


def test_what_was_asked_for_the_whole_log_stays_out_of_a_narrowed_one(browser, stack):
    @browser.run
    def story(session):
        agent = AgentAtInbox.signs_in(session, stack)
        page = agent.page
        page.goto(f"{agent.base_url}/inbox/log/")
        page.wait_for_load_state()
        news = Held(page, "**/inbox/log/live/?*", most=1)
        visitor = VisitorAtShop.arrives(session, stack, "/demo/?lang=en")
        visitor.opens_the_chat()
        visitor.says("Somebody else altogether")
        late = news.first()
        page.locator("#q").fill("agnes")
        expect(page.locator("#people > .person")).to_have_count(1)
        with page.expect_response(lambda answer: "/log/live/?q=agnes" in answer.url):
            late.continue_()
        expect(page.locator("#people > .person")).to_have_count(1)
        expect(page.locator("#people")).to_contain_text("Agnes Okoro")
        # The control: in the whole log they are there.
        page.locator("#q").fill("")
        expect(page.locator("#people")).to_contain_text("Somebody else altogether")
