"""Every screen of the widget, and the way through them: for whatever has to look at all of them.

A new screen is a line in SCREENS and a function that goes there from the screen before it. Elements are named by class,
because the walk is taken in every language. For use inside `browser.run` only.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

from PIL import Image, ImageDraw
from playwright.sync_api import FilePayload, Frame, Locator, Route, expect

from curbe.testing.browser import BrowserSession
from curbe.testing.people import WITHIN_MS, VisitorAtShop
from curbe.testing.program import TeamProgram
from curbe.testing.slow_provider import ENVIRONMENT, open_gate
from curbe.testing.stack import Stack

SENDING = "**/api/messenger/conversations/*/messages"
BOOTING = "**/api/messenger/bootstrap"
FILES = "**/api/messenger/attachments/*"
FORM = {
    "enabled": True,
    "fields": [{"name": "name"}, {"name": "email", "required": True}],
    "consent": {"required": True, "url": "https://example.com/privacy"},
    "skippable": True,
}
HANDING_OFF = "**/api/messenger/conversations/*/handoff"
# What a stack needs whose widgets are walked through: an assistant that answers when it is let.
ENV = ENVIRONMENT
ARTICLE = "shipping-times-and-costs"
LATER = {
    "en": "Good morning! Two more things: the parcel needs no signature, and you can follow it in your account.",
    "es": "¡Buenos días! Dos cosas más: el paquete no necesita firma y puedes seguirlo en tu cuenta.",
}
SAID = {
    "en": "Hello! My lamp arrived with a crack in its foot. What can we do about it?",
    "es": "¡Hola! Mi lámpara ha llegado con una grieta en el pie. ¿Qué podemos hacer?",
}
SHOWN = {"en": "Here is a picture, and the invoice.", "es": "Aquí van una foto y la factura."}
REFUSED = {"en": "Is it still under warranty?", "es": "¿Sigue en garantía?"}
ANOTHER = {"en": "Do you ship to Mexico?", "es": "¿Hacéis envíos a México?"}
REMARK = {"en": "Quick and kind, thank you", "es": "Rápido y amable, gracias"}
ASKED = {"en": "Shipping times to Mexico?", "es": "¿Plazos y gastos de envío a México?"}
ANSWER = {
    "en": "I am sorry about that. There are **two ways**:\n\n1. A new foot, which we send today.\n2. A new lamp; "
    "we fetch the old one.\n\nThe terms are at https://example.com/a-rather-long-address/of-our-terms/and-conditions "
    "and your code is `LAMP-2031`.\n\n> My lamp arrived with a crack\n\nWhich do you prefer?",
    "es": "Lo siento mucho. Hay **dos opciones**:\n\n1. Un pie nuevo, que sale hoy mismo.\n2. Una lámpara nueva; "
    "recogemos la otra.\n\nLas condiciones están en https://example.com/una-direccion-bastante-larga/de-las-condiciones"
    " y tu código es `LAMP-2031`.\n\n> Mi lámpara ha llegado con una grieta\n\n¿Qué prefieres?",
}


@dataclass(frozen=True)
class Look:
    """Who sees the screens, and on what. Light or dark is no part of it: a page changes between them where it is."""

    lang: str
    phone: bool

    def __str__(self) -> str:
        return f"{self.lang}-{'phone' if self.phone else 'desktop'}"


LOOKS = [Look(lang, phone) for lang in ("en", "es") for phone in (False, True)]


class Walker(VisitorAtShop):
    """A visitor who goes from screen to screen, while the tenant's program answers."""

    lang: str
    team: TeamProgram
    held: list[Route]
    gate: str

    @classmethod
    def begins(cls, session: BrowserSession, stack: Stack, look: Look) -> Self:
        locale = "es-ES" if look.lang == "es" else "en-US"
        # At rest at once: nothing is looked at while it fades in.
        at = f"/demo/?lang={look.lang}"
        walker: Self = cls.arrives(session, stack, at, phone=look.phone, locale=locale, reduced_motion="reduce")
        walker.lang, walker.team, walker.held = look.lang, TeamProgram(stack), []
        walker.gate = f"walk{uuid.uuid4().hex[:6]}"
        return walker

    @property
    def inside(self) -> Frame:
        """The widget's own frame."""
        return next(frame for frame in self.page.frames if frame.url.partition("#")[0].endswith("/frame"))

    @property
    def is_open(self) -> bool:
        return self.page.locator("curbe-messenger .panel").is_visible()

    def appears(self, selector: str) -> Locator:
        """The first of these inside the frame, as soon as it is to be seen."""
        found = self.frame.locator(selector).first
        expect(found).to_be_visible(timeout=WITHIN_MS)
        return found

    def presses(self, selector: str) -> None:
        self.appears(selector).click()

    def tab(self, number: int) -> None:
        """Home, Messages or Help."""
        self.presses(f".tabs button:nth-child({number})")

    def conversation(self) -> str:
        return self.team.conversation_of(self.visitor_id() or "")


