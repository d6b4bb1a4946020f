"""Who the widget speaks for, in a real browser: signing in and out, starting over, and what must never be mixed up."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import httpx
import jwt
import pytest
from playwright.sync_api import expect

from curbe.testing.bed import Bed
from curbe.testing.held import Held
from curbe.testing.people import WITHIN_MS, VisitorAtShop
from curbe.testing.stack import Stack
from curbe.testing.waiting import SERVED_WITHIN_S, hear, wait_for

BLOCK_STORAGE = """for (const name of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("blocked", "SecurityError") } })"""
STORED = """([prefix]) => Object.fromEntries(Object.entries(localStorage).filter(([key]) => key.startsWith(prefix)))"""


@pytest.fixture(scope="module")
def stack(bed: Bed) -> Iterator[Stack]:
    # Every test is somebody new from the same address.
    with bed.spawn_stack(database="sqlite", env={"RATE_LIMITS": "20"}) as running:
        yield running


def token(stack, user_id, lives_s=600, **claims):
    """What the tenant's server signs for its user."""
    key = stack.demo["tenants"][0]["identity_secret"]
    claims = {"user_id": user_id, "exp": int(time.time()) + lives_s, **claims}
    return jwt.encode(claims, key["secret"], algorithm="HS256", headers={"kid": key["kid"]})


def say(page, method, *arguments):
    """Call the page's own API."""
    return page.evaluate("([method, args]) => Curbe(method, ...args)", [method, list(arguments)])


def arrives(session, stack, path="/demo/?lang=en", **options):
    visitor = VisitorAtShop.arrives(session, stack, path, **options)
    is_booted(visitor.page)
    return visitor


def is_booted(page):
    wait_for(lambda: page.evaluate("!!window.Curbe?.booted"), "the widget to boot")


def is_user(visitor):
    wait_for(lambda: say(visitor.page, "whoami")["type"] == "user", "the proof to be accepted")
    return visitor.visitor_id()


def is_nobody(visitor):
    wait_for(lambda: visitor.visitor_id() is None, "whoever was here to be off the page")


def stored(page, prefix="curbe_"):
    return page.evaluate(STORED, [prefix])


def last_of(url):
    return url.rpartition("/")[2]


def device_of(page):
    (device,) = stored(page, "curbe_device_id:").values()
    return device


def session_token_of(page):
    frame = next(frame for frame in page.frames if frame.url.partition("#")[0].endswith("/frame"))
    return frame.evaluate("Object.entries(sessionStorage).find(([key]) => key.startsWith('curbe_session:'))?.[1]")


def refusal_of(stack, bearer):
    """Why the server does not take that token; None when it does."""
    url = f"{stack.base_url}/api/messenger/conversations"
    answer = httpx.get(url, headers={"Authorization": f"Bearer {bearer}"}, timeout=SERVED_WITHIN_S)
    return None if answer.is_success else answer.json()["errors"][0]["code"]


def wait_until_revoked(stack, bearer):
    wait_for(lambda: refusal_of(stack, bearer) == "session_revoked", "the session to end on the server")


def thread_of(stack, contact_id):
    headers = {"Authorization": f"Bearer {stack.demo['tenants'][0]['api_token']}"}
    url = f"{stack.base_url}/api/inbox/threads/{contact_id}"
    answer = httpx.get(url, headers=headers, timeout=SERVED_WITHIN_S)
    assert answer.is_success, answer.text
    return [part["body"] for part in answer.json()["items"] if part["kind"] == "message"]


def has_arrived(visitor):
    expect(visitor.thread.locator(".waiting")).to_have_count(0, timeout=WITHIN_MS)


def begins(session, stack, text, **settings):
    """Somebody who has said something; a user when the settings say so."""
    visitor = arrives(session, stack)
    if settings:
        say(visitor.page, "boot", settings)
    visitor.opens_the_chat()
    visitor.says(text)
    has_arrived(visitor)
    return visitor


