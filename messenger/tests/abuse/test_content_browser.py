"""S38 and S39 in Chromium with every policy switched off: what does not run is not saved by a header."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from curbe.testing.people import WITHIN_MS
from curbe.testing.waiting import hear, wait_for
from messenger.rendering import render_markdown, render_plain

from .hostile import AUTHOR, BENIGN, CORPUS, MARKUP, PAYLOADS, packed
from .trap import INSPECT, MARKDOWN, SURVEY, Company, Trap, assert_inert, assert_nothing_else, merged

NAMES = packed(200)
# For dozens of pages.
ENOUGH_S = 420


@pytest.fixture(scope="module")
def stack(bed):
    with bed.spawn_stack(database="sqlite") as running:
        yield running


@pytest.fixture(scope="module")
def benign(stack):
    """A company where nobody means harm: its pages say which elements there are."""
    return Company(1, "/demo/rival/", "Mia", [BENIGN] * 51, [(BENIGN, MARKDOWN)] * 2).plant(stack)


@pytest.fixture(scope="module")
def hostile(stack):
    """The whole corpus in names, traits, pages, browsers, files, messages and articles."""
    bodies = [(name, "\n\n".join(group)) for name, group in zip(NAMES, CORPUS.values(), strict=False)]
    return Company(0, "/demo/", AUTHOR, NAMES, bodies).plant(stack)


def test_s38_the_trap_works_and_what_is_rendered_does_not_spring_it(browser):
    @browser.run
    def story(session):
        trap = Trap.set_in(session)
        page = trap.person.new_page()
        show = (
            "(texts) => texts.map((text) => document.body.appendChild(document.createElement('div')).innerHTML = text)"
        )
        shapes = {tag: sorted(names) for tag, names in MARKUP.items()} | {"html": [], "head": [], "body": [], "div": []}
        page.evaluate(show, [render(text) for text in PAYLOADS for render in (render_plain, render_markdown)])
        page.wait_for_function("() => document.images.length === 0")
        assert page.evaluate(INSPECT, shapes) == []
        assert (trap.sprung, session.hosts) == ([], set())
        # The control: in pages of their own, unescaped, a good part of them runs by itself, and the rest can be seen.
        page.route("**/*", lambda route: route.abort())
        raw = [payload for payload in PAYLOADS if "evil.example" not in payload]
        page.evaluate(
            "(all) => all.map((text, i) => document.body.append(Object.assign(document.createElement('iframe'),"
            "{srcdoc: `<!doctype html><body>${text}`, name: `n${i}`})))",
            raw,
        )
        hear(page, lambda: len(trap.sprung) >= 100, "a hundred payloads to run", timeout=60)
        page.evaluate("document.body.replaceChildren()")
        page.evaluate(show, CORPUS["event handlers"] + CORPUS["foreign content"])
        assert len(page.evaluate(INSPECT, shapes)) >= 84
        page.evaluate("alert('a dialog')")
        assert "a dialog" in trap.sprung


def signs_in(trap, stack, company, path):
    """An admin of the company, who has signed in there."""
    page = trap.person.new_page()
    login = stack.demo["tenants"][company.tenant]["agents"][0]
    page.goto(f"{stack.base_url}{path}")
    page.locator("[name=username]").fill(login["email"])
    page.locator("[name=password]").fill(login["password"])
    page.locator("[name=password]").press("Enter")
    expect(page.locator("#rows .row, #user-tools").first).to_be_visible(timeout=WITHIN_MS)
    return page


def screens_of_the_inbox(page, stack, company, every):
    """The list to its end, every so manieth thread with its panel, the chat log to its end, and a timeline."""
    page.goto(f"{stack.base_url}/inbox/?view=all")
    scrolls_to_the_end(page, "#rows .row", len(company.names))
    yield company.names
    for thread, name in list(zip(company.threads, company.names, strict=True))[::every]:
        page.goto(f"{stack.base_url}/inbox/c/{thread}/?view=all")
        expect(page.locator("#parts .attached")).to_be_visible(timeout=WITHIN_MS)
        expect(page.locator("#panel dd").first).to_be_attached(timeout=WITHIN_MS)
        yield [name, company.author]
    page.goto(f"{stack.base_url}/inbox/log/")
    scrolls_to_the_end(page, "#people .person", len(company.names))
    page.locator("#people summary").first.click()
    expect(page.locator(".timeline .part").first).to_be_visible(timeout=WITHIN_MS)
    yield company.names


def scrolls_to_the_end(page, rows, least):
    def is_there():
        page.locator(rows).last.scroll_into_view_if_needed()
        return page.locator(rows).count() >= least and not page.locator("#more").count()

    wait_for(is_there, f"{least} of {rows}")


def test_s38_the_inbox(browser, stack, benign, hostile):
    def story(session):
        page = signs_in(Trap.set_in(session), stack, benign, "/inbox/")
        page.goto(f"{stack.base_url}/inbox/?view=all")
        surveys = [page.evaluate(SURVEY)]
        surveys += [page.evaluate(SURVEY) for _ in screens_of_the_inbox(page, stack, benign, 25)]
        trap = Trap.set_in(session)
        page = signs_in(trap, stack, hostile, "/inbox/")
        for texts in screens_of_the_inbox(page, stack, hostile, 5):
            assert_inert(trap, page, merged(*surveys), *texts)
        assert_nothing_else(session, stack)

    browser.run(story, ENOUGH_S)


def screens_of_the_admin(page, stack, every):
    """Lists to their end, and the pages of some rows of each."""
    for name in ("contact", "conversation", "message", "visit", "attachment", "article"):
        page.goto(f"{stack.base_url}/admin/messenger/{name}/?p=1")
        rows = page.locator("#result_list tbody th a").evaluate_all("(all) => all.map((one) => one.href)")
        yield
        for url in rows[::every]:
            page.goto(url)
            yield


def test_s38_the_admin(browser, stack, benign, hostile):
    def story(session):
        page = signs_in(Trap.set_in(session), stack, benign, "/admin/")
        shapes = merged(*[page.evaluate(SURVEY) for _ in screens_of_the_admin(page, stack, 25)])
        trap = Trap.set_in(session)
        page = signs_in(trap, stack, hostile, "/admin/")
        for _ in screens_of_the_admin(page, stack, 12):
            assert_inert(trap, page, shapes)
        page.goto(f"{stack.base_url}/admin/messenger/contact/?p=1")
        assert_inert(trap, page, shapes, *NAMES[-30:])
        assert_nothing_else(session, stack)

    browser.run(story, ENOUGH_S)
