"""The widget in a real browser: what it costs, what it survives, and how it behaves on other people's pages."""

from __future__ import annotations

import http.server
import json
import sqlite3
import threading
import uuid
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from curbe.testing.bed import Bed
from curbe.testing.held import Held
from curbe.testing.people import WITHIN_MS, VisitorAtShop
from curbe.testing.program import TeamProgram
from curbe.testing.stack import Stack
from curbe.testing.waiting import SERVED_WITHIN_S, hear, wait_for

BLOCK_STORAGE = """for (const name of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("blocked", "SecurityError") } })"""

DRAWN = "await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
# Focus comes and goes: it is drawn before anything else happens.
SCROLL_AND_DRAW = f"""async (thread) => {{
  thread.scrollTop = 0;
  dispatchEvent(new Event("blur"));
  {DRAWN};
  return thread.scrollTop;
}}"""
LONG = "\n\n".join(["Something that takes more than one line on a phone"] * 60 + ["the last line"])
LEFT = f"async (thread) => {{ {DRAWN}; return thread.scrollHeight - thread.scrollTop - thread.clientHeight; }}"


@pytest.fixture(scope="module")
def stack(bed: Bed) -> Iterator[Stack]:
    with bed.spawn_stack(database="sqlite") as running:
        yield running


@pytest.fixture
def site(stack):
    """A site of somebody else's, under a policy that allows nothing but our origin. Not in the widget's list yet."""
    widget = stack.demo["tenants"][0]["widgets"][0]["id"]
    policy = f"default-src 'none'; script-src {stack.base_url}; frame-src {stack.base_url}; "
    policy += "require-trusted-types-for 'script'; trusted-types 'none'"
    # Twice, and once without its ending: loading twice is harmless.
    embed = "".join(f'<script async src="{stack.base_url}/widget/{widget}{end}"></script>' for end in (".js", ""))
    page = f'<!doctype html><html lang="en"><title>Host</title><h1>Host</h1><a href="#" class="help">Help</a>{embed}'

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *arguments):
            """Silent."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def listed_site(stack, site):
    """The same site, in the widget's list of allowed origins."""
    widget = stack.demo["tenants"][0]["widgets"][0]
    change(stack, widget["id"], allowed_origins=[*widget["allowed_origins"], site])
    yield site
    change(stack, widget["id"], allowed_origins=widget["allowed_origins"])


def change(stack, widget_id, **fields):
    code = f"from messenger.models import Widget; Widget.objects.filter(id='{widget_id}').update(**{fields!r})"
    stack.manage("shell", "--no-imports", "-c", code)


def team(stack, method, path, body=None):
    """What the tenant's program does."""
    headers = {"Authorization": f"Bearer {stack.demo['tenants'][0]['api_token']}"}
    url = f"{stack.base_url}/api/inbox/{path}"
    answer = httpx.request(method, url, headers=headers, json=body, timeout=SERVED_WITHIN_S)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def reply(stack, conversation_id, text):
    body = {"client_message_id": str(uuid.uuid4()), "body": text}
    return team(stack, "POST", f"conversations/{conversation_id}/messages", body)


def begins(session, stack, text, **options):
    """A visitor who has said something, and the id of their conversation."""
    visitor = VisitorAtShop.arrives(session, stack, **options)
    visitor.opens_the_chat()
    visitor.says(text)
    expect(visitor.thread.locator(".meta.sent")).to_be_visible(timeout=WITHIN_MS)
    return visitor, team(stack, "GET", f"threads/{visitor.visitor_id()}")["items"][-1]["conversation_id"]


def rows(stack):
    """Of the whole database."""
    with sqlite3.connect(stack.place.database_url.removeprefix("sqlite:///")) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        counts = [f'SELECT count(*) FROM "{name}"' for (name,) in tables]  # noqa: S608 - the database's own names
        return sum(database.execute(count).fetchone()[0] for count in counts)


def traces(session, page, stack):
    """Cookies, sockets, entries in the page's storages of every kind, and rows on the server."""
    stored = "indexedDB.databases().then((all) => all.length + localStorage.length + sessionStorage.length)"
    sockets = [url for url in session.records[0].requests if url.startswith("ws")]
    return len(page.context.cookies()), len(sockets), page.evaluate(stored), rows(stack)


