"""Before the first word: when somebody answers, who is asking, and what this browser remembers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Route, expect

from curbe.testing.people import WITHIN_MS, CustomerAtShop, VisitorAtShop
from curbe.testing.waiting import SERVED_WITHIN_S, hear, wait_for
from messenger.hours import DAYS
from messenger.tests.qa.test_checklist import team_api, thread_of
from messenger.tests.qa.test_login import CLARA

SHOP = "/demo/?lang=en"
FORM = {
    "enabled": True,
    "skippable": False,
    "fields": [
        {"name": "name", "required": False},
        {"name": "email", "required": True},
        {"name": "order", "required": True, "label": {"en": "Order number", "es": "Número de pedido"}},
    ],
    "consent": {"required": True, "url": "https://shop.example/privacy"},
}
CACHE = "Object.keys(localStorage).filter((key) => key.startsWith('curbe_cache:'))"
REMEMBERED = f"{CACHE}.map((key) => localStorage[key]).join()"


@pytest.fixture
def open_hours(stack):
    """Sets the first tenant's office hours, until the test is over."""

    def change(**fields):
        headers = {"Authorization": f"Bearer {stack.demo['tenants'][0]['api_token']}"}
        url = f"{stack.base_url}/api/inbox/office-hours"
        answer = httpx.patch(url, headers=headers, json=fields, timeout=SERVED_WITHIN_S)
        assert answer.status_code == 200, answer.text
        return answer.json()

    before = team_api(stack, "office-hours")
    yield change
    before.pop("availability")
    change(**before)


def arrives(session, stack, path=SHOP, **options):
    visitor = VisitorAtShop.arrives(session, stack, path, **options)
    visitor.opens()
    return visitor


def asked(visitor):
    """Go to the conversation, where the form is."""
    visitor.frame.locator(".card.write").click()
    form = visitor.frame.locator(".prechat")
    expect(form).to_be_visible(timeout=WITHIN_MS)
    return form


def person(stack, visitor):
    return team_api(stack, f"threads/{visitor.visitor_id()}")["contact"]


def test_visitors_are_told_when_the_team_answers(browser, stack, open_hours):
    in_some_days = datetime.now(UTC) + timedelta(days=3)  # Not tomorrow, on whichever side of midnight one reads it.

    @browser.run
    def story(session):
        open_hours(office_hours={}, reply_time="hours")
        visitor = arrives(session, stack)
        expect(visitor.frame.get_by_text("We usually answer within a few hours")).to_be_visible(timeout=WITHIN_MS)
        open_hours(office_hours={DAYS[in_some_days.weekday()]: [["09:00", "17:00"]]}, time_zone="UTC")
        later = arrives(session, stack, locale="en-GB", timezone_id="Europe/Madrid")
        promise = later.frame.get_by_text(f"We are back on {in_some_days:%A} at ")
        expect(promise).to_be_visible(timeout=WITHIN_MS)
        # By the reader's clock, an hour or two ahead of the company's.
        opens = in_some_days.replace(hour=9).astimezone(ZoneInfo("Europe/Madrid"))
        expect(promise).to_contain_text(f"{opens:%H}:00")
        spanish = arrives(session, stack, "/demo/?lang=es", locale="es-ES")
        expect(spanish.frame.get_by_text("Volvemos el ")).to_be_visible(timeout=WITHIN_MS)


def test_whoever_opens_the_panel_again_learns_that_the_office_has_closed(browser, stack, open_hours):
    far = DAYS[(datetime.now(UTC).weekday() + 3) % 7]

    @browser.run
    def story(session):
        open_hours(office_hours={}, reply_time="minutes")
        visitor = VisitorAtShop(session.person().new_page())
        visitor.page.clock.install()
        visitor.page.goto(f"{stack.base_url}{SHOP}")
        visitor.opens()
        expect(visitor.frame.get_by_text("within a few minutes")).to_be_visible(timeout=WITHIN_MS)
        visitor.page.evaluate("Curbe('hide')")
        open_hours(office_hours={far: [["09:00", "10:00"]]})
        visitor.page.clock.fast_forward(61_000)
        visitor.opens()
        expect(visitor.frame.get_by_text("We are back on")).to_be_visible(timeout=WITHIN_MS)


