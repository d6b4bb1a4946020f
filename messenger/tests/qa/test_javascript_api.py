"""The page's API: every method and every setting of the specification, on a page of somebody else's making."""

from __future__ import annotations

import hashlib
import hmac
import re
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import expect

from curbe.testing.people import WITHIN_MS, VisitorAtShop
from curbe.testing.waiting import hear, wait_for
from messenger.tests.qa.test_checklist import team_api, thread_of
from messenger.tests.qa.test_connection import reply
from messenger.tests.test_widget_identity import token

QUEUE = "window.{name} = window.{name} || function () {{ {name}.{push}(arguments) }}; {name}.q = [];"
PUSHES = {
    # The two stubs that sites of the other messenger carry, and the plain one.
    "c": "{name}.c = function (args) {{ {name}.q.push(args) }};",
    "loaderQueue": "{name}.loaderQueue = function (args) {{ {name}.q.push(args) }};",
}
RECORD = "window.heard = []; const note = (name) => (...args) => { heard.push([name, ...args]) };"


def stub(name, push):
    return (QUEUE + PUSHES[push]).format(name=name, push=push)


@pytest.fixture
def host(stack):
    """Opens a page that embeds the widget, with a script of its own before it; `times` to embed it more than once."""
    widget = stack.demo["tenants"][0]["widgets"][0]["id"]

    def opens(session, script="", *, query="", times=1, body="<h1>Host</h1>", **options):
        embed = f'<script async src="/widget/{widget}.js{query}"></script>' * times
        html = f'<!doctype html><html lang="en"><head><title>Host</title><script>{script}</script></head><body>{body}'
        page = session.page(**options)
        page.route(
            f"{stack.base_url}/host/**", lambda route: route.fulfill(body=html + embed, content_type="text/html")
        )
        page.goto(f"{stack.base_url}/host/page")
        wait_for(lambda: page.evaluate("!!window.Curbe?.loaded"), "the loader")
        return VisitorAtShop(page)

    return opens


def call(visitor, method, *args):
    return visitor.page.evaluate("([method, args]) => Curbe(method, ...args)", [method, list(args)])


def is_user(visitor):
    wait_for(lambda: call(visitor, "whoami")["type"] == "user", "the user to be known")


def heard(visitor, name=None):
    return [one for one in visitor.page.evaluate("heard") if name in (None, one[0])]


def launcher(visitor):
    return visitor.page.locator("curbe-messenger .launcher")


def style(locator, name):
    return locator.evaluate(f"(element) => getComputedStyle(element)['{name}']")


def chatting(visitor, text="Hello"):
    visitor.opens_the_chat()
    visitor.says(text)
    visitor.sees_note("Sent")
    return visitor


def frames(visitor):
    return visitor.page.locator("curbe-messenger iframe").count()


def sent_by(page):
    """The paths of what the page's frames post from now on."""
    posts = []
    page.on("request", lambda request: posts.append(request.url.rpartition("/")[2]) if request.method == "POST" else 0)
    return posts


# Before it is loaded


@pytest.mark.parametrize("push", PUSHES)
@pytest.mark.parametrize("name", ["Curbe", "Intercom"])
def test_calls_made_before_it_is_loaded_are_made_in_order(browser, stack, host, name, push):
    script = (
        stub(name, push)
        + RECORD
        + f"{name}('boot', {{alignment: 'left'}}); {name}('onShow', note('show')); {name}('showNewMessage', 'Early');"
        + f"{name}('onHide', note('hide')); {name}('hide'); {name}('show')"
    )

    @browser.run
    def story(session):
        visitor = host(session, script)
        expect(visitor.box).to_have_value("Early", timeout=WITHIN_MS)
        assert [one for (one,) in heard(visitor)] == ["show", "hide", "show"]
        assert visitor.page.evaluate(f"window.{name} === window.Curbe && Curbe.booted")
        assert launcher(visitor).bounding_box()["x"] == 20