def is_booted(page):
    wait_for(lambda: page.evaluate("!!window.Curbe?.booted"), "the widget to boot")


class VisitorAtWidget(VisitorAtShop):
    """On a page that has frames of its own, too."""

    @property
    def frame(self):
        return self.page.frame_locator("curbe-messenger iframe")


def unread_of(page):
    return page.evaluate("new Promise((tell) => Curbe('onUnreadCountChange', tell))")


def test_a_passer_by_costs_one_script_and_leaves_no_trace(browser, stack, listed_site):
    before = rows(stack)

    @browser.run
    def story(session):
        page = session.page(listed_site)
        is_booted(page)
        expect(page.get_by_role("button", name="Open chat")).to_have_count(1)
        page.wait_for_load_state("networkidle")
        ours = {url for url in session.records[0].requests if url.startswith(stack.base_url)}
        assert len(ours) == 2, ours  # Of which one is the copy that the page loads for the sake of the test.
        assert len(page.frames) == 1
        assert traces(session, page, stack) == (0, 0, 0, before)
        # The control: a pointer over the launcher is intent, and leaves what is looked for here.
        page.get_by_role("button", name="Open chat").hover()
        wait_for(lambda: page.evaluate("window.Curbe('whoami').booted") and rows(stack) > before, "a device")
        cookies, _, stored, after = traces(session, page, stack)
        assert (cookies, stored > 0, after > before) == (0, True, True)
        page.get_by_role("button", name="Open chat").click()
        VisitorAtShop(page).opens_the_chat()
        VisitorAtShop(page).says("Hello")
        hear(page, lambda: traces(session, page, stack)[1] > 0, "a socket")


def test_it_works_under_a_strict_policy_and_keeps_its_secret(browser, stack, listed_site):
    @browser.run
    def story(session):
        page = session.page(listed_site)
        is_booted(page)
        page.get_by_role("button", name="Open chat").click()
        visitor = VisitorAtShop(page)
        visitor.opens_the_chat()
        visitor.says("Hello from another origin")
        visitor.sees_note("Sent")
        stored = page.evaluate("Object.fromEntries(Object.entries(localStorage))")
        (device,) = [value for name, value in stored.items() if name.startswith("curbe_device_id:")]
        assert len(device) == 43
        assert [url for url in session.records[0].requests if device in url] == []
        assert session.console_errors == []
        assert session.page_errors == []
        # The hint: on the next page the frame comes by itself, so that answers are noticed.
        page.reload()
        wait_for(lambda: page.evaluate("window.Curbe?.('getVisitorId')"), "the frame to come by itself")


def test_s51_a_site_that_is_not_listed_is_refused_by_the_browser(browser, stack, site):
    @browser.run
    def story(session):
        page = session.page(site)
        is_booted(page)
        page.get_by_role("button", name="Open chat").click()
        expect(page.get_by_text("Chat is not available right now")).to_be_visible(timeout=WITHIN_MS)
        assert any("frame-ancestors" in text for text in session.console_errors)
        assert not [url for url in session.records[0].requests if "/api/messenger/" in url]


def test_s51_the_same_site_is_welcome_once_it_is_listed(browser, stack, listed_site):
    """The control."""

    @browser.run
    def story(session):
        visitor = VisitorAtShop(session.page(listed_site))
        is_booted(visitor.page)
        visitor.opens()
        assert session.console_errors == []


# What the page itself, or a frame of its own, may try: to hand the widget another port, or to be the widget.
FORGE = """(isPort) => {
  const widget = top.document.querySelector("curbe-messenger").shadowRoot.querySelector("iframe").contentWindow;
  top.leaked = [];
  addEventListener("message", ({ ports, data }) => ports.length && top.leaked.push(data));
  if (!isPort) return top.postMessage("curbe:ready", "*");
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => top.leaked.push(data);
  widget.postMessage("curbe:port", "*", [port2]);
  for (const t of ["init", "leave", "shutdown"]) port1.postMessage({ t, n: 9, device_id: "x".repeat(43) });
}"""


