"""How an agent is told that somebody has written: by the desktop, a sound and the title, and by none while looking."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from curbe.testing.bed import Bed
from curbe.testing.people import WITHIN_MS, AgentAtInbox, VisitorAtShop
from curbe.testing.stack import Stack
from curbe.testing.waiting import wait_for

# Everything happens as it would, and is written down besides: what the desktop shows, and every note that is played. A
# browser without a desktop answers "granted" when it is asked, and says "denied" all the same.
LISTEN = """window.shown = []; window.played = 0;
  window.Notification = class extends Notification {
    static get permission() { return "granted" }
    constructor(title, options) { super(title, options); shown.push([title, options.body]) } };
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...at) { played += 1; return start.apply(this, at) }"""
NOTES = 2
MUTED = "Muted. You are told of mentions only."
# At one moment: the number in the title, once that is how many rows are unread and what was opened is none of them.
SETTLED_TITLE = """(opened) => { const rows = [...document.querySelectorAll("#rows .row.unread:not([data-muted])")];
  const told = Number(/^\\((\\d+)\\) /.exec(document.title)?.[1] ?? 0);
  return told === rows.length && !rows.some((row) => row.textContent.includes(opened)) ? [told] : null }"""


@pytest.fixture(scope="module")
def stack(bed: Bed) -> Iterator[Stack]:
    with bed.spawn_stack(database="sqlite") as running:
        yield running


def begins(session, stack, text):
    """A visitor who has said something."""
    visitor = VisitorAtShop.arrives(session, stack, "/demo/?lang=en")
    visitor.opens_the_chat()
    visitor.says(text)
    visitor.sees_note("Sent")
    return visitor


def listens(session, stack, **options):
    """An agent whose browser may show notifications, and of whom everything that tells is written down."""
    agent = AgentAtInbox.signs_in(session, stack, **options)
    agent.page.context.grant_permissions(["notifications"], origin=agent.base_url)
    agent.page.add_init_script(LISTEN)
    return agent


def likes(agent, **wishes):
    agent.page.goto(f"{agent.base_url}/inbox/settings/")
    for name, wish in wishes.items():
        box = agent.page.locator(f"#id_{name}")
        if box.is_checked() != wish:
            box.set_checked(wish)
            expect(agent.page.locator("#saved")).to_have_text("Saved.", timeout=WITHIN_MS)
    agent.page.goto(f"{agent.base_url}/inbox/")
    agent.page.wait_for_load_state()


def count_in_title(agent):
    found = re.match(r"\((\d+)\) ", agent.page.title())
    return int(found[1]) if found else 0


def heard(agent, count):
    """What the desktop has shown, once that is so much."""
    wait_for(lambda: agent.page.evaluate("shown.length") >= count, "the desktop to show it")
    return [body for _, body in agent.page.evaluate("shown")]


def settled_title(agent, opened):
    """The number in the title, once what was opened is read, and it is that of the rows."""
    return wait_for(lambda: agent.page.evaluate(SETTLED_TITLE, opened), "the title to count what is unread")[0]


def test_what_is_not_looked_at_is_told_by_desktop_sound_and_title(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "first of all")
        agent = listens(session, stack)
        likes(agent, desktop=True, sound=True)
        agent.opens("first of all")
        settled_title(agent, "first of all")
        agent.page.goto(f"{agent.base_url}/inbox/")
        agent.sees_in_list("first of all")
        read = settled_title(agent, "first of all")
        visitor.says("are you there?")
        wait_for(lambda: agent.page.evaluate("shown.length") == 1, "the desktop to show it")
        (name, body), *_ = agent.page.evaluate("shown")
        assert name.startswith("Guest") and body == "are you there?"
        assert agent.page.evaluate("played") == NOTES
        expect(agent.page).to_have_title(re.compile(rf"^\({read + 1}\) "), timeout=WITHIN_MS)
        agent.opens("are you there?")
        wait_for(lambda: count_in_title(agent) == read, "the title to forget it")


def test_while_the_thread_is_looked_at_nothing_tells(browser, stack):
    @browser.run
    def story(session):
        visitor, other = begins(session, stack, "look at me"), begins(session, stack, "look elsewhere")
        agent = listens(session, stack)
        likes(agent, desktop=True, sound=True)
        agent.opens("look at me")
        title = settled_title(agent, "look at me")
        visitor.says("I see you look")
        agent.sees("I see you look")
        # The control, and what shows that the first has been passed over by now: of another thread one is told.
        other.says("nobody looks here")
        wait_for(lambda: agent.page.evaluate("shown.length") > 0, "the desktop to show it")
        assert [body for _, body in agent.page.evaluate("shown")] == ["nobody looks here"]
        assert agent.page.evaluate("played") == NOTES
        # One is read as it comes, the other was unread before.
        wait_for(lambda: count_in_title(agent) == title, "the title to count neither")


def test_who_wants_neither_desktop_nor_sound_has_the_title(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "softly")
        agent = listens(session, stack)
        likes(agent, desktop=False, sound=False)
        agent.sees_in_list("softly")
        visitor.says("softly, please")
        expect(agent.page.locator("#announcer")).to_contain_text("softly, please", timeout=WITHIN_MS)
        assert agent.page.evaluate("[shown.length, played]") == [0, 0]
        assert count_in_title(agent) >= 1


def test_what_is_muted_tells_nothing_but_who_is_named_until_it_is_not(browser, stack):
    @browser.run
    def story(session):
        visitor, other = begins(session, stack, "mute me"), begins(session, stack, "mute nobody")
        agent, colleague = listens(session, stack), listens(session, stack, agent=2)
        for one in (agent, colleague):
            likes(one, desktop=True, sound=False)
        agent.opens("mute me")
        tab = AgentAtInbox(agent.page.context.new_page(), agent.base_url)
        tab.page.goto(agent.page.url)
        tab.sees("mute me")
        agent.page.keyboard.press("m")
        expect(agent.page.locator("#announcer")).to_have_text(MUTED, timeout=WITHIN_MS)
        for one in (agent, tab):
            expect(one.page.locator("#mute")).to_have_text("Muted – Notify me again", timeout=WITHIN_MS)
            expect(one.row_saying("mute me").locator(".muted")).to_be_visible(timeout=WITHIN_MS)
        tab.page.close()
        agent.page.goto(f"{agent.base_url}/inbox/")
        agent.sees_in_list("mute me")
        visitor.says("who hears me?")
        # The controls: a colleague, another conversation, and whoever is named in this one.
        assert heard(colleague, 1) == ["who hears me?"]
        agent.sees_in_list("who hears me?")
        settled_title(agent, "who hears me?")
        other.says("everybody hears me")
        assert heard(agent, 1) == ["everybody hears me"]
        colleague.opens("who hears me?")
        expect(colleague.page.locator("#mute")).to_have_text("Mute for me")
        colleague.notes("@Maya Okafor can you look?")
        assert heard(agent, 2) == ["everybody hears me", "@Maya Okafor can you look?"]
        agent.opens("who hears me?")
        agent.page.locator("#mute").click()
        expect(agent.page.locator("#mute")).to_have_text("Mute for me", timeout=WITHIN_MS)
        agent.page.goto(f"{agent.base_url}/inbox/")
        agent.sees_in_list("who hears me?")
        visitor.says("and now?")
        assert heard(agent, 1) == ["and now?"]