def test_a_page_that_has_no_queue_boots_by_its_settings(browser, stack, host):
    @browser.run
    def story(session):
        for name in ("curbeSettings", "intercomSettings"):
            visitor = host(
                session, f"window.{name} = {{alignment: 'left', app_id: 'x', api_base: 'https://a.example'}}"
            )
            assert visitor.page.evaluate("Curbe.booted")
            assert launcher(visitor).bounding_box()["x"] == 20
            chatting(visitor)
            assert session.hosts == {stack.base_url.partition("//")[2]}, "a foreign api_base is ignored"


def test_a_page_that_boots_by_itself_is_not_booted_for_it(browser, stack, host):
    @browser.run
    def story(session):
        script = stub("Curbe", "c") + "window.curbeSettings = {alignment: 'left'}; Curbe('boot', {})"
        assert launcher(host(session, script)).bounding_box()["x"] > 20


def test_another_messenger_on_the_page_is_left_alone(browser, stack, host):
    @browser.run
    def story(session):
        theirs = "window.Intercom = function () { return 'theirs' };"
        visitor = host(session, theirs)
        assert visitor.page.evaluate("[Intercom('boot'), Curbe !== Intercom]") == ["theirs", True]
        taken = host(session, theirs, query="?compat=intercom")
        assert taken.page.evaluate("Intercom === Curbe")


def test_loading_twice_is_loading_once(browser, stack, host):
    @browser.run
    def story(session):
        visitor = host(session, times=3)
        visitor.page.wait_for_load_state()
        assert visitor.page.locator("curbe-messenger").count() == 1
        chatting(visitor)
        assert frames(visitor) == 1


# Life and death


def test_the_same_boot_twice_is_one_and_shutdown_ends_it(browser, stack, host):
    @browser.run
    def story(session):
        visitor = host(session, RECORD)
        posts = sent_by(visitor.page)
        chatting(visitor)
        call(visitor, "boot", {})
        call(visitor, "boot", {})
        visitor.says("Once more")
        visitor.sees_note("Sent")
        assert posts.count("bootstrap") == 1
        visitor.page.evaluate("Curbe('onUnreadCountChange', note('unread'))")
        call(visitor, "shutdown")
        assert visitor.page.evaluate("[Curbe.booted, Curbe('getVisitorId')]") == [False, None]
        before = len(heard(visitor))
        wait_for(lambda: frames(visitor) == 0, "the frame to go")
        call(visitor, "boot", {})
        call(visitor, "show")
        expect(visitor.frame.locator(".card.write")).to_be_visible(timeout=WITHIN_MS)
        assert len(heard(visitor)) == before, "callbacks are dropped"
        assert visitor.page.evaluate("Curbe.booted")


def test_ready_runs_when_it_is_there(browser, stack, host):
    @browser.run
    def story(session):
        visitor = host(session, stub("Curbe", "c") + RECORD + "Curbe('ready', note('ready')); Curbe('ready', 7)")
        visitor.page.evaluate("Curbe('ready', note('again'))")
        assert heard(visitor) == [["ready"], ["again"]]


def test_updates_that_change_nothing_cost_nothing(browser, stack, host):
    @browser.run
    def story(session):
        visitor = host(session, "window.curbeSettings = {name: 'Vera'}")
        chatting(visitor)
        posts = sent_by(visitor.page)
        messages = visitor.page.evaluate(
            """() => { let sent = 0; const { postMessage } = MessagePort.prototype;
              MessagePort.prototype.postMessage = function (...args) { sent++; postMessage.apply(this, args) };
              for (let i = 0; i < 1000; i++) Curbe('update', {name: 'Vera'});
              Curbe('update', {action_color: '#123456'}); // This one does: they go in order.
              return new Promise(function look(tell) { sent ? tell(sent) : setTimeout(look, 10, tell) }) }"""
        )
        visitor.says("Still here")
        visitor.has_sent()
        assert (messages, set(posts)) == (1, {"messages"})
        visitor.page.evaluate("for (let i = 0; i < 50; i++) Curbe('update', {action_color: '#00' + (1000 + i)})")
        visitor.says("Still")
        visitor.has_sent()
        assert set(posts) == {"messages"}, "a look is no request"