def prepare(stack: Stack) -> None:
    """The second site asks guests who they are, and has the assistant; once for a stack, before anybody walks."""
    widget = stack.demo["tenants"][0]["widgets"][1]["id"]
    change = f"from messenger.models import Widget; row = Widget.objects.get(id='{widget}'); row.prechat = {FORM!r}; "
    change += "row.features['assistant'] = True; row.save()"
    stack.manage("shell", "--no-imports", "-c", change)


def walk(session: BrowserSession, stack: Stack, look: Look) -> Iterator[tuple[str, Walker]]:
    """Somebody new goes through all screens; each is there when its name is given."""
    walker = Walker.begins(session, stack, look)
    for name, goes in SCREENS.items():
        goes(walker)
        yield name, walker


def to_the_launcher(walker: Walker) -> None:
    expect(walker.page.locator("curbe-messenger .launcher")).to_be_visible(timeout=WITHIN_MS)


def to_the_skeleton(walker: Walker) -> None:
    walker.page.route(BOOTING, lambda route: None)
    walker.page.evaluate("Curbe('show')")
    walker.appears("[role=dialog] .starting")


def to_no_service(walker: Walker) -> None:
    """The server answers, and has no chat."""
    walker.page.unroute(BOOTING)
    walker.page.route(BOOTING, _refuse)
    walker.page.reload()
    walker.page.evaluate("Curbe('show')")
    walker.appears(".gone [role=alert]")


def to_home(walker: Walker) -> None:
    walker.page.unroute(BOOTING)
    walker.presses(".gone .plain")
    walker.appears(".card.write")


def to_no_messages(walker: Walker) -> None:
    walker.tab(2)
    walker.appears(".empty strong")


def to_help(walker: Walker) -> None:
    walker.tab(3)
    walker.appears(".list .row")


def to_nothing_found(walker: Walker) -> None:
    walker.appears("[type=search]").fill("zeppelin")
    walker.appears(".empty .plain")


def to_an_article(walker: Walker) -> None:
    walker.appears("[type=search]").fill("")
    walker.page.evaluate(f"Curbe('showArticle', '{ARTICLE}')")
    walker.appears(".article h1")


def to_a_missing_article(walker: Walker) -> None:
    walker.page.evaluate("Curbe('showArticle', 'no-such-article')")
    walker.appears(".empty [role=alert]")


def to_a_new_conversation(walker: Walker) -> None:
    walker.tab(1)
    walker.presses(".card.write")
    walker.appears(".intro")


def to_a_tray(walker: Walker) -> None:
    """A file that is ready to go, and one that cannot be sent."""
    page = _file("a-page-with-quite-a-long-name-saved-from-the-shop.html", "text/html", b"<p>")
    walker.frame.locator(".attach input").set_input_files([_file("grieta.png", "image/png", _picture()), page])
    walker.appears(".tray .failed")
    walker.appears(".tray .kept")


def to_a_picture_on_its_way(walker: Walker) -> None:
    walker.presses(".tray .failed .round")
    walker.frame.locator(".attach input").set_input_files([_file("factura-2026-0311.txt", "text/plain", b"120 EUR")])
    expect(walker.frame.locator(".tray .kept")).to_have_count(2, timeout=WITHIN_MS)
    walker.page.route(FILES, lambda route: walker.held.append(route))
    walker.says(SHOWN[walker.lang])
    walker.appears(".own .picture")
    expect(walker.thread.locator(".meta.sent")).to_be_visible(timeout=WITHIN_MS)


def to_a_conversation(walker: Walker) -> None:
    """Own and the team's messages, with files and pictures."""
    for route in walker.held:
        route.continue_()
    walker.page.unroute(FILES)
    walker.says(SAID[walker.lang])
    expect(walker.thread.locator(".meta.sent")).to_be_visible(timeout=WITHIN_MS)
    files = [("new-foot.png", _picture("seagreen"), "image/png"), ("terms.txt", b"Two years.", "text/plain")]
    walker.team.reply(walker.conversation(), ANSWER[walker.lang], *files)
    expect(walker.thread.locator(".picture img[src]")).to_have_count(2, timeout=WITHIN_MS)
    walker.appears(".other .saved")


