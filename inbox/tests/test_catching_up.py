"""No reload is ever needed: after 50 missed events a screen is what a fresh one is, to the node."""

from __future__ import annotations

import difflib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from curbe.testing.bed import Bed
from curbe.testing.clients import device_id
from curbe.testing.people import WITHIN_MS, AgentAtInbox
from curbe.testing.stack import Stack
from curbe.testing.waiting import SERVED_WITHIN_S, wait_for

MISSED = 50
PUT_OFF = timedelta(days=90)
TOM = "cak_tom_of_the_tests"
# What the screen says, a line for each element and text. Left out: what only the reader's own page knows (how far they
# have read, what they write, who is there at this moment), what the time is, and the keys of forms.
SHOWN = """(selector) => {
  const OWN = `[name=csrfmiddlewaretoken], [name=key], .divider.fresh, #composer, #outbox, #announcer, .present, .there,
    .is-typing, #newest, #more-rows`;
  const lines = [];
  const names = (one) => [...one.attributes].filter(({name}) => !/^(style|tabindex|data-read|min)$/.test(name));
  const told = ({name, value}) => `${name}=${name === "class" ? value.split(/\\s+/).filter(
    (one) => one && !/^htmx-|^is-found$/.test(one)).sort().join(" ") : value}`;
  const walk = (node, depth) => {
    if (node.nodeType === 3 && node.data.trim()) lines.push(" ".repeat(depth) + node.data.replace(/\\s+/g, " ").trim());
    if (node.nodeType !== 1 || node.matches(OWN)) return;
    lines.push(" ".repeat(depth) + `<${node.localName} ${names(node).map(told).sort().join(" ")}>`);
    if (!node.matches("time")) for (const child of node.childNodes) walk(child, depth + 1);
  };
  for (const one of document.querySelectorAll(selector)) walk(one, 0);
  return lines;
}"""
INBOX = "#views, #rows, #thread-head, #parts, #panel"
# A page that had more rows keeps them; a fresh one shows the first 25.
LOG = "#views, #people-count, #people > .person:nth-child(-n+25)"


@pytest.fixture(scope="module")
def stack(bed: Bed) -> Iterator[Stack]:
    with bed.spawn_stack(database="sqlite") as running:
        login = running.demo["tenants"][0]["agents"][1]["email"]
        running.manage(
            "shell",
            "--no-imports",
            "-c",
            "from messenger import actions; from messenger.models import Agent;"
            f"tom = Agent.objects.select_related('tenant', 'user').get(user__email={login!r});"
            f"actions.create_api_token(agent=tom, name='Tests', key={TOM!r})",
        )
        yield running


class Caller:
    """A program that calls one of the APIs as somebody."""

    def __init__(self, base: str, bearer: str = "") -> None:
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        self.client = httpx.Client(base_url=base, headers=headers, timeout=SERVED_WITHIN_S)
        # What it changed, each an event at least.
        self.done = 0

    def __call__(self, method: str, path: str, **body: Any) -> Any:
        answer = self.client.request(method, path, json=body)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        self.done += method != "GET"
        return answer.json() if answer.content else None


def colleague(stack: Stack) -> Caller:
    return Caller(f"{stack.base_url}/api/inbox/", TOM)


def visitor(stack: Stack) -> Caller:
    """Somebody new on the site without an assistant, where only people answer."""
    base = f"{stack.base_url}/api/messenger/"
    widget = stack.demo["tenants"][0]["widgets"][1]["id"]
    session = Caller(base)("POST", "bootstrap", widget_id=widget, device_id=device_id())
    return Caller(base, session["session_token"])


def starts(who: Caller, text: str) -> str:
    """A conversation of the visitor's, whose id is returned."""
    begun = who("POST", "conversations", message={"client_message_id": str(uuid.uuid4()), "body": text})
    return str(begun["conversation"]["id"])


def says(who: Caller, conversation: str, text: str, **more: Any) -> Any:
    key = str(uuid.uuid4())
    return who("POST", f"conversations/{conversation}/messages", client_message_id=key, body=text, **more)


def much_happens(stack: Stack, sofia: Caller, hers: str, last: str) -> int:
    """In the conversation that is open, in others and in new ones; how many acts it were, each an event at least."""
    tom = colleague(stack)
    _in_the_thread(tom, sofia, hers)
    _about_her(tom, sofia, hers)
    says(sofia, hers, last)
    others = [one["id"] for one in tom("GET", "conversations?status=open")["items"] if one["id"] != hers]
    _elsewhere(tom, others)
    newcomers = [visitor(stack) for _ in range(8)]
    for number, who in enumerate(newcomers):
        starts(who, f"newcomer {number}")
    return tom.done + sofia.done + sum(who.done for who in newcomers)


def _in_the_thread(tom: Caller, sofia: Caller, hers: str) -> None:
    for number in range(6):
        says(sofia, hers, f"question {number}")
        reply = says(tom, hers, f"answer {number}")
        note = says(tom, hers, f"note {number}, @Maya Okafor", kind="note")
    tom("PATCH", f"messages/{reply['id']}", body="answer 5, **put better**")
    tom("DELETE", f"messages/{note['id']}")
    latest = sofia("GET", f"conversations/{hers}/messages")["items"][-1]
    sofia("PUT", f"conversations/{hers}/read", up_to=latest["seq"])