def test_update_without_settings_is_a_page_view(browser, stack, host):
    @browser.run
    def story(session):
        visitor = chatting(host(session))
        posts = sent_by(visitor.page)
        visitor.page.evaluate("history.pushState({}, '', '/host/next'); document.title = 'Next'; Curbe('update')")
        hear(visitor.page, lambda: posts == ["visits"], "the page view")


def test_it_survives_what_single_page_sites_do_to_the_body(browser, stack, host):
    @browser.run
    def story(session):
        visitor = chatting(host(session), "Before the swap")
        for swap in (
            "document.body = document.createElement('body')",
            "document.body.innerHTML = '<p>Next</p>'",
            "document.querySelector('curbe-messenger').remove()",
        ):
            visitor.page.evaluate(swap)
            expect(visitor.page.locator("curbe-messenger")).to_have_count(1)
            visitor.sees("Before the swap")


# Going somewhere


def test_show_and_hide(browser, stack, host):
    @browser.run
    def story(session):
        visitor = host(session, RECORD)
        visitor.page.evaluate("Curbe('onShow', note('show')); Curbe('onHide', note('hide')); Curbe('onShow', null)")
        for method in ("show", "show", "hide", "hide", "show"):
            call(visitor, method)
        assert heard(visitor) == [["show"], ["hide"], ["show"]]
        expect(visitor.panel).to_be_visible(timeout=WITHIN_MS)


def test_the_spaces(browser, stack, host):
    @browser.run
    def story(session):
        visitor, warnings = host(session), []
        visitor.page.on("console", lambda message: warnings.append(message.text))
        for space, heading in (("messages", "Messages"), ("help", "Help"), ("home", "How can we help?")):
            call(visitor, "showSpace", space)
            expect(visitor.frame.get_by_role("heading", name=heading)).to_be_visible(timeout=WITHIN_MS)
        call(visitor, "showMessages")
        expect(visitor.frame.get_by_role("heading", name="Messages")).to_be_visible()
        assert warnings == []
        call(visitor, "showSpace", "tickets")
        expect(visitor.frame.get_by_role("heading", name="How can we help?")).to_be_visible()
        assert any("tickets" in text for text in warnings)


def test_a_new_message_is_begun_and_one_that_is_said_is_sent(browser, stack, host):
    @browser.run
    def story(session):
        visitor = host(session)
        call(visitor, "showNewMessage", "About mugs")
        expect(visitor.box).to_have_value("About mugs", timeout=WITHIN_MS)
        assert visitor.visitor_id() is None, "nothing was said yet"
        call(visitor, "showNewMessage")
        visitor.box.fill("")
        call(visitor, "startConversation", "About <b>mugs</b>")
        visitor.sees("About <b>mugs</b>")
        visitor.sees_note("Sent")
        call(visitor, "startConversation", "And plates")
        visitor.sees("And plates")
        wait_for(lambda: bodies(stack, visitor) == ["About <b>mugs</b>", "And plates"], "both to arrive")
        assert len({one["conversation_id"] for one in thread_of(stack, visitor.visitor_id())}) == 1


def test_a_conversation_and_an_article_by_their_names(browser, stack, host):
    @browser.run
    def story(session):
        visitor = chatting(host(session), "Find me again")
        (part,) = thread_of(stack, visitor.visitor_id())
        call(visitor, "showSpace", "home")
        call(visitor, "showConversation", part["conversation_id"])
        visitor.sees("Find me again")
        call(visitor, "showArticle", team_api(stack, "articles?limit=1")["items"][0]["slug"])
        expect(visitor.frame.locator(".article h1")).to_be_visible(timeout=WITHIN_MS)


# Being told