def to_the_menu(walker: Walker) -> None:
    walker.presses("#menu")
    walker.appears(".menu button")


def to_starting_over(walker: Walker) -> None:
    """It explains itself and asks first."""
    walker.presses(".menu button:last-of-type")
    walker.appears(".menu .danger")


def to_emoji(walker: Walker) -> None:
    walker.page.keyboard.press("Escape")
    expect(walker.frame.locator(".menu")).to_have_count(0)
    walker.presses(".composer [aria-expanded]")
    walker.appears(".emoji button")


def to_typing(walker: Walker) -> None:
    walker.presses(".composer [aria-expanded]")
    expect(walker.frame.locator(".emoji")).to_have_count(0)
    walker.team.types(walker.conversation())
    walker.appears(".dots")


def to_the_middle(walker: Walker) -> None:
    """Reading above the end, while something new comes below."""
    walker.thread.evaluate("(thread) => (thread.scrollTop = 0)")
    walker.appears(".jump")  # It has noticed that they are not at the end any more.
    walker.team.reply(walker.conversation(), LATER[walker.lang])
    walker.appears(".jump .count")


def to_a_badge(walker: Walker) -> None:
    """Closed, with something unread."""
    walker.page.evaluate("Curbe('hide')")
    expect(walker.page.locator("curbe-messenger .badge")).to_be_visible(timeout=WITHIN_MS)


def to_unread_home(walker: Walker) -> None:
    walker.page.evaluate("Curbe('showSpace', 'home')")
    walker.appears(".tabs .count")


def to_new_messages(walker: Walker) -> None:
    walker.page.evaluate("Curbe('hide')")
    walker.page.evaluate("Curbe('show')")
    walker.presses(".card .row")
    walker.appears(".fresh")


def to_a_failed_message(walker: Walker) -> None:
    walker.page.route(SENDING, _refuse)
    walker.says(REFUSED[walker.lang])
    walker.appears(".meta.failed")


def to_no_network(walker: Walker) -> None:
    walker.page.unroute(SENDING)
    walker.presses(".failed .plain >> nth=2")
    walker.page.context.set_offline(True)
    walker.says(REFUSED[walker.lang])
    walker.appears(".weather")
    walker.appears(".meta.queued")


def to_a_closed_conversation(walker: Walker) -> None:
    """Feedback is asked for."""
    walker.page.context.set_offline(False)
    expect(walker.thread.locator(".waiting")).to_have_count(0, timeout=30_000)
    expect(walker.frame.locator(".weather")).to_have_count(0, timeout=30_000)
    walker.team.close(walker.conversation())
    walker.appears(".faces")


def to_feedback_that_was_not_saved(walker: Walker) -> None:
    walker.page.route("**/rating", lambda route: route.abort())
    walker.presses(".faces button:nth-child(5)")
    walker.appears(".feedback .problem:not(:empty)")


def to_a_remark(walker: Walker) -> None:
    walker.page.unroute("**/rating")
    walker.presses(".faces button:nth-child(5)")
    expect(walker.frame.locator(".faces button:nth-child(5)")).to_have_attribute("aria-pressed", "true")
    walker.appears(".feedback textarea").fill(REMARK[walker.lang])


def to_thanks(walker: Walker) -> None:
    walker.presses(".feedback .button")
    expect(walker.frame.locator(".feedback")).to_have_count(0, timeout=WITHIN_MS)


def to_messages(walker: Walker) -> None:
    """Several conversations, one of them closed, one unread."""
    walker.presses(".closed .plain")
    walker.says(ANOTHER[walker.lang])
    expect(walker.thread.locator(".meta.sent")).to_be_visible(timeout=WITHIN_MS)
    walker.presses(".talk .round")
    walker.team.reply(walker.conversation(), LATER[walker.lang])
    walker.appears(".row.unread .count")


def to_home_with_history(walker: Walker) -> None:
    walker.tab(1)
    walker.appears(".card .row")


def to_no_frame(walker: Walker) -> None:
    """The server is away: the launcher says so."""
    walker.page.evaluate("localStorage.clear()")
    walker.page.route("**/widget/*/frame*", lambda route: route.abort())
    walker.page.reload()
    walker.page.evaluate("Curbe('show')")
    expect(walker.page.locator("curbe-messenger .note")).to_be_visible(timeout=WITHIN_MS)