def frame_of_the_pages_own(page):
    page.evaluate("() => document.body.append(Object.assign(document.createElement('iframe'), { name: 'other' }))")
    return page.frame(name="other")


def frame_of_the_widget(page):
    return next(one for one in page.frames if one.url.partition("#")[0].endswith("/frame"))


def arrived_at(page):
    """How many messages have come to the window: its own script has looked at each by then."""
    return page.evaluate("window.arrived ?? 0")


@pytest.mark.parametrize("how", ["second port", "port of another frame", "greeting", "greeting of another frame"])
def test_s52_a_message_from_elsewhere_is_ignored(browser, stack, how):
    """Neither the loader nor the frame takes anything from anybody but the other, and each but once."""

    @browser.run
    def story(session):
        person = session.person()
        person.add_init_script("addEventListener('message', () => (window.arrived = (window.arrived ?? 0) + 1))")
        visitor = VisitorAtWidget(person.new_page())
        visitor.page.goto(f"{stack.base_url}/demo/?lang=en")
        visitor.opens_the_chat()
        visitor.says("Before the forgery")
        visitor.sees_note("Sent")
        # The control: what the real ones say to each other comes through the same windows.
        frame = frame_of_the_widget(visitor.page)
        assert (arrived_at(visitor.page), arrived_at(frame)) == (1, 1)
        who = visitor.visitor_id()
        forger = frame_of_the_pages_own(visitor.page) if "another frame" in how else visitor.page
        forger.evaluate(FORGE, "port" in how)
        reached = frame if "port" in how else visitor.page
        wait_for(lambda: arrived_at(reached) == 2, "the forgery to arrive")
        visitor.says("After the forgery")
        visitor.sees_note("Sent")
        assert visitor.page.evaluate("window.leaked") == []
        assert (visitor.visitor_id(), visitor.page.evaluate("Curbe.booted")) == (who, True)
        assert visitor.page.evaluate("window.onmessage") is None
        assert session.page_errors == []


def test_s52_before_the_frame_is_there_nobody_else_can_take_its_place(browser, stack):
    """A frame of the page's own greets first; the secret goes to the real one alone."""

    @browser.run
    def story(session):
        person = session.person()
        person.add_init_script(
            "window.leaked = []; addEventListener('message', ({ data, ports, source }) => {"
            "if (data === 'curbe:port') { window.leaked.push(source === parent); window.given = ports.length } })"
        )
        page = person.new_page()
        page.goto(f"{stack.base_url}/demo/?lang=en")
        is_booted(page)
        page.evaluate("Object.defineProperty(window, 'onmessage', { set() { window.assigned = true } })")
        forger = frame_of_the_pages_own(page)
        forger.evaluate("() => { top.Curbe('show'); top.postMessage('curbe:ready', '*') }")
        page.evaluate("postMessage('curbe:ready', '*')")
        visitor = VisitorAtWidget(page)
        visitor.opens_the_chat()
        visitor.says("To the real one")
        visitor.sees_note("Sent")
        frame = frame_of_the_widget(page)
        assert page.evaluate("[window.leaked, window.assigned ?? false]") == [[], False]
        assert frame.evaluate("[window.leaked, window.given]") == [[True], 1]


def test_blocked_storage_is_survived(browser, stack):
    @browser.run
    def story(session):
        person = session.person()
        person.add_init_script(BLOCK_STORAGE)
        page = person.new_page()
        page.goto(f"{stack.base_url}/demo/")
        is_booted(page)
        visitor = VisitorAtShop(page)
        visitor.opens_the_chat()
        visitor.says("Nothing can be kept here")
        visitor.sees_note("Sent")
        assert session.page_errors == []