def test_what_is_unread_is_told_shown_and_gone_when_it_is_read(browser, stack, host):
    @browser.run
    def story(session):
        visitor = chatting(host(session, RECORD), "Anybody?")
        page = visitor.page
        page.evaluate("Curbe('onUnreadCountChange', note('unread'))")
        assert heard(visitor) == [["unread", 0]], "at once"
        call(visitor, "hide")
        reply(stack, visitor, "Yes, here <i>we</i> are")
        wait_for(lambda: heard(visitor)[-1] == ["unread", 1], "the page to be told")
        assert page.title() == "(1) Host"
        preview = page.locator("curbe-messenger .preview")
        expect(preview).to_contain_text("Yes, here <i>we</i> are")
        page.evaluate("document.title = 'Changed'")
        expect(page).to_have_title("(1) Changed")
        page.reload()
        expect(preview).to_contain_text("Yes, here", timeout=WITHIN_MS)
        preview.get_by_role("button", name="Dismiss").click()
        expect(preview).to_be_empty()
        expect(launcher(visitor)).to_be_focused()
        page.reload()
        expect(page).to_have_title("(1) Host", timeout=WITHIN_MS)
        expect(preview).to_be_empty()
        reply(stack, visitor, "Something newer")
        expect(preview).to_contain_text("Something newer", timeout=WITHIN_MS)
        preview.locator(".text").click()
        visitor.sees("Something newer")
        expect(page).to_have_title("Host", timeout=WITHIN_MS)
        expect(preview).to_be_empty()


def test_notifications_can_be_hidden(browser, stack, host):
    @browser.run
    def story(session):
        visitor = chatting(host(session), "Quietly")
        call(visitor, "hideNotifications", True)
        call(visitor, "hide")
        reply(stack, visitor, "Ssh")
        wait_for(lambda: visitor.page.title() == "(1) Host", "the message to arrive")
        expect(visitor.page.locator("curbe-messenger .preview")).to_be_empty()
        expect(visitor.page.locator("curbe-messenger .badge")).to_be_hidden()
        call(visitor, "hideNotifications", False)
        expect(visitor.page.locator("curbe-messenger .preview")).to_contain_text("Ssh")
        expect(visitor.page.locator("curbe-messenger .badge")).to_have_text("1")


def test_the_page_learns_that_an_email_was_left(browser, stack, host, set_widget):
    set_widget(prechat={"enabled": True, "fields": [{"name": "email", "required": True}]})

    @browser.run
    def story(session):
        visitor = host(session, RECORD)
        visitor.page.evaluate("Curbe('onUserEmailSupplied', note('email'))")
        visitor.opens()
        visitor.frame.locator(".card.write").click()
        visitor.frame.get_by_label("Your e-mail").fill("vera@example.com")
        visitor.frame.get_by_role("button", name="Start the conversation").click()
        expect(visitor.box).to_be_visible(timeout=WITHIN_MS)
        assert heard(visitor) == [["email"]]


def test_the_page_can_ask_who_is_here_at_any_time(browser, stack, host):
    @browser.run
    def story(session):
        visitor = host(session)
        nobody = visitor.page.evaluate("[Curbe('getVisitorId'), Curbe('whoami')]")
        tenant, widget = stack.demo["tenants"][0]["id"], stack.demo["tenants"][0]["widgets"][0]["id"]
        known = {"tenant_id": tenant, "widget_id": widget, "booted": True}
        assert nobody == [None, {**known, "contact_id": None, "type": None}]
        chatting(visitor)
        person = call(visitor, "getVisitorId")
        assert person and call(visitor, "whoami") == {**known, "contact_id": person, "type": "anonymous"}


def test_the_page_is_asked_for_a_fresh_proof(browser, stack, host):
    @browser.run
    def story(session):
        expired, fresh = (token(stack, "api-user", lives_s=s) for s in (-600, 600))
        visitor = host(session, RECORD)
        visitor.page.evaluate(
            "(fresh) => Curbe('onAuthRequired', async (code) => { heard.push([code]); return fresh })", fresh
        )
        call(visitor, "update", {"user_jwt": expired})
        visitor.opens()
        wait_for(lambda: call(visitor, "whoami")["type"] == "user", "the fresh proof to be taken")
        assert heard(visitor)[0] == ["identity_proof_expired"]


def test_a_user_by_any_name_of_the_proof(browser, stack, host):
    @browser.run
    def story(session):
        for name in ("user_jwt", "intercom_user_jwt"):
            visitor = host(session)
            call(visitor, "boot", {name: token(stack, f"by {name}")})
            visitor.opens()
            is_user(visitor)


