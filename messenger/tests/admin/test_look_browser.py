"""A widget's form in a real browser: the preview is the widget itself, shows what is not saved, and leaves no trace."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import FrameLocator, Page, expect

from curbe.testing import axe
from curbe.testing.browser import Browser, BrowserSession
from curbe.testing.stack import Stack

from .test_browser import sign_in

ROWS = """
from django.apps import apps
print(sum(model.objects.count() for model in apps.get_app_config("messenger").get_models()))
"""


def rows(stack: Stack) -> int:
    """In all tables of the messenger together."""
    return int(stack.manage("shell", "--no-imports", "-c", ROWS))


def widget_of(stack: Stack) -> str:
    return str(stack.demo["tenants"][0]["widgets"][0]["id"])


def open_form(stack: Stack, page: Page) -> FrameLocator:
    """The preview beside the form of the first tenant's first widget, with something in it."""
    page.goto(f"{stack.base_url}/admin/messenger/widget/{widget_of(stack)}/change/")
    preview = page.frame_locator(".look iframe")
    expect(preview.locator(".hero h1")).to_be_visible()
    return preview


def screen(page: Page, name: str, value: str) -> None:
    page.locator(f"[name=look_{name}][value={value}]").check()


def looks(panel: FrameLocator) -> list[str | None]:
    """The theme of a panel, what its page was given of colours, and the colours of its letters."""
    page, heading = panel.locator("html"), panel.locator(".hero h1")
    letters: str = heading.evaluate("(heading) => getComputedStyle(heading).color")
    return [page.get_attribute("data-theme"), page.evaluate("(page) => page.style.cssText"), letters]


def test_the_preview_follows_the_form_and_visitors_see_what_was_saved(
    spawn_stack: Callable[..., Stack], browser: Browser
) -> None:
    stack = spawn_stack()
    before: list[int] = []

    @browser.run
    def walk(b: BrowserSession) -> None:
        page = b.page()
        sign_in(stack, page)
        before.append(rows(stack))
        preview = open_form(stack, page)
        heading = preview.locator(".hero h1")
        expect(heading).to_contain_text("Hello from the harbour")

        page.locator("#id_texts_en_greeting").fill("")
        page.locator("#id_texts_en_greeting").press_sequentially("We are listening")
        expect(heading).to_contain_text("We are listening")
        page.locator("#id_appearance_action_color").fill("#C2410C")
        expect(preview.locator("html")).to_have_attribute("style", re.compile(r"--brand: rgb\(194 65 12\)"))
        expect(page.locator(".color-contrast")).to_have_text("White letters on it: contrast 5.2:1")
        expect(page.locator(".color-picker").first).to_have_value("#c2410c")
        page.locator(".color-picker").nth(1).fill("#fde68a")
        expect(page.locator("#id_appearance_background_color")).to_have_value("#fde68a")
        expect(preview.locator("html")).to_have_attribute("style", re.compile(r"--hero: #fde68a"))
        expect(heading).to_have_css("color", "rgb(23, 24, 28)")
        page.locator("#id_appearance_theme_mode").select_option("dark")
        expect(preview.locator("html")).to_have_attribute("data-theme", "dark")
        b.screenshot(page, "home")

        page.locator("#id_texts_es_away").fill("Volvemos a las nueve")
        expect(preview.locator(".intro")).to_contain_text("Volvemos a las nueve")
        expect(preview.locator(".bubble")).to_have_count(3)
        expect(preview.locator("html")).to_have_attribute("lang", "es")
        b.screenshot(page, "conversation")
        page.locator("#id_features_attachments").uncheck()
        expect(preview.locator(".attach")).to_have_count(0)

        public = page.request.get(f"{stack.base_url}/api/messenger/widgets/{widget_of(stack)}").json()
        assert public["texts"]["en"]["greeting"] == "How can we help?", "nothing is stored yet"
        assert rows(stack) == before[0], "nor does the preview leave a trace"
        screen(page, "screen", "home")
        expected = looks(preview)
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".messagelist .success")).to_be_visible()
        expect(preview.locator(".hero h1")).to_contain_text("We are listening")
        assert b.console_errors == [] and b.page_errors == []
        assert b.hosts == {urlsplit(stack.base_url).netloc}
        assert not [one for one in b.records[0].requests if "/api/" in one or one.startswith("ws")]

        public = page.request.get(f"{stack.base_url}/api/messenger/widgets/{widget_of(stack)}").json()
        assert public["texts"]["en"]["greeting"] == "We are listening"
        assert public["appearance"]["action_color"] == "#c2410c" and public["features"]["attachments"] is False
        assert "#c2410c" in page.request.get(f"{stack.base_url}/widget/{widget_of(stack)}.js").text()

        page.goto(f"{stack.base_url}/admin/messenger/widget/{widget_of(stack)}/preview/")
        page.locator(".launcher").click()
        real = page.frame_locator("iframe")
        expect(real.locator(".hero h1")).to_contain_text("We are listening")
        assert looks(real) == expected, "the preview looks as the widget does on a site"
        assert rows(stack) > before[0], "the control: the widget itself is somebody's visit"