def test_two_tabs_that_start_together_agree_on_one_device(browser, stack):
    @browser.run
    def story(session):
        person = session.person()
        pages = [person.new_page() for _ in range(2)]
        for page in pages:
            page.goto(f"{stack.base_url}/demo/")
            is_booted(page)
        for page in pages:
            page.evaluate("Curbe('show')")
        for page in pages:
            expect(VisitorAtShop(page).frame.locator(".card.write")).to_be_visible(timeout=WITHIN_MS)
        keys = "JSON.stringify(Object.entries(localStorage).filter(([k]) => k.startsWith('curbe_device_id:')))"
        first, second = (page.evaluate(keys) for page in pages)
        assert first == second
        assert len(json.loads(first)) == 1


def test_what_is_written_offline_leaves_in_order_also_after_a_reload(browser, stack):
    @browser.run
    def story(session):
        visitor, _ = begins(session, stack, "one")
        visitor.page.context.set_offline(True)
        visitor.says("two")
        visitor.says("three")
        expect(visitor.thread.get_by_text("Waiting to be sent").first).to_be_visible(timeout=WITHIN_MS)
        expect(visitor.frame.get_by_text("You are offline")).to_be_visible(timeout=WITHIN_MS)
        visitor.page.context.set_offline(False)
        expect(visitor.thread.locator(".waiting")).to_have_count(0, timeout=WITHIN_MS)
        # In the middle of sending, the page is loaded again.
        visitor.page.route("**/conversations/*/messages", lambda route: route.abort())
        visitor.says("four")
        visitor.says("five")
        visitor.page.reload()
        visitor.opens_the_chat()
        visitor.sees_once("four", "five")
        visitor.page.unroute_all()
        expect(visitor.thread.locator(".waiting")).to_have_count(0, timeout=40_000)
        items = team(stack, "GET", f"threads/{visitor.visitor_id()}")["items"]
        assert [part["body"] for part in items] == ["one", "two", "three", "four", "five"]


def test_a_refused_message_can_be_retried_or_thrown_away(browser, stack):
    @browser.run
    def story(session):
        visitor, _ = begins(session, stack, "accepted")
        refusal = json.dumps(
            {"type": "client_error", "errors": [{"code": "not_available", "detail": "", "attr": None}]}
        )
        visitor.page.route(
            "**/conversations/*/messages",
            lambda route: route.fulfill(status=403, content_type="application/json", body=refusal),
        )
        visitor.says("refused")
        visitor.says("unwanted")
        retry = visitor.frame.get_by_role("button", name="Try again")
        expect(retry).to_have_count(2, timeout=WITHIN_MS)
        visitor.frame.get_by_role("button", name="Delete").last.click()
        visitor.page.unroute_all()
        retry.click()
        expect(visitor.thread.locator(".waiting")).to_have_count(0, timeout=WITHIN_MS)
        visitor.sees_once("refused")
        visitor.does_not_see("unwanted")


def test_reading_is_what_somebody_looks_at(browser, stack):
    @browser.run
    def story(session):
        visitor, conversation = begins(session, stack, "Is anybody there?")
        visitor.page.evaluate("Curbe('hide')")
        reply(stack, conversation, "Here I am.")
        launcher = visitor.page.get_by_role("button", name="Open chat, 1 unread")
        expect(launcher).to_be_visible(timeout=WITHIN_MS)
        assert unread_of(visitor.page) == 1
        launcher.click()
        visitor.sees("Here I am.")
        expect(visitor.thread.get_by_text("New messages")).to_be_visible(timeout=WITHIN_MS)
        wait_for(lambda: unread_of(visitor.page) == 0, "the message to be read")
        row = team(stack, "GET", f"conversations/{conversation}")
        assert row["contact_last_read_seq"] == row["last_seq"]