def test_a_user_chats_with_blocked_storage(browser, stack):
    @browser.run
    def story(session):
        person = session.person()
        person.add_init_script(BLOCK_STORAGE)
        page = person.new_page()
        page.goto(f"{stack.base_url}/demo/?lang=en")
        is_booted(page)
        say(page, "boot", {"user_jwt": token(stack, "blocked")})
        visitor = VisitorAtShop(page)
        visitor.opens_the_chat()
        visitor.says("Nothing can be kept here")
        visitor.sees_note("Sent")
        is_user(visitor)
        say(page, "shutdown")
        expect(page.locator("curbe-messenger")).to_have_count(0, timeout=WITHIN_MS)
        assert session.page_errors == []


def test_two_tabs_that_start_together_are_one_device_and_one_user(browser, stack):
    @browser.run
    def story(session):
        person = session.person()
        pages = [person.new_page() for _ in range(2)]
        for page in pages:
            page.goto(f"{stack.base_url}/demo/?lang=en")
            is_booted(page)
        for page in pages:
            say(page, "boot", {"user_jwt": token(stack, "two tabs")})
            say(page, "show")
        visitors = [VisitorAtShop(page) for page in pages]
        first, second = (is_user(visitor) for visitor in visitors)
        assert first == second
        assert device_of(pages[0]) == device_of(pages[1])
        # Neither has disturbed the other.
        assert [refusal_of(stack, session_token_of(page)) for page in pages] == [None, None]


@pytest.fixture
def subdomains(stack):
    """Two subdomains of one site, on which the tenant has opted in; and another site."""
    sites = ["https://a.shop.example", "https://b.shop.example", "https://other.example"]
    tenant, widget = stack.demo["tenants"][0]["id"], stack.demo["tenants"][0]["widgets"][0]
    change(stack, f"Widget.objects.filter(id='{widget['id']}').update(allowed_origins={sites!r})")
    change(stack, f"Tenant.objects.filter(id='{tenant}').update(shares_device=True)")
    yield sites
    change(stack, f"Tenant.objects.filter(id='{tenant}').update(shares_device=False)")
    change(stack, f"Widget.objects.filter(id='{widget['id']}').update(allowed_origins={widget['allowed_origins']!r})")


def change(stack, statement):
    stack.manage("shell", "--no-imports", "-c", f"from messenger.models import Tenant, Widget; {statement}")


def test_subdomains_share_the_device_where_the_tenant_wants_that(browser, stack, subdomains):
    @browser.run
    def story(session):
        first, second, other = subdomains
        # Pages of the internet that load our scripts from this machine, which Chromium asks people about.
        person = session.person(permissions=["local-network-access"])
        widget = stack.demo["tenants"][0]["widgets"][0]["id"]
        script = f"{stack.base_url}/widget/{widget}.js"
        html = f'<!doctype html><html lang="en"><title>Shop</title><script async src="{script}"></script>'
        for site in subdomains:
            person.route(f"{site}/", lambda route: route.fulfill(content_type="text/html", body=html))
        page = person.new_page()

        def chats(site):
            page.goto(f"{site}/")
            is_booted(page)
            visitor = VisitorAtShop(page)
            visitor.opens_the_chat()
            return visitor

        visitor = chats(first)
        visitor.says("Said on the first subdomain")
        has_arrived(visitor)
        (cookie,) = person.cookies(first)
        assert (cookie["domain"], cookie["path"], cookie["sameSite"], cookie["secure"]) == (
            ".shop.example",
            "/",
            "Lax",
            True,
        )
        assert cookie["name"] == f"curbe_device_id_{stack.demo['tenants'][0]['id']}"
        assert cookie["value"] == device_of(page)
        assert cookie["expires"] > time.time() + 360 * 86_400
        visitor = chats(second)
        visitor.sees("Said on the first subdomain")
        assert device_of(page) == cookie["value"]
        say(page, "shutdown")
        wait_for(lambda: not stored(page), "the storage to be empty")
        assert person.cookies(first) == []
        chats(other).does_not_see("Said on the first subdomain")


