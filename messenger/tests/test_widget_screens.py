"""Every screen of the widget, light and dark, in both languages, on a desktop and on a phone: anybody can use it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from curbe.testing import axe
from curbe.testing.bed import Bed
from curbe.testing.people import WITHIN_MS
from curbe.testing.screens import ENV, LOOKS, Look, Walker, prepare, walk
from curbe.testing.stack import Stack

# For all screens, each looked at several times.
ENOUGH_S = 420
# The page around the open panel is the same on every screen, so it is looked at on one of them.
OPEN_IN_PAGE = "home"
# Of what can be pressed, which for a field is the label around it. A link in running text is as tall as its line (the
# exception of WCAG 2.5.8).
SMALL_TARGETS = """() => {
  const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")];
  const isSmall = ({width, height}) => width < 43.9 || height < 43.9;
  const shown = all.filter((one) => one.checkVisibility() && !one.matches(".rich a"));
  const small = shown.filter((one) => isSmall((one.closest("label") ?? one).getBoundingClientRect()));
  return small.map((one) => `too small: ${one.outerHTML.slice(0, 80)}`);
}"""
# What is cut off at the side, unless it says that it scrolls or ends with an ellipsis.
CUT_OFF = """() => {
  const clips = (one) => one && (getComputedStyle(one).overflowX !== "visible" || clips(one.parentElement));
  const isMeant = (one) => one.closest("pre, .sr") || clips(one.parentElement.closest(".preview, .name, small, h1"));
  const isOut = ({left, right, width}) => width > 0 && (left < -0.5 || right > innerWidth + 0.5);
  const all = [...document.querySelectorAll("#root *")].filter((one) => one.checkVisibility() && !isMeant(one));
  const out = all.filter((one) => isOut(one.getBoundingClientRect()));
  const fields = all.filter((one) => one.matches("textarea") && !one.value && one.scrollHeight > one.clientHeight + 1);
  return [...out, ...fields].map((one) => `cut off: ${one.outerHTML.slice(0, 80)}`);
}"""


@pytest.fixture(scope="module")
def stack(bed: Bed) -> Iterator[Stack]:
    with bed.spawn_stack(database="sqlite", env=ENV) as running:
        prepare(running)
        yield running


def faults(name, walker, look) -> list[str]:
    """On the screen that the walker has come to."""
    found = []
    for scheme in ("light", "dark"):
        walker.page.emulate_media(color_scheme=scheme)
        if walker.is_open:
            found += axe.violations(walker.inside)
        if not walker.is_open or name == OPEN_IN_PAGE:
            found += axe.violations(walker.page)
    if walker.is_open:
        found += walker.inside.evaluate(CUT_OFF)
        found += walker.inside.evaluate(SMALL_TARGETS) if look.phone else []
    return [f"{name}: {fault}" for fault in found]


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_every_screen_is_accessible_whole_and_easy_to_hit(browser, stack, look):
    def story(session):
        found = [fault for name, walker in walk(session, stack, look) for fault in faults(name, walker, look)]
        assert found == [], "\n".join(found)
        assert session.page_errors == []

    browser.run(story, ENOUGH_S)


# On the first neither ink has much contrast to spare; the others are too light, or too dark, to be text as they are.
@pytest.mark.parametrize("color", ["#767676", "#ff7a00", "#facc15", "#0b1f4d"])
def test_the_tenants_colour_reads_on_every_surface(browser, stack, color):
    @browser.run
    def story(session):
        look = Look("en", phone=False)
        walker = Walker.begins(session, stack, look)
        walker.page.evaluate(f"Curbe('update', {{action_color: '{color}'}})")
        walker.opens_the_chat()
        walker.says("A question")
        expect(walker.thread.locator(".meta.sent")).to_be_visible(timeout=WITHIN_MS)
        walker.team.reply(walker.conversation(), "An answer")
        walker.team.close(walker.conversation())
        walker.appears(".faces")
        found = faults("feedback", walker, look)
        walker.presses(".talk .round")
        walker.appears(".card .row")
        assert found + faults("home", walker, look) == []


def test_a_fault_on_a_screen_would_be_found(browser, stack):
    """The control: in the host page's shadow root and in the frame, of each kind."""

    @browser.run
    def story(session):
        look = Look("en", phone=True)
        walker = Walker.begins(session, stack, look)
        launcher = walker.page.locator("curbe-messenger .launcher")
        expect(launcher).to_be_visible(timeout=WITHIN_MS)
        label = launcher.get_attribute("aria-label")
        launcher.evaluate("(one) => one.removeAttribute('aria-label')")
        assert any("button-name" in fault for fault in faults("launcher", walker, look))
        launcher.evaluate("(one, label) => one.setAttribute('aria-label', label)", label)
        assert faults("launcher", walker, look) == []
        walker.opens()
        walker.appears(".card.write").evaluate(
            "(one) => { one.insertAdjacentHTML('afterend', '<button class=round></button><p class=planted>pale</p>');"
            "const {style} = one.ownerDocument.querySelector('.planted');"
            "style.color = '#999'; style.background = '#aaa'; style.width = '900px';"
            "one.nextSibling.style.width = '20px' }"
        )
        found = "\n".join(faults("home", walker, look))
        for kind in ("button-name", "color-contrast", "too small", "cut off"):
            assert kind in found, found