def test_a_guest_says_who_they_are_and_then_writes(browser, stack, set_widget):
    set_widget(prechat=FORM)

    @browser.run
    def story(session):
        visitor = arrives(session, stack)
        form = asked(visitor)
        expect(visitor.box).to_have_count(0)
        assert visitor.visitor_id() is None  # Looking at a form is no first interaction.
        privacy = form.get_by_role("link", name="Privacy policy")
        expect(privacy).to_have_attribute("href", "https://shop.example/privacy")
        form.get_by_role("button", name="Start the conversation").click()
        expect(form.get_by_text("Please fill this in.")).to_have_count(2)
        expect(form.get_by_text("Please agree to this first.")).to_be_visible()
        expect(form.get_by_label("Your e-mail")).to_be_focused()
        form.get_by_label("Your name").fill("Vera")
        form.get_by_label("Your e-mail").fill("vera@nowhere")
        form.get_by_label("Order number").fill("A-7")
        form.get_by_label("I agree").check()
        form.get_by_role("button", name="Start the conversation").click()
        expect(form.get_by_text("This does not look right.")).to_be_visible(timeout=WITHIN_MS)
        expect(form.get_by_label("Your e-mail")).to_have_attribute("aria-invalid", "true")
        form.get_by_label("Your e-mail").fill("vera@example.com")
        form.get_by_role("button", name="Start the conversation").dblclick()
        expect(visitor.box).to_be_focused(timeout=WITHIN_MS)
        visitor.says("Pre-chat done")
        visitor.sees_note("Sent")
        contact = person(stack, visitor)
        assert (contact["type"], contact["name"], contact["email"]) == ("lead", "Vera", "vera@example.com")
        assert contact["attributes"] == {"order": "A-7"}
        assert contact["consented_at"]
        visitor.page.reload()
        visitor.opens()
        expect(visitor.box).to_be_visible(timeout=WITHIN_MS)
        assert [one["body"] for one in thread_of(stack, visitor.visitor_id())] == ["Pre-chat done"]


def test_a_form_that_may_be_skipped_is_asked_once(browser, stack, set_widget):
    set_widget(prechat={**FORM, "skippable": True})

    @browser.run
    def story(session):
        visitor = arrives(session, stack)
        asked(visitor).get_by_role("button", name="Go on without this").click()
        expect(visitor.box).to_be_visible()
        visitor.page.reload()
        visitor.opens_the_chat()
        visitor.says("Without a name")
        visitor.sees_note("Sent")
        assert person(stack, visitor)["type"] == "anonymous"


def test_a_form_that_could_not_be_saved_keeps_what_was_written(browser, stack, set_widget):
    set_widget(prechat={"enabled": True, "fields": [{"name": "email", "required": True}]})

    @browser.run
    def story(session):
        visitor = arrives(session, stack)
        form = asked(visitor)
        visitor.page.route("**/api/messenger/profile", lambda route: route.abort())
        form.get_by_label("Your e-mail").fill("vera@example.com")
        form.get_by_role("button", name="Start the conversation").click()
        expect(form.get_by_text("This could not be saved.")).to_be_visible(timeout=WITHIN_MS)
        expect(form.get_by_label("Your e-mail")).to_have_value("vera@example.com")
        visitor.page.unroute("**/api/messenger/profile")
        form.get_by_role("button", name="Start the conversation").click()
        expect(visitor.box).to_be_visible(timeout=WITHIN_MS)


def test_who_has_signed_in_is_not_asked(browser, stack, set_widget):
    set_widget(prechat=FORM)

    @browser.run
    def story(session):
        customer = CustomerAtShop.arrives(session, stack, "/demo/account/?lang=en")
        customer.signs_in_as(CLARA)
        customer.opens_the_chat()
        expect(customer.frame.locator(".prechat")).to_have_count(0)


def test_the_next_page_shows_the_thread_before_the_server_answers(browser, stack):
    @browser.run
    def story(session):
        visitor = arrives(session, stack)
        visitor.opens_the_chat()
        visitor.says("Remember me")
        visitor.sees_note("Sent")
        wait_for(lambda: "Remember me" in visitor.page.evaluate(REMEMBERED), "it to be remembered")
        held: list[Route] = []
        visitor.page.route(
            "**/api/messenger/bootstrap", lambda route: route.continue_() if held else held.append(route)
        )
        visitor.page.reload()
        visitor.opens()
        visitor.sees("Remember me")
        visitor.says("Said meanwhile")  # It waits for the session, and goes by itself.
        expect(visitor.thread.locator(".waiting")).to_have_count(1)
        hear(visitor.page, lambda: held, "the bootstrap to be on its way")
        held[0].continue_()
        expect(visitor.thread.locator(".waiting")).to_have_count(0, timeout=WITHIN_MS)
        visitor.sees_once("Remember me", "Said meanwhile")
        bodies = [one["body"] for one in thread_of(stack, visitor.visitor_id())]
        assert bodies == ["Remember me", "Said meanwhile"]


def test_signing_out_wipes_what_was_remembered(browser, stack):
    @browser.run
    def story(session):
        customer = CustomerAtShop.arrives(session, stack, "/demo/account/?lang=en")
        customer.signs_in_as(CLARA)
        customer.chats("Not for the next one")
        frame = customer.page.frames[-1]
        wait_for(lambda: len(frame.evaluate(CACHE)) == 1, "the control: it was there")
        customer.page.evaluate("Curbe('hide')")
        customer.signs_out()
        customer.opens()
        wait_for(lambda: customer.page.frames[-1].evaluate(CACHE) == [], "nothing to be remembered")
        expect(customer.frame.get_by_text("Not for the next one")).to_have_count(0)