def test_older_history_loads_above_what_is_being_read(browser, stack):
    @browser.run
    def story(session):
        visitor, conversation = begins(session, stack, "the very first")
        for number in range(70):
            reply(stack, conversation, f"line {number}")
        older = Held(visitor.page, "**/messages?*before=*")
        visitor.page.reload()
        visitor.opens_the_chat()
        visitor.sees("line 69")
        bubbles = visitor.thread.locator(".bubble")
        expect(bubbles).to_have_count(50)
        visitor.thread.evaluate("(thread) => (thread.scrollTop = 0)")
        older.let_go()
        expect(bubbles).to_have_count(71, timeout=WITHIN_MS)
        visitor.sees_once("the very first", "line 0", "line 69")
        assert visitor.thread.evaluate("(thread) => thread.scrollTop") > 300, "the reader's place moved"
        # Whoever reads above has not read what comes below.
        visitor.thread.evaluate("(thread) => (thread.scrollTop = 0)")
        reply(stack, conversation, "and another")
        jump = visitor.frame.get_by_role("button", name="Jump to the latest message")
        expect(jump.locator(".count")).to_be_visible(timeout=WITHIN_MS)
        jump.click()
        wait_for(lambda: unread_of(visitor.page) == 0, "the message to be read")


def test_whoever_just_scrolled_up_is_left_there(browser, stack):
    """Something may be drawn before the page is told of the scrolling, which comes with the next frame only."""

    @browser.run
    def story(session):
        visitor, conversation = begins(session, stack, "Hello")
        reply(stack, conversation, LONG)
        visitor.sees("the last line")
        assert visitor.thread.evaluate(SCROLL_AND_DRAW) == 0
        jump = visitor.frame.get_by_role("button", name="Jump to the latest message")
        expect(jump).to_be_visible(timeout=WITHIN_MS)
        # Whoever sends something sees it, at once.
        visitor.says("and this")
        expect(visitor.thread.locator(".meta.sent")).to_be_visible(timeout=WITHIN_MS)
        assert visitor.thread.evaluate(LEFT) <= 1
        expect(jump).to_have_count(0)
        # What takes room away, and what gives it back, leaves them at the end.
        visitor.frame.locator(".composer [aria-expanded]").click()
        expect(visitor.frame.locator(".emoji button").first).to_be_visible(timeout=WITHIN_MS)
        assert visitor.thread.evaluate(LEFT) <= 1
        visitor.page.keyboard.press("Escape")
        expect(visitor.frame.locator(".emoji")).to_have_count(0)
        assert visitor.thread.evaluate(LEFT) <= 1


def test_whoever_reads_above_stays_while_what_is_there_becomes_higher(browser, stack):
    """Files are drawn after their message; and a phone that is turned wraps everything anew."""

    @browser.run
    def story(session):
        visitor, conversation = begins(session, stack, "Hello", phone=True)
        reply(stack, conversation, LONG)
        files = [(f"terms-{number}.txt", b"Two years.", "text/plain") for number in range(5)]
        TeamProgram(stack).reply(conversation, "All of it", *files)
        expect(visitor.thread.locator(".files .saved")).to_have_count(5, timeout=WITHIN_MS)
        assert visitor.thread.evaluate(LEFT) <= 1
        visitor.thread.evaluate("(thread) => (thread.scrollTop -= 100)")
        jump = visitor.frame.get_by_role("button", name="Jump to the latest message")
        expect(jump).to_be_visible(timeout=WITHIN_MS)
        assert visitor.thread.evaluate(LEFT) == pytest.approx(100, abs=2)
        for width, height in ((844, 390), (390, 844)):
            visitor.page.set_viewport_size({"width": width, "height": height})
            assert visitor.thread.evaluate(LEFT) > 48
            expect(jump).to_be_visible()


def test_it_speaks_spanish_and_fills_a_phone(browser, stack):
    @browser.run
    def story(session):
        visitor, _ = begins(session, stack, "¿Hay alguien?", locale="es-ES", phone=True)
        expect(visitor.thread.get_by_text("Enviado", exact=True)).to_be_visible()
        box = visitor.page.locator("curbe-messenger iframe").bounding_box()
        assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 844)
        small = visitor.frame.locator("button:visible").evaluate_all(
            "(all) => all.map((one) => one.getBoundingClientRect()).filter((r) => r.width < 44 || r.height < 44).length"
        )
        assert small == 0
        visitor.frame.get_by_role("button", name="Cerrar el chat").click()
        expect(visitor.page.get_by_role("button", name="Abrir el chat")).to_be_visible(timeout=WITHIN_MS)