def test_signing_out_ends_every_tabs_session_and_leaves_nothing(browser, stack):
    """S67, seen from the browser."""

    @browser.run
    def story(session):
        visitor = begins(session, stack, "Only for me", user_jwt=token(stack, "leaver"))
        tab = VisitorAtShop(visitor.page.context.new_page())
        tab.page.goto(f"{stack.base_url}/demo/?lang=en")
        is_booted(tab.page)
        say(tab.page, "boot", {"user_jwt": token(stack, "leaver")})
        tab.opens_the_chat()
        tab.sees("Only for me")
        tab.box.fill("a draft of mine")
        bearers = [session_token_of(one.page) for one in (visitor, tab)]
        device = device_of(visitor.page)
        say(visitor.page, "shutdown")
        wait_for(lambda: device not in json.dumps(stored(visitor.page)), "the device to be forgotten")
        tab.does_not_see("Only for me")
        for bearer in bearers:
            wait_until_revoked(stack, bearer)
        expect(visitor.page.locator("curbe-messenger")).to_have_count(0, timeout=WITHIN_MS)
        # The other tab goes on as a guest of whom nothing is known, on a device of its own.
        expect(tab.frame.locator(".card.write")).to_be_visible(timeout=WITHIN_MS)
        assert tab.visitor_id() is None
        assert device_of(tab.page) != device
        tab.opens_the_chat()
        expect(tab.box).to_have_value("")
        frame = tab.page.frames[-1]
        assert "Only for me" not in frame.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")


def test_signing_out_survives_a_page_that_leaves_at_once(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "Gone in a moment", user_jwt=token(stack, "hasty"))
        bearer = session_token_of(visitor.page)
        visitor.page.evaluate("Curbe('shutdown'); location.href = '/demo/second/'")
        wait_until_revoked(stack, bearer)
        visitor.page.wait_for_url("**/second/**")
        wait_for(lambda: not stored(visitor.page), "the storage to be empty")
        expect(visitor.page.locator("curbe-messenger iframe")).to_have_count(0, timeout=WITHIN_MS)


def test_a_page_without_a_frame_ends_the_session_too_and_the_next_one_if_that_was_too_short(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "Signed out later", user_jwt=token(stack, "later"))
        bearer, page = session_token_of(visitor.page), visitor.page
        page.add_init_script(
            "if (location.hash === '#out') { window.Curbe = (...args) => Curbe.q.push(args); Curbe.q = [['shutdown']] }"
        )
        page.route("**/frame", lambda route: route.abort())
        page.goto(f"{stack.base_url}/demo/?lang=es#out")
        leaving = f"curbe_leaving:{stack.demo['tenants'][0]['id']}"
        wait_for(
            lambda: [key for key in stored(page) if not key.startswith("curbe_cache:")] == [leaving], "the sign-out"
        )
        assert refusal_of(stack, bearer) is None
        page.unroute_all()
        page.goto(f"{stack.base_url}/demo/?lang=en")
        wait_until_revoked(stack, bearer)
        wait_for(lambda: not stored(page), "the storage to be empty")
        expect(page.locator("curbe-messenger iframe")).to_have_count(0, timeout=WITHIN_MS)


def test_a_guest_starts_over_and_a_second_tab_follows(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "Forget this, please")
        tab = VisitorAtShop(visitor.page.context.new_page())
        tab.page.goto(f"{stack.base_url}/demo/?lang=en")
        is_booted(tab.page)
        tab.opens_the_chat()
        tab.sees("Forget this, please")
        guest, device = visitor.visitor_id(), device_of(visitor.page)
        say(visitor.page, "reset")
        for one in (visitor, tab):
            expect(one.frame.get_by_text("Forget this, please")).to_have_count(0, timeout=WITHIN_MS)
            is_nobody(one)
        wait_for(lambda: device_of(visitor.page) != device, "the new device to be kept")
        visitor.opens_the_chat()
        visitor.says("Hello again")
        has_arrived(visitor)
        assert visitor.visitor_id() != guest
        assert thread_of(stack, guest) == ["Forget this, please"]
        # Both tabs are the same new guest, after a reload at the latest.
        tab.page.reload()
        tab.opens_the_chat()
        tab.sees("Hello again")


def test_a_user_cannot_start_over(browser, stack):
    @browser.run
    def story(session):
        lines = []
        visitor = begins(session, stack, "Mine for good", user_jwt=token(stack, "stays"))
        visitor.page.on("console", lambda message: lines.append(message.text))
        user, device = is_user(visitor), device_of(visitor.page)
        say(visitor.page, "reset")
        hear(visitor.page, lambda: any("verified_contact" in line for line in lines), "a warning")
        visitor.sees("Mine for good")
        assert (visitor.visitor_id(), device_of(visitor.page)) == (user, device)
        visitor.says("Still here")
        has_arrived(visitor)