def test_a_user_by_their_hash(browser, stack, host):
    key = stack.demo["tenants"][0]["identity_secret"]["secret"]
    user_hash = hmac.new(key.encode(), b"by hash", hashlib.sha256).hexdigest()

    @browser.run
    def story(session):
        visitor = host(session)
        call(visitor, "boot", {"app_id": "theirs", "widget_id": "any", "user_id": "by hash", "user_hash": user_hash})
        visitor.opens()
        is_user(visitor)


def test_what_the_page_says_of_somebody_is_kept_unverified(browser, stack, host):
    @browser.run
    def story(session):
        said = {"name": "Vera", "email": "vera@example.com", "phone": "123", "created_at": 1700000000, "plan": "gold"}
        visitor = host(session)
        call(visitor, "update", {**said, "company": {"id": 7, "name": "Acme"}})
        chatting(visitor)
        contact = team_api(stack, f"threads/{visitor.visitor_id()}")["contact"]
        assert (contact["type"], contact["name"], contact["verified"]) == ("lead", "Vera", {})
        attributes = contact["attributes"]
        assert (attributes["plan"], attributes["created_at"]) == ("gold", 1700000000)
        assert (attributes["company"], attributes["company_id"]) == ("Acme", 7)


def test_events_are_noted_in_the_trace(browser, stack, host):
    @browser.run
    def story(session):
        visitor, lines = chatting(host(session)), []
        visitor.page.on("console", lambda message: lines.append(message.text))
        call(visitor, "debug", True)
        call(visitor, "trackEvent", "ordered-item", {"price": 12})
        hear(visitor.page, lambda: [line for line in lines if "ordered-item" in line], "the trace")
        (line,) = [line for line in lines if "ordered-item" in line]
        for field in ("trace_id", "widget_id", "tenant_id", "device", "contact_id", "conversation_id"):
            assert f'"{field}"' in line
        call(visitor, "debug", False)
        call(visitor, "trackEvent", "later")
        visitor.says("Done")
        visitor.sees_note("Sent")
        assert not [line for line in lines if '"later"' in line]


def test_starting_over_by_the_page(browser, stack, host):
    @browser.run
    def story(session):
        visitor = chatting(host(session), "To be forgotten")
        call(visitor, "reset")
        wait_for(lambda: visitor.visitor_id() is None, "nobody to be known")


def test_what_is_no_method_warns_and_what_is_no_function_is_ignored(browser, stack, host):
    @browser.run
    def story(session):
        visitor, lines = host(session), []
        visitor.page.on("console", lambda message: lines.append(message.text))
        for method in ("nothing", "constructor", "__proto__", ""):
            call(visitor, method, 1)
        assert len([line for line in lines if "has no method" in line]) == 4
        for method in ("onShow", "onHide", "onUnreadCountChange", "onUserEmailSupplied", "onAuthRequired", "ready"):
            for wrong in [None, 7, "alert(1)", []]:
                call(visitor, method, wrong)
        call(visitor, "reattach_activator")
        call(visitor, "show")
        expect(visitor.panel).to_be_visible(timeout=WITHIN_MS)
        assert session.page_errors == []


# How it looks


def test_the_launchers_looks_change_as_they_are_updated(browser, stack, host):
    @browser.run
    def story(session):
        visitor = host(session)
        button, width = launcher(visitor), visitor.page.viewport_size["width"]
        call(visitor, "update", {"action_color": "#123456", "z_index": 77})
        assert style(button, "backgroundColor") == "rgb(18, 52, 86)"
        assert style(visitor.page.locator("curbe-messenger"), "zIndex") == "77"
        call(visitor, "update", {"alignment": "left", "horizontal_padding": 31, "vertical_padding": 41})
        box = button.bounding_box()
        assert (box["x"], box["y"] + box["height"]) == (31, visitor.page.viewport_size["height"] - 41)
        call(visitor, "update", {"alignment": "right"})
        assert button.bounding_box()["x"] == width - 31 - box["width"]
        call(visitor, "update", {"hide_default_launcher": True})
        expect(button).to_be_hidden()
        call(visitor, "update", {"hide_default_launcher": False})
        expect(button).to_be_visible()