def _about_her(tom: Caller, sofia: Caller, hers: str) -> None:
    sofia("POST", "profile", name="Sofía Marín", email="sofia@example.com")
    tom("POST", f"conversations/{hers}/assign", agent_id=tom("GET", "me")["agent"]["id"])
    tom("POST", f"conversations/{hers}/tags", name="Warehouse")
    tom("POST", f"conversations/{hers}/tags", name="Passing")
    tom("DELETE", f"conversations/{hers}/tags/Passing")
    tom("PATCH", f"conversations/{hers}", priority="urgent", subject="The lamp")
    tom("POST", f"conversations/{hers}/snooze", until=(datetime.now(UTC) + PUT_OFF).isoformat())
    tom("POST", f"conversations/{hers}/reopen")
    tom("POST", f"conversations/{hers}/close")


def _elsewhere(tom: Caller, others: list[str]) -> None:
    for number, one in enumerate(others[:6]):
        says(tom, one, f"elsewhere {number}")
    tom("POST", f"conversations/{others[0]}/close")
    tom("POST", f"conversations/{others[1]}/snooze", until=(datetime.now(UTC) + PUT_OFF).isoformat())
    tom("POST", f"conversations/{others[2]}/close", spam=True)
    tom("POST", f"conversations/{others[3]}/tags", name="Warehouse")
    tom("PATCH", f"conversations/{others[4]}", priority="high")
    tom("POST", f"conversations/{others[5]}/assign", agent_id=tom("GET", "me")["agent"]["id"])


def goes_to(page: Page, stack: Stack, path: str, selector: str) -> None:
    page.goto(f"{stack.base_url}{path}")
    expect(page.locator(selector).first).to_be_visible(timeout=WITHIN_MS)
    page.wait_for_load_state()


def equals(page: Page, fresh: Page, selector: str) -> None:
    """The page comes to show what a fresh one does."""
    difference: list[str] = []

    def is_same() -> bool:
        mine, theirs = (one.evaluate(SHOWN, selector) for one in (page, fresh))
        difference[:] = difflib.unified_diff(theirs, mine, "fresh", "open", n=2, lineterm="")
        page.wait_for_timeout(200)
        return len(theirs) > 100 and not difference

    try:
        wait_for(is_same, "the page to be as a fresh one", WITHIN_MS / 1000)
    except AssertionError as error:
        raise AssertionError("\n".join(difference)) from error


def test_an_inbox_that_missed_50_events_is_as_a_fresh_one(browser, stack):
    @browser.run
    def story(session):
        sofia = visitor(stack)
        hers = starts(sofia, "is the lamp in stock?")
        maya = AgentAtInbox.signs_in(session, stack).page
        goes_to(maya, stack, f"/inbox/c/{hers}/?view=all", "#parts .part")
        maya.context.set_offline(True)
        expect(maya.locator("#banner")).to_be_visible(timeout=WITHIN_MS)
        sofia.done = 0
        assert much_happens(stack, sofia, hers, "and a bulb?") >= MISSED
        # The control: none of it has come through.
        assert "and a bulb?" not in maya.locator("#app").inner_text()
        maya.context.set_offline(False)
        expect(maya.locator("#parts")).to_contain_text("and a bulb?", timeout=WITHIN_MS)
        expect(maya.locator(f"#row-{hers} .badge")).to_be_hidden(timeout=WITHIN_MS)  # Read, as the server knows.
        fresh = maya.context.new_page()
        goes_to(fresh, stack, f"/inbox/c/{hers}/?view=all", "#parts .part")
        equals(maya, fresh, INBOX)


def test_a_chat_log_that_missed_50_events_is_as_a_fresh_one(browser, stack):
    @browser.run
    def story(session):
        sofia = visitor(stack)
        hers = starts(sofia, "is the table in stock?")
        maya = AgentAtInbox.signs_in(session, stack).page
        goes_to(maya, stack, "/inbox/log/", "#people .person")
        unfolds(maya)
        maya.context.set_offline(True)
        expect(maya.locator("#banner")).to_be_visible(timeout=WITHIN_MS)
        sofia.done = 0
        assert much_happens(stack, sofia, hers, "and a cloth?") >= MISSED
        assert "and a cloth?" not in maya.locator("#app").inner_text()
        maya.context.set_offline(False)
        expect(maya.locator("#people .timeline .parts")).to_contain_text("and a cloth?", timeout=WITHIN_MS)
        fresh = maya.context.new_page()
        goes_to(fresh, stack, "/inbox/log/", "#people .person")
        unfolds(fresh, "and a cloth?")
        equals(maya, fresh, LOG)


def unfolds(page: Page, saying: str = "is the table in stock?") -> None:
    person = page.locator("#people .person", has_text=saying)
    person.locator("summary").click()
    page.mouse.move(0, 0)  # A row under the pointer keeps its place.
    expect(person.locator(".timeline .part").first).to_be_visible(timeout=WITHIN_MS)