def test_a_proof_that_has_run_out_is_replaced_by_one_the_page_brings(browser, stack):
    @browser.run
    def story(session):
        visitor = arrives(session, stack)
        fresh = token(stack, "returns")
        visitor.page.evaluate(
            "(fresh) => { window.asked = [];"
            " Curbe('onAuthRequired', async (code) => { asked.push(code); return fresh }) }",
            fresh,
        )
        say(visitor.page, "boot", {"user_id": "returns", "user_jwt": token(stack, "returns", lives_s=-600)})
        visitor.opens_the_chat()
        visitor.says("With the second token")
        has_arrived(visitor)
        assert visitor.page.evaluate("asked") == ["identity_proof_expired"]
        assert thread_of(stack, is_user(visitor)) == ["With the second token"]


def test_a_page_that_identifies_while_the_visitor_writes(browser, stack):
    """The answer takes its time, and Enter is pressed on both sides of it: one person, and no guest meanwhile."""

    @browser.run
    def story(session):
        visitor = begins(session, stack, "Before anybody knew")
        guest, page = visitor.visitor_id(), visitor.page
        posts = []
        page.on("request", lambda request: posts.extend([last_of(request.url)] if request.method != "GET" else []))
        held = Held(page, "**/bootstrap")
        visitor.box.press_sequentially("Around ", delay=10)
        say(page, "update", {"user_jwt": token(stack, "identifies", name="Ida")})
        visitor.box.press_sequentially("the announcement", delay=10)
        visitor.box.press("Enter")
        visitor.says("And another one")
        expect(visitor.thread.get_by_text("Waiting to be sent")).to_have_count(2)
        expect(visitor.frame.get_by_text("Confirming that it is you")).to_be_visible(timeout=WITHIN_MS)
        assert set(posts) == {"bootstrap"}
        visitor.box.press_sequentially("Begun before", delay=10)
        held.let_go()
        user = is_user(visitor)
        has_arrived(visitor)
        expect(visitor.box).to_have_value("Begun before")
        visitor.box.press("Enter")
        has_arrived(visitor)
        said = ["Before anybody knew", "Around the announcement", "And another one", "Begun before"]
        visitor.sees_once(*said)
        assert thread_of(stack, user) == said
        assert user == guest  # Upgraded in place.


def test_a_refused_proof_says_so_and_keeps_what_was_written(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "As a guest")
        guest, page = visitor.visitor_id(), visitor.page
        held = Held(page, "**/bootstrap")
        say(page, "update", {"user_id": "doubtful", "user_jwt": token(stack, "doubtful")[:-3]})
        visitor.says("For the user alone")
        held.let_go()
        expect(visitor.frame.get_by_text("We could not confirm that you are signed in")).to_be_visible(
            timeout=WITHIN_MS
        )
        expect(visitor.frame.get_by_text("What you wrote is kept here")).to_be_visible()
        visitor.does_not_see("As a guest")
        wait_for(lambda: visitor.visitor_id() is None, "the guest to be off the page")
        assert thread_of(stack, guest) == ["As a guest"]
        # The page registers late and is asked all the same.
        page.evaluate(
            "(good) => Curbe('onAuthRequired', (code) => code === 'identity_proof_invalid' && good)",
            token(stack, "doubtful"),
        )
        user = is_user(visitor)
        visitor.sees_once("As a guest", "For the user alone")
        has_arrived(visitor)
        assert thread_of(stack, user) == ["As a guest", "For the user alone"]