def test_it_survives_a_swap_of_the_body(browser, stack):
    @browser.run
    def story(session):
        visitor, _ = begins(session, stack, "Still here?")
        visitor.page.evaluate("document.documentElement.replaceChild(document.createElement('body'), document.body)")
        visitor.sees("Still here?")
        visitor.says("Yes")
        visitor.sees_note("Sent")


def test_the_page_can_drive_it(browser, stack):
    @browser.run
    def story(session):
        person = session.person()
        # A page's own stub, filled before the script is there.
        person.add_init_script(
            "if (top === window) { window.heard = []; window.Curbe = (...args) => Curbe.q.push(args); Curbe.q = [];"
            "Curbe('onShow', () => heard.push('show')); Curbe('onHide', () => heard.push('hide'));"
            "Curbe('onShow', 'not a function'); Curbe('showNewMessage', 'A question about mugs') }"
        )
        page = person.new_page()
        page.goto(f"{stack.base_url}/demo/?lang=en")
        visitor = VisitorAtShop(page)
        expect(visitor.box).to_have_value("A question about mugs", timeout=WITHIN_MS)
        assert page.evaluate("[Curbe('getVisitorId'), Curbe('whoami').contact_id, Curbe.booted]") == [None, None, True]
        page.evaluate("Curbe('hide')")
        assert page.evaluate("heard") == ["show", "hide"]
        page.evaluate("Curbe('no such method', 1)")
        page.evaluate("Curbe('update', {custom_launcher_selector: '.ask', hide_default_launcher: true})")
        expect(page.get_by_role("button", name="Open chat")).to_be_hidden()
        page.evaluate("Curbe('shutdown')")
        assert page.evaluate("Curbe.booted") is False
        expect(page.locator("curbe-messenger iframe")).to_have_count(0, timeout=WITHIN_MS)
        page.evaluate("Curbe('boot', {alignment: 'left'})")
        left = page.get_by_role("button", name="Open chat").bounding_box()
        assert left is not None
        assert left["x"] == 20
        assert session.page_errors == []


def test_debug_prints_the_trace_and_no_credential(browser, stack):
    @browser.run
    def story(session):
        lines = []
        page = session.page()
        page.on("console", lambda message: lines.append(message.text))
        page.goto(f"{stack.base_url}/demo/?lang=en")
        is_booted(page)
        page.evaluate("Curbe('debug', true)")
        visitor = VisitorAtShop(page)
        visitor.opens_the_chat()
        visitor.says("What is going on?")
        visitor.sees_note("Sent")
        visitor.says("And now?")
        hear(page, lambda: any("[curbe] evs" in line for line in lines), "the event to be traced")
        traced = [line.removeprefix("[curbe] ").partition(" ") for line in lines if line.startswith("[curbe] ")]
        steps = [step for step, _, _ in traced]
        for step in ("bootstrap", "chat_start", "connection", "welcome", "evs"):
            assert step in steps
        last = json.loads(traced[-1][2])
        assert last["contact_id"] == visitor.visitor_id()
        assert len(last["trace_id"]) == 24
        assert last["tenant_id"] == stack.demo["tenants"][0]["id"]
        device = page.evaluate("Object.entries(localStorage).find(([k]) => k.startsWith('curbe_device_id:'))[1]")
        frame = next(frame for frame in page.frames if frame.url.partition("#")[0].endswith("/frame"))
        token = frame.evaluate("Object.values(sessionStorage)[0]")
        assert token
        assert not [line for line in lines if device in line or token in line or "What is going on?" in line]


def test_a_server_that_goes_and_comes_back_is_noticed_and_nothing_is_lost(browser, stack):
    @browser.run
    def story(session):
        visitor, conversation = begins(session, stack, "before")
        stack.kill()
        expect(visitor.frame.get_by_text("Connecting again…")).to_be_visible(timeout=WITHIN_MS)
        visitor.says("meanwhile")
        stack.restart()
        expect(visitor.thread.locator(".waiting")).to_have_count(0, timeout=60_000)
        expect(visitor.frame.get_by_text("Connecting again…")).to_have_count(0, timeout=60_000)
        reply(stack, conversation, "after")
        visitor.sees_once("before", "meanwhile", "after")