def to_a_form(walker: Walker) -> None:
    """Of the second site, which asks guests before their first message."""
    walker.page.unroute("**/widget/*/frame*")
    walker.page.goto(walker.page.url.replace("/demo/", "/demo/second/"))
    walker.page.evaluate("Curbe('show')")
    walker.presses(".card.write")
    walker.appears(".prechat input")


def to_a_form_with_faults(walker: Walker) -> None:
    walker.presses(".prechat .button")
    walker.appears(".prechat .wrong")


def to_an_assistant(walker: Walker) -> None:
    """It answers first, and says so."""
    walker.page.evaluate("Curbe('shutdown')")
    walker.page.evaluate("localStorage.clear()")
    walker.page.goto(walker.page.url)
    walker.page.evaluate("Curbe('show')")
    walker.presses(".card.write")
    walker.presses(".prechat .plain")
    walker.appears(".helper")


def to_its_thoughts(walker: Walker) -> None:
    walker.says(f"{ASKED[walker.lang]} #{walker.gate}")
    walker.appears(".answer .dots")


def to_its_writing(walker: Walker) -> None:
    open_gate(walker.team.stack.place.local_dir, walker.gate)
    walker.appears(".answer [aria-busy] p:nth-child(3)")


def to_its_answer(walker: Walker) -> None:
    """With the articles that it comes from."""
    open_gate(walker.team.stack.place.local_dir, walker.gate)
    walker.appears(".sources .plain")


def to_what_it_comes_from(walker: Walker) -> None:
    walker.presses(".sources .plain")
    walker.appears(".article h1")


def to_nobody_reached(walker: Walker) -> None:
    """A human was asked for, and that went wrong."""
    walker.presses(".talk .round")
    walker.page.route(HANDING_OFF, lambda route: route.abort())
    walker.presses(".person")
    walker.appears(".helper .problem:not(:empty)")


def to_a_hand_over(walker: Walker) -> None:
    walker.page.unroute(HANDING_OFF)
    walker.presses(".person")
    walker.appears(".handed")


SCREENS: dict[str, Callable[[Walker], None]] = {
    "launcher": to_the_launcher,
    "starting": to_the_skeleton,
    "no-service": to_no_service,
    "home": to_home,
    "messages-empty": to_no_messages,
    "help": to_help,
    "help-nothing-found": to_nothing_found,
    "article": to_an_article,
    "article-missing": to_a_missing_article,
    "conversation-new": to_a_new_conversation,
    "conversation-tray": to_a_tray,
    "conversation-picture-on-its-way": to_a_picture_on_its_way,
    "conversation": to_a_conversation,
    "conversation-menu": to_the_menu,
    "conversation-reset": to_starting_over,
    "conversation-emoji": to_emoji,
    "conversation-typing": to_typing,
    "conversation-middle": to_the_middle,
    "launcher-unread": to_a_badge,
    "home-unread": to_unread_home,
    "conversation-unread": to_new_messages,
    "conversation-failed": to_a_failed_message,
    "conversation-offline": to_no_network,
    "feedback": to_a_closed_conversation,
    "feedback-failed": to_feedback_that_was_not_saved,
    "feedback-remark": to_a_remark,
    "conversation-closed": to_thanks,
    "messages": to_messages,
    "home-history": to_home_with_history,
    "launcher-no-frame": to_no_frame,
    "form": to_a_form,
    "form-faults": to_a_form_with_faults,
    "assistant-first": to_an_assistant,
    "assistant-thinking": to_its_thoughts,
    "assistant-writing": to_its_writing,
    "assistant-answer": to_its_answer,
    "assistant-article": to_what_it_comes_from,
    "assistant-failed": to_nobody_reached,
    "assistant-handed-over": to_a_hand_over,
}


def _refuse(route: Route) -> None:
    body = '{"type": "client_error", "errors": [{"code": "not_available", "detail": "", "attr": null}]}'
    route.fulfill(status=403, content_type="application/json", body=body)


def _file(name: str, kind: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": content}


def _picture(color: str = "peru") -> bytes:
    stream = io.BytesIO()
    image = Image.new("RGB", (640, 420), color)
    ImageDraw.Draw(image).line([(80, 380), (300, 180), (340, 220), (560, 40)], fill="white", width=9)
    image.save(stream, "PNG")
    return stream.getvalue()