def test_the_panels_looks_change_as_they_are_updated(browser, stack, host):
    @browser.run
    def story(session):
        visitor = host(session)
        visitor.opens()
        hero = visitor.frame.locator(".hero")
        expect(hero).to_be_visible(timeout=WITHIN_MS)
        call(visitor, "update", {"background_color": "#aabbcc", "theme_mode": "dark"})
        html = visitor.frame.locator("html")
        expect(html).to_have_attribute("data-theme", "dark")
        assert html.evaluate("(page) => page.style.getPropertyValue('--hero')") == "#aabbcc"
        call(visitor, "update", {"theme_mode": "light", "language_override": "es"})
        expect(html).to_have_attribute("data-theme", "light")
        expect(html).to_have_attribute("lang", "es")
        expect(visitor.frame.get_by_role("button", name="Mensajes")).to_be_visible()
        expect(visitor.page.get_by_role("button", name="Cerrar el chat", exact=True)).to_be_visible()


def test_the_pages_own_button_opens_it(browser, stack, host):
    @browser.run
    def story(session):
        visitor = host(session, body='<a href="#away" class="ask"><b>Ask us</b></a>')
        call(visitor, "update", {"custom_launcher_selector": ".ask", "hide_default_launcher": True})
        visitor.page.get_by_text("Ask us").click()
        expect(visitor.panel).to_be_visible(timeout=WITHIN_MS)
        assert "#away" not in visitor.page.url
        visitor.page.evaluate("document.body.innerHTML = '<button class=ask>Again</button>'; Curbe('hide')")
        visitor.page.get_by_text("Again").click()  # Clicks are heard on the document: nothing to attach again.
        expect(visitor.panel).to_be_visible()


def bodies(stack, visitor):
    person = visitor.visitor_id()
    return [one["body"] for one in thread_of(stack, person)] if person else []


# Each name of the specification, and the test that uses it here or where identity is tested.
METHODS = {
    *("boot", "ready", "shutdown", "update", "show", "hide", "showSpace", "showMessages", "showNewMessage"),
    *("startConversation", "showConversation", "showArticle", "hideNotifications", "trackEvent", "getVisitorId"),
    *("whoami", "onShow", "onHide", "onUnreadCountChange", "onUserEmailSupplied", "reattach_activator", "reset"),
    *("onAuthRequired", "debug"),
}
SETTINGS = {
    *("app_id", "widget_id", "user_id", "user_hash", "intercom_user_jwt", "user_jwt", "email", "name", "phone"),
    *("created_at", "company", "language_override", "alignment", "horizontal_padding", "vertical_padding", "z_index"),
    *("hide_default_launcher", "custom_launcher_selector", "action_color", "background_color", "theme_mode"),
    "api_base",
}
TESTS = settings.BASE_DIR / "messenger" / "tests"
BROWSER_TESTS = [*(TESTS / "qa").glob("test_*.py"), *TESTS.glob("test_widget_*.py"), *TESTS.glob("test_demo_*.py")]


def test_every_method_of_the_loader_is_one_of_the_specification_and_has_a_test():
    loader = (settings.BASE_DIR / "static" / "widget" / "loader.js").read_text()
    made = loader[loader.index("const methods = {") : loader.index("for (const name of Object.keys(callbacks))")]
    names = set(re.findall(r"^    (\w+)(?:\(|:|,$)", made, re.MULTILINE))
    names |= set(re.findall(r"(\w+): \[\]", loader[loader.index("const none =") :].partition("\n")[0]))
    assert names == METHODS
    assert untested(METHODS) == []


def test_every_setting_of_the_specification_has_a_test():
    assert untested(SETTINGS) == []
    assert untested(["no_such_setting_anywhere"]) == ["no_such_setting_anywhere"]


def untested(names):
    text = "\n".join(Path(file).read_text().partition("METHODS = {")[0] for file in BROWSER_TESTS)
    return [name for name in names if not re.search(rf"""["' {{]{name}["':]""", text)]