def test_the_preview_listens_to_its_form_alone(spawn_stack: Callable[..., Stack], browser: Browser) -> None:
    stack = spawn_stack()
    # The preview asks for its words each time before it draws: whoever asks for them after it has them after it.
    heard = """() => {
      const words = performance.getEntriesByType("resource").filter(({name}) => name.includes("/i18n/"));
      const turn = () => new Promise((resolve) => setTimeout(resolve));
      window.heard = new Promise((resolve) => addEventListener("message", resolve, {once: true}))
        .then(() => Promise.all(words.map(({name}) => import(name)))).then(turn)
        .then(() => document.querySelector(".brand").textContent);
      return words.length;
    }"""
    look = "{name: 'Told', appearance: {}, texts: {}, prechat: {}, features: {}}"
    told = f"{{look: {look}, screen: 'home', language: 'en', system: 'light', team: 'here'}}"

    @browser.run
    def walk(b: BrowserSession) -> None:
        page = b.page()
        sign_in(stack, page)
        preview = open_form(stack, page)
        frame = page.frames[1]
        expect(preview.locator(".brand")).to_have_text("Harbor & Pine")
        assert frame.evaluate(heard)
        frame.evaluate(f"postMessage({told}, location.origin)")
        assert frame.evaluate("heard") == "Harbor & Pine"
        page.evaluate(f"document.querySelector('.look iframe').contentWindow.postMessage({told}, location.origin)")
        expect(preview.locator(".brand")).to_have_text("Told")  # The control: the page around it.


def test_a_pre_chat_form_is_put_together(spawn_stack: Callable[..., Stack], browser: Browser) -> None:
    stack = spawn_stack()

    @browser.run
    def walk(b: BrowserSession) -> None:
        page = b.page()
        sign_in(stack, page)
        preview = open_form(stack, page)
        form = preview.locator("form.prechat")
        page.locator("#id_prechat_enabled").check()
        page.locator("#id_prechat_email").select_option("required")
        expect(form.get_by_label("Your e-mail")).to_be_visible()
        expect(page.locator("[data-question]:visible")).to_have_count(0)
        page.get_by_role("button", name="Add a question").click()
        expect(page.locator("#id_prechat_questions_0_name")).to_be_focused()
        page.keyboard.type("order")
        page.keyboard.press("Tab")
        page.keyboard.type("Order number")
        page.keyboard.press("Tab")
        page.keyboard.type("Número de pedido")
        expect(form.get_by_label("Order number (optional)")).to_be_visible()
        expect(page.locator("#id_prechat_questions_0_label_es")).to_be_focused()
        screen(page, "language", "es")
        expect(form.get_by_label("Número de pedido (opcional)")).to_be_visible()
        expect(page.locator("[name=look_language][value=es]")).to_be_focused()
        b.screenshot(page, "prechat")
        form.locator("button.button").click()
        expect(form.locator("[aria-invalid=true]")).to_have_count(1)
        form.get_by_label("Tu correo").fill("grace@mail.example")
        form.locator("button.button").click()
        expect(preview.locator(".composer")).to_be_visible()

        page.locator("#id_prechat_consent").select_option("required")
        page.get_by_role("button", name="Save and continue editing").click()
        error = page.locator(".field-prechat_consent_url .errorlist")
        expect(error).to_have_text("Consent needs the address of a privacy policy.")
        page.locator("#id_prechat_consent_url").fill("https://harbor.example/privacy")
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".messagelist .success")).to_be_visible()
        public = page.request.get(f"{stack.base_url}/api/messenger/widgets/{widget_of(stack)}").json()
        assert public["prechat"] == {
            "enabled": True,
            "fields": [
                {"name": "email", "required": True},
                {"name": "order", "required": False, "label": {"en": "Order number", "es": "Número de pedido"}},
            ],
            "consent": {"required": True, "url": "https://harbor.example/privacy"},
        }
        assert b.console_errors == [] and b.page_errors == []