def test_two_users_in_two_tabs_do_not_take_the_browser_from_each_other_in_turns(browser, stack):
    @browser.run
    def story(session):
        first = begins(session, stack, "A secret of the first", user_jwt=token(stack, "first"))
        same = token(stack, "first")
        first.page.evaluate(
            "(same) => { window.asked = 0; Curbe('onAuthRequired', () => { asked++; return same });"
            " Curbe('update', { user_jwt: same }) }",
            same,
        )
        is_user(first)
        tab = VisitorAtShop(first.page.context.new_page())
        tab.page.goto(f"{stack.base_url}/demo/?lang=en")
        is_booted(tab.page)
        before = len(session.records[0].requests)
        say(tab.page, "boot", {"user_jwt": token(stack, "second")})
        tab.opens_the_chat()
        second = is_user(tab)
        tab.does_not_see("A secret of the first")
        expect(first.frame.get_by_text("A secret of the first")).to_have_count(0, timeout=WITHIN_MS)
        wait_for(lambda: first.page.evaluate("asked") == 1, "the first page to be asked")
        say(first.page, "update", {"user_jwt": same})
        assert first.visitor_id() is None
        tab.says("The second stays")
        has_arrived(tab)
        assert thread_of(stack, second) == ["The second stays"]
        assert tab.visitor_id() == second
        bootstraps = [url for url in session.records[0].requests[before:] if last_of(url) == "bootstrap"]
        assert 2 <= len(bootstraps) <= 4


def test_booting_as_another_user_shuts_the_first_one_down(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "The first one's", user_jwt=token(stack, "one"))
        bearer, device, first = session_token_of(visitor.page), device_of(visitor.page), visitor.visitor_id()
        visitor.page.evaluate("window.counts = []; Curbe('onUnreadCountChange', (n) => counts.push(n))")
        say(visitor.page, "boot", {"user_jwt": token(stack, "two")})
        wait_until_revoked(stack, bearer)
        visitor.opens_the_chat()
        wait_for(lambda: is_user(visitor) != first, "the second user")
        visitor.does_not_see("The first one's")
        assert device_of(visitor.page) != device
        visitor.says("The second one's")
        has_arrived(visitor)
        assert thread_of(stack, visitor.visitor_id()) == ["The second one's"]


def test_the_trace_of_a_login_has_no_credential(browser, stack):
    @browser.run
    def story(session):
        lines = []
        visitor = arrives(session, stack)
        visitor.page.on("console", lambda message: lines.append(message.text))
        say(visitor.page, "debug", True)
        proof = token(stack, "traced", email="traced@example.com")
        say(visitor.page, "boot", {"user_id": "traced", "user_jwt": proof})
        visitor.opens_the_chat()
        visitor.says("A private matter")
        has_arrived(visitor)
        user = is_user(visitor)
        hear(visitor.page, lambda: any(user in line for line in lines), "the trace")
        secrets = [proof, proof.split(".")[2], device_of(visitor.page), session_token_of(visitor.page)]
        for secret in [*secrets, "A private matter", "traced@example.com"]:
            assert not [line for line in lines if secret in line]
            assert not [url for record in session.records for url in record.requests if secret in url]
        kept = json.dumps(visitor.page.frames[-1].evaluate("({...localStorage, ...sessionStorage})"))
        assert proof not in kept


def test_signing_out_reaches_other_tabs_also_without_a_channel_between_them(browser, stack):
    @browser.run
    def story(session):
        person = session.person()
        person.add_init_script("delete window.BroadcastChannel")
        tabs = [VisitorAtShop(person.new_page()) for _ in range(2)]
        for tab in tabs:
            tab.page.goto(f"{stack.base_url}/demo/?lang=en")
            is_booted(tab.page)
            say(tab.page, "boot", {"user_jwt": token(stack, "no channel")})
            tab.opens_the_chat()
            if tab is tabs[0]:
                tab.says("Private")
                has_arrived(tab)
            tab.sees("Private")
        say(tabs[0].page, "shutdown")
        expect(tabs[1].frame.get_by_text("Private")).to_have_count(0, timeout=WITHIN_MS)
        wait_for(lambda: tabs[1].visitor_id() is None, "the user to be off the other tab's page")
        assert session.page_errors == []


def goes_offline(visitor):
    """The chat's server is out of reach; the shop itself is not."""
    visitor.page.route("**/api/messenger/**", lambda route: route.abort())


