"""Every screen of the inbox and the admin's main pages: accessible, whole, and easy to hit on a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from curbe.testing import axe, gated_provider
from curbe.testing.bed import Bed
from curbe.testing.desk import Desk
from curbe.testing.inbox_screens import NO_SCREENS, SCREENS, walk_the_inbox
from curbe.testing.routes import routes_below
from curbe.testing.screens import LOOKS, Look, prepare
from curbe.testing.stack import Stack

ENOUGH_S = 420
# What can be pressed, or the label around it; a link in running text is as tall as its line (WCAG 2.5.8).
SMALL_TARGETS = """() => {
  const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")];
  const isSmall = ({width, height}) => width < 43.9 || height < 43.9;
  const isText = (one) => one.matches(".prose a, .bubble a, p a, dd a, li p a, .skip, .unseen");
  const shown = all.filter((one) => one.checkVisibility({visibilityProperty: true}) && !isText(one));
  const small = shown.filter((one) => isSmall((one.closest("label") ?? one).getBoundingClientRect()));
  return small.map((one) => `too small: ${one.outerHTML.replace(/\\s+/g, " ").slice(0, 90)}`);
}"""
# What ends beyond the side of the window, unless something around it scrolls or ends with an ellipsis.
CUT_OFF = """() => {
  const isPage = (one) => !one || one === document.body;
  const clips = (one) => !isPage(one) && (getComputedStyle(one).overflowX !== "visible" || clips(one.parentElement));
  const isOut = ({left, right, width}) => width > 0 && (left < -0.5 || right > innerWidth + 0.5);
  const isMeant = (one) => one.closest(".unseen, .skip, pre") || clips(one.parentElement);
  const all = [...document.querySelectorAll("body *")].filter((one) => one.checkVisibility() && !isMeant(one));
  const out = all.filter((one) => isOut(one.getBoundingClientRect()));
  const wide = document.documentElement.scrollWidth > innerWidth + 1 ? ["the page scrolls sideways"] : [];
  return [...wide, ...out.map((one) => `cut off: ${one.outerHTML.replace(/\\s+/g, " ").slice(0, 90)}`)];
}"""
# What is unfolded, and not whole inside the window and whatever scrolls or clips around it.
UNFOLDED = """() => {
  const placed = {absolute: (one) => one.offsetParent, fixed: () => null};
  const above = (one) => (placed[getComputedStyle(one).position] ?? (() => one.parentElement))(one);
  const clips = (one) => one !== document.body && getComputedStyle(one).overflowX !== "visible";
  const around = (one) => above(one) ? [...(clips(above(one)) ? [above(one)] : []), ...around(above(one))] : [];
  const page = {left: 0, top: 0, right: innerWidth, bottom: innerHeight};
  const isIn = (one, box) => one.left > box.left - 1 && one.right < box.right + 1
    && one.top > box.top - 1 && one.bottom < box.bottom + 1;
  const all = [...document.querySelectorAll("details[open] > .sheet, [popover]:popover-open, dialog[open], #picker")];
  const boxes = (one) => [page, ...around(one).map((box) => box.getBoundingClientRect())];
  const isWhole = (one) => boxes(one).every((box) => isIn(one.getBoundingClientRect(), box));
  const cut = all.filter((one) => one.checkVisibility() && !isWhole(one));
  return cut.map((one) => `not whole: ${one.outerHTML.replace(/\\s+/g, " ").slice(0, 90)}`);
}"""
# The stock admin's own, which is made for a desk: it is held to axe and to the width of the window.
IS_ADMIN = "admin"


@pytest.fixture(scope="module")
def stack(bed: Bed) -> Iterator[Stack]:
    with bed.spawn_stack(database="sqlite", env=gated_provider.ENVIRONMENT) as running:
        prepare(running)
        yield running


def faults(name: str, desk: Desk, look: Look) -> Iterator[str]:
    """On the screen that the desk has come to."""
    desk.page.emulate_media(color_scheme="dark")
    yield from (f"{name} dark: {fault}" for fault in axe.violations(desk.page, axe.COLOURS))
    desk.page.emulate_media(color_scheme="light")
    yield from (f"{name}: {fault}" for fault in axe.violations(desk.page))
    for question in (CUT_OFF, UNFOLDED):
        yield from (f"{name}: {fault}" for fault in desk.page.evaluate(question))
    if look.phone and not name.startswith(IS_ADMIN):
        yield from (f"{name}: {fault}" for fault in desk.page.evaluate(SMALL_TARGETS))


def answers(page: Page, address: str, text: bytes) -> None:
    """The page of that address is this one."""
    page.route(address, lambda route: route.fulfill(body=text, content_type="text/html"))


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_every_screen_is_accessible_whole_and_easy_to_hit(browser, stack, look):
    def story(session):
        found = [fault for name, desk in walk_the_inbox(session, stack, look) for fault in faults(name, desk, look)]
        assert found == [], "\n".join(found)
        assert session.page_errors == []

    browser.run(story, ENOUGH_S)


def test_a_fault_on_a_screen_would_be_found(browser, stack):
    """The control, of each kind."""

    @browser.run
    def story(session):
        look = Look("en", phone=True)
        desk = Desk.begins(session, stack, look)
        SCREENS["list"](desk)
        clean = set(faults("list", desk, look))
        desk.page.locator("#list header").evaluate(
            "(one) => { one.insertAdjacentHTML('afterbegin', '<button id=planted></button><a href=#x>x</a>');"
            "one.insertAdjacentHTML('afterbegin', '<p id=pale>pale</p>');"
            "const {style} = document.querySelector('#pale'); style.color = '#999'; style.background = '#aaa';"
            "document.body.insertAdjacentHTML('beforeend', '<p id=wide>wide</p>');"
            "Object.assign(document.querySelector('#wide').style, {width: '900px', position: 'fixed', left: 0});"
            "document.body.insertAdjacentHTML('beforeend', '<details open><p class=sheet>wide</p></details>');"
            "document.querySelector('details[open] > .sheet').style.width = '900px' }"
        )
        found = "\n".join(set(faults("list", desk, look)) - clean)
        for kind in ("button-name", "color-contrast", "too small", "cut off", "not whole"):
            assert kind in found, found


def test_every_page_of_the_inbox_is_a_screen():
    """A new address is walked to by a line of SCREENS, or is no screen."""
    main = {"home", "login", "thread", "log", "timeline", "search"}
    sheets = {"reports", "report", "delivery", "settings", "replies", "reply", "install", "article"}
    assert set(routes_below("inbox/").values()) - NO_SCREENS == main | sheets


@pytest.mark.django_db
def test_the_first_page_of_a_fresh_install_is_accessible_whole_and_easy_to_hit(browser, stack, client, settings):
    """Nobody is in the test's own database; the seeded installation lends it an address and its static files."""
    collected = {"location": stack.place.local_dir / "static", "base_url": settings.STATIC_URL}
    storage = {"BACKEND": "curbe.static.ModuleManifestStorage", "OPTIONS": collected}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": storage}
    pages = {lang: client.get("/welcome/", headers={"Accept-Language": lang}).content for lang in ("en", "es")}

    @browser.run
    def story(session):
        for look in LOOKS:
            desk = Desk.begins(session, stack, look)
            answers(desk.page, "**/welcome/", pages[look.lang])
            desk.goes("/welcome/")
            desk.appears("[name=company]")
            assert list(faults("welcome", desk, look)) == []