def test_the_keyboard_leads_through_the_preview_and_out_of_it(
    spawn_stack: Callable[..., Stack], browser: Browser
) -> None:
    stack = spawn_stack()

    @browser.run
    def walk(b: BrowserSession) -> None:
        page = b.page()
        sign_in(stack, page)
        preview = open_form(stack, page)
        page.locator("[name=look_width][value=computer]").focus()
        page.keyboard.press("ArrowRight")
        expect(page.locator(".look-frame")).to_have_attribute("data-width", "phone")
        assert page.locator(".look iframe").bounding_box()["width"] < 330
        last = page.locator("[name=look_team][value=here]")
        last.focus()
        page.keyboard.press("Tab")
        expect(preview.locator(".hero button")).to_be_focused()
        page.keyboard.press("Shift+Tab")
        expect(last).to_be_focused()
        for _ in range(preview.locator("button:visible").count()):
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.matches('iframe')")
        page.keyboard.press("Tab")
        assert not page.evaluate("document.activeElement.matches('iframe')"), "on a site, Tab would go round"


def test_the_forms_are_accessible_in_both_languages_light_and_dark_and_on_a_phone(
    spawn_stack: Callable[..., Stack], browser: Browser
) -> None:
    stack = spawn_stack()
    tenant = stack.demo["tenants"][0]["id"]

    @browser.run
    def walk(b: BrowserSession) -> None:
        for language, dark, phone in (("en-US", False, False), ("es-ES", True, True), ("en-US", True, False)):
            page = b.page(locale=language, dark=dark, phone=phone)
            sign_in(stack, page)
            preview = open_form(stack, page)
            page.locator("#id_prechat_enabled").check()
            page.locator("#id_prechat_phone").select_option("optional")
            page.locator(".question-add").click()
            expect(preview.locator("form.prechat")).to_be_visible()
            page.locator("#id_appearance_action_color").fill("red")
            page.locator("[name=_continue]").click()
            expect(page.locator(".errorlist").first).to_be_visible()
            expect(preview.locator(".hero h1")).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            b.screenshot(page, f"{language}-{dark}-{phone}")
            assert b.console_errors == [] and b.page_errors == []
            assert axe.violations(page) == []
            assert axe.violations(page.frames[1]) == []
            page.goto(f"{stack.base_url}/admin/messenger/tenant/{tenant}/change/")
            page.locator("#id_office_hours_mon").fill("9-14")
            page.locator("#id_office_hours_tue").fill("never")
            page.locator("[name=_continue]").click()
            expect(page.locator(".field-office_hours .errorlist")).to_be_visible()
            expect(page.locator(".week [aria-invalid]")).to_have_id("id_office_hours_tue")
            b.screenshot(page, f"hours-{language}-{dark}-{phone}")
            assert axe.violations(page) == []
            page.evaluate("document.querySelector('#id_name').labels[0].remove()")
            assert axe.violations(page) != [], "the control: an input that nobody has named is found"
            b.records[-1].console_errors.clear()  # axe measures with inline styles, which the policy refuses it.