def test_signing_out_without_a_network_is_done_when_it_is_back_and_leaves_the_next_guest_alone(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "Said before the tunnel", user_jwt=token(stack, "tunnel"))
        page, bearer, device = visitor.page, session_token_of(visitor.page), device_of(visitor.page)
        leaving = f"curbe_leaving:{stack.demo['tenants'][0]['id']}"
        goes_offline(visitor)
        say(page, "shutdown")
        expect(page.locator("curbe-messenger")).to_have_count(0, timeout=WITHIN_MS)
        assert [(key, value.strip()) for key, value in stored(page).items()] == [(leaving, device)]
        assert refusal_of(stack, bearer) is None
        say(page, "boot", {})
        say(page, "show")
        expect(visitor.frame.get_by_text("Chat is not available")).to_be_visible(timeout=WITHIN_MS)
        guest = device_of(page)
        assert guest != device and leaving in stored(page)
        page.unroute_all()
        page.reload()
        wait_until_revoked(stack, bearer)
        wait_for(lambda: leaving not in stored(page), "the sign-out to be over")
        is_booted(page)
        visitor.opens_the_chat()
        visitor.says("I am somebody else")
        has_arrived(visitor)
        assert device_of(page) == guest
        assert refusal_of(stack, session_token_of(page)) is None


def test_signing_out_without_a_network_is_done_on_the_same_page_when_the_network_returns(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "Said before the lift", user_jwt=token(stack, "lift"))
        page, bearer = visitor.page, session_token_of(visitor.page)
        page.context.set_offline(True)
        say(page, "shutdown")
        expect(page.locator("curbe-messenger")).to_have_count(0, timeout=WITHIN_MS)
        assert refusal_of(stack, bearer) is None
        page.context.set_offline(False)
        wait_until_revoked(stack, bearer)
        wait_for(lambda: not stored(page), "the storage to be empty")
        expect(page.locator("curbe-messenger")).to_have_count(0, timeout=WITHIN_MS)


def test_the_pages_callbacks_outlive_a_change_of_user_but_not_its_own_shutdown(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "The first one's", user_jwt=token(stack, "kept one"))
        page = visitor.page
        page.evaluate(
            "window.asked = window.shown = 0;"
            " Curbe('onAuthRequired', () => { asked++ }); Curbe('onShow', () => shown++)"
        )
        say(page, "update", {"user_jwt": token(stack, "kept two", lives_s=-600)})
        wait_for(lambda: page.evaluate("asked") == 1, "the page to be asked")
        is_nobody(visitor)
        shown = page.evaluate("shown")
        say(page, "shutdown")
        say(page, "boot", {})
        say(page, "show")
        assert page.evaluate("shown") == shown


def test_settings_that_cannot_be_handed_on_are_dropped_with_one_warning(browser, stack):
    @browser.run
    def story(session):
        visitor, lines = arrives(session, stack), []
        visitor.page.on("console", lambda message: lines.append(message.text))
        visitor.page.evaluate(
            "const round = {}; round.round = round;"
            " Curbe('update', { x: window, user_id: 10n, round, gone: undefined, run() {}, action_color: '#123456' })"
        )
        assert len([line for line in lines if "Curbe" in line]) == 1
        visitor.opens_the_chat()
        visitor.says("It works all the same")
        has_arrived(visitor)
        say(visitor.page, "update", {"user_jwt": token(stack, "after odd settings")})
        is_user(visitor)
        assert session.page_errors == []


def test_a_guest_who_starts_over_leaves_no_hint_of_a_history(browser, stack):
    @browser.run
    def story(session):
        visitor = begins(session, stack, "To be forgotten")
        wait_for(lambda: "1" in stored(visitor.page, "curbe_history:").values(), "the hint")
        say(visitor.page, "reset")
        wait_for(lambda: not stored(visitor.page, "curbe_history:"), "the hint to go")


def test_looking_again_and_again_at_the_same_page_is_one_visit(browser, stack):
    @browser.run
    def story(session):
        visitor, posts = begins(session, stack, "Looking around"), []
        visitor.page.on(
            "request", lambda request: posts.extend([last_of(request.url)] if request.method == "POST" else [])
        )
        visitor.page.evaluate("for (let i = 0; i < 60; i++) Curbe('update')")
        visitor.says("Done")
        has_arrived(visitor)
        assert posts.count("visits") == 1
