"""The assistant in the visitor's widget: answers as they come, what they rest on, and the way to a person."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from curbe.testing.bed import Bed
from curbe.testing.held import Held
from curbe.testing.people import WITHIN_MS, VisitorAtShop
from curbe.testing.program import TeamProgram
from curbe.testing.slow_provider import ENVIRONMENT, FAILING, UNKNOWN, open_gate
from curbe.testing.stack import Stack
from curbe.testing.waiting import hear, wait_for

HANDING_OFF = "**/conversations/*/handoff"
# A moment of quiet, the search, and every word of the answer.
ANSWER_WITHIN_MS = 30_000
QUESTION = {"en": "Shipping times to Mexico? #{gate}", "es": "¿Plazos y gastos de envío a México? #{gate}"}
FIRST = {"en": "Within the country", "es": "Dentro del país"}
LAST = {"en": "as soon as it has left us.", "es": "en cuanto haya salido."}
# Once what arrived has come to rest, at every frame that is drawn: how many bubbles of the assistant there are, where
# in the thread the last one stands, how far the thread is from its end, and how tall it is. Beside that, whatever is
# announced.
WATCH = """async () => {
  const log = document.querySelector("[role=log]");
  const ends = (one) => Number.isFinite(one.effect.getComputedTiming().endTime);
  await Promise.all(log.getAnimations({ subtree: true }).filter(ends).map((one) => one.finished));
  window.seen = [];
  window.announced = [];
  const look = () => {
    const lines = log.querySelectorAll(".answer");
    const { scrollHeight: height, scrollTop, clientHeight } = log;
    const place = lines[lines.length - 1]?.getBoundingClientRect().top + scrollTop;
    window.seen.push({ count: lines.length, place, scrollTop, left: height - scrollTop - clientHeight, height });
    window.watching = requestAnimationFrame(look);
  };
  look();
  const isSilent = (node) => node.closest("[aria-live]") !== log;
  new MutationObserver((records) => {
    for (const { target, addedNodes } of records) {
      const at = target.nodeType === 1 ? target : target.parentElement;
      const added = [...addedNodes].filter((one) => !isSilent(one.nodeType === 1 ? one : at));
      window.announced.push(...added.map((one) => one.textContent.trim()).filter(Boolean));
    }
  }).observe(log, { childList: true, subtree: true, characterData: true });
}"""


class Asker(VisitorAtShop):
    """A visitor of a company whose widget has the assistant."""

    stack: Stack
    team: TeamProgram

    @classmethod
    def comes(cls, session: Any, stack: Stack, lang: str = "en", **options: Any) -> Asker:
        locale = "es-ES" if lang == "es" else "en-US"
        asker: Asker = cls.arrives(session, stack, f"/demo/?lang={lang}", locale=locale, **options)
        asker.stack, asker.team = stack, TeamProgram(stack)
        asker.opens_the_chat()
        return asker

    @property
    def inside(self):
        return next(frame for frame in self.page.frames if frame.url.partition("#")[0].endswith("/frame"))

    @property
    def answers(self):
        return self.thread.locator(".answer")

    @property
    def growing(self):
        return self.thread.locator(".answer [aria-busy=true]")

    @property
    def human(self):
        return self.frame.locator(".person")

    @property
    def hand_over(self):
        return self.thread.locator(".handed")

    def asks(self, gate: str, lang: str = "en") -> None:
        """And sees the assistant think."""
        self.says(QUESTION[lang].format(gate=gate))
        expect(self.growing.locator("i")).to_have_count(3, timeout=WITHIN_MS)

    def opens_gate(self, gate: str) -> None:
        open_gate(self.stack.place.local_dir, gate)

    def sees_half(self, gate: str, lang: str = "en") -> None:
        self.opens_gate(gate)
        expect(self.growing).to_contain_text("- ", timeout=WITHIN_MS)
        assert FIRST[lang] in self.growing.inner_text()

    def sees_all(self, lang: str = "en") -> None:
        """The stored message, once."""
        expect(self.answers.locator("strong")).to_have_count(1, timeout=ANSWER_WITHIN_MS)
        expect(self.growing).to_have_count(0)
        expect(self.answers).to_have_count(1)
        expect(self.answers).to_contain_text(LAST[lang])

    def is_answered(self, gate: str, lang: str = "en") -> None:
        self.asks(gate, lang)
        open_gate(self.stack.place.local_dir, gate, 2)
        self.sees_all(lang)

    def conversation(self) -> str:
        return self.team.conversation_of(self.visitor_id() or "")

    def seen(self) -> list[dict[str, float]]:
        return self.inside.evaluate("(cancelAnimationFrame(window.watching), window.seen)")  # type: ignore[no-any-return]

    def unread(self) -> int:
        return self.page.evaluate("new Promise((tell) => Curbe('onUnreadCountChange', tell))")  # type: ignore[no-any-return]


def switch_on(stack: Stack, widget_id: str) -> None:
    change = "from messenger.models import Widget; "
    change += f"row = Widget.objects.get(id='{widget_id}'); row.features['assistant'] = True; row.save()"
    stack.manage("shell", "--no-imports", "-c", change)


@pytest.fixture(scope="module")
def stack(bed: Bed) -> Iterator[Stack]:
    with bed.spawn_stack(database="sqlite", env={**ENVIRONMENT, "RATE_LIMITS": "off"}) as running:
        switch_on(running, running.demo["tenants"][0]["widgets"][0]["id"])
        yield running


def spread(values):
    return max(values) - min(values)


def test_a_question_streams_and_settles_where_it_stands(browser, stack):
    @browser.run
    def story(session):
        asker = Asker.comes(session, stack)
        asker.asks("settles")
        asker.inside.evaluate(WATCH)
        asker.sees_half("settles")
        busy = asker.growing
        expect(busy).to_have_attribute("aria-live", "off")
        expect(asker.thread.locator(".answer .mark")).to_have_count(1)
        expect(asker.thread.locator(".answer .meta")).to_contain_text("Assistant")
        assert "**" not in busy.inner_text()
        asker.opens_gate("settles")
        asker.sees_all()
        seen = asker.seen()
        assert len({one["height"] for one in seen}) > 2, "the control: it grew"
        assert {one["count"] for one in seen} == {1}, "gone, or doubled"
        assert spread([one["place"] for one in seen]) <= 1, "it jumped"
        assert max(one["left"] for one in seen) <= 1, "away from the end"
        # Announced once, when it is all there; not at any step.
        (announced,) = asker.inside.evaluate("window.announced.filter((text) => text.includes('Within'))")
        assert LAST["en"] in announced
        assert session.page_errors == session.console_errors == []


def test_whoever_is_at_the_end_stays_there_and_whoever_reads_above_is_left_alone(browser, stack):
    @browser.run
    def story(session):
        asker = Asker.comes(session, stack)
        # Both wait at one gate until both are there: the first is not answered by itself.
        long = "\n".join(f"line {number}" for number in range(40))
        asker.box.fill(f"{long} #end")
        asker.box.press("Enter")
        asker.asks("end")
        expect(asker.thread.locator(".waiting")).to_have_count(0, timeout=WITHIN_MS)
        asker.inside.evaluate(WATCH)
        asker.sees_half("end")
        asker.opens_gate("end")
        asker.sees_all()
        seen = asker.seen()
        assert spread([one["height"] for one in seen]) > 50, "the control: it grew"
        assert max(one["left"] for one in seen) <= 1, "away from the end"
        # Another one, while they read above.
        asker.thread.evaluate("(thread) => (thread.scrollTop = 0)")
        expect(asker.frame.locator(".jump")).to_be_visible(timeout=WITHIN_MS)
        asker.inside.evaluate("(cancelAnimationFrame(window.watching), 0)")
        asker.inside.evaluate(WATCH)
        ask(asker, "above")
        asker.opens_gate("above")
        expect(asker.growing).to_contain_text("- ", timeout=WITHIN_MS)
        asker.opens_gate("above")
        expect(asker.growing).to_have_count(0, timeout=WITHIN_MS)
        expect(asker.answers).to_have_count(2)
        seen = asker.seen()
        assert spread([one["height"] for one in seen]) > 50, "the control: it grew"
        assert {one["scrollTop"] for one in seen} == {0}, "they were moved"


def ask(asker, gate):
    """Out of another tab, which leaves this one where it is."""
    token = asker.inside.evaluate("Object.entries(sessionStorage).find(([key]) => key.startsWith('curbe_session'))[1]")
    path = f"/api/messenger/conversations/{asker.conversation()}/messages"
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    said = json.dumps({"client_message_id": str(uuid.uuid4()), "body": QUESTION["en"].format(gate=gate)})
    options = {"method": "POST", "headers": headers, "body": said}
    asker.inside.evaluate("([path, options]) => fetch(path, options)", [path, options])
    expect(asker.growing).to_have_count(1, timeout=WITHIN_MS)


@pytest.mark.parametrize("half", [False, True], ids=["in thought", "halfway"])
def test_a_reload_in_the_middle_shows_what_there_is(browser, stack, half):
    @browser.run
    def story(session):
        asker, gate = Asker.comes(session, stack), f"reload{half:d}"
        asker.asks(gate)
        if half:
            asker.sees_half(gate)
        asker.page.reload()
        asker.opens_the_chat()
        if half:
            expect(asker.growing).to_contain_text(FIRST["en"], timeout=WITHIN_MS)
        else:
            expect(asker.growing.locator("i")).to_have_count(3, timeout=WITHIN_MS)
        open_gate(stack.place.local_dir, gate, 2)
        asker.sees_all()
        assert session.page_errors == []


def test_a_person_who_replies_meanwhile_has_the_word(browser, stack):
    @browser.run
    def story(session):
        asker = Asker.comes(session, stack)
        asker.asks("person")
        asker.sees_half("person")
        asker.inside.evaluate(WATCH)
        asker.team.reply(asker.conversation(), "I can help you with that.")
        asker.sees("I can help you with that.")
        expect(asker.answers).to_have_count(0)
        expect(asker.human).to_have_count(0)
        expect(asker.frame.locator(".talk h1")).not_to_have_text("Assistant")
        asker.opens_gate("person")
        asker.says("Thank you")
        asker.team.reply(asker.conversation(), "You are welcome.")
        asker.sees_once("I can help you with that.", "You are welcome.")
        counts = [one["count"] for one in asker.seen()]
        assert counts[0] == 1, "the control"
        assert counts == sorted(counts, reverse=True), "it came back"


def test_more_that_is_asked_meanwhile_is_thought_about_anew_and_answered_once(browser, stack):
    @browser.run
    def story(session):
        asker = Asker.comes(session, stack)
        asker.asks("more")
        asker.sees_half("more")
        asker.says(QUESTION["en"].format(gate="anew"))
        expect(asker.growing.locator("i")).to_have_count(3, timeout=WITHIN_MS)
        assert asker.thread.locator(".line").last.get_attribute("class").endswith("answer")
        open_gate(stack.place.local_dir, "anew", 2)
        asker.sees_all()


def test_a_human_is_asked_for_once_however_often_it_is_pressed(browser, stack):
    @browser.run
    def story(session):
        asker = Asker.comes(session, stack)
        asker.is_answered("human")
        asked = Held(asker.page, HANDING_OFF)
        asker.human.dblclick(force=True)
        expect(asker.human).to_be_disabled()
        request = asked.first()
        asker.human.evaluate("(one) => one.click()")
        assert asked.count() == 1
        request.continue_()
        expect(asker.hand_over).to_have_text("Our team takes over from here. We usually answer within a few minutes")
        expect(asker.human).to_have_count(0)
        expect(asker.box).to_be_focused()
        expect(asker.hand_over).to_have_count(1)
        assert asked.count() == 1
        # What is asked from here on is the team's.
        asker.says("Are you there?")
        asker.team.reply(asker.conversation(), "Yes, I am.")
        asker.sees("Yes, I am.")
        expect(asker.answers).to_have_count(1)


def test_a_human_is_asked_for_by_keyboard_while_the_assistant_writes(browser, stack):
    @browser.run
    def story(session):
        asker = Asker.comes(session, stack)
        asker.asks("keys")
        asker.sees_half("keys")
        asker.box.press("Shift+Tab")
        asker.page.keyboard.press("Shift+Tab")
        expect(asker.human).to_be_focused()
        asker.page.keyboard.press("Enter")
        asker.page.keyboard.press("Enter")
        expect(asker.hand_over).to_be_visible(timeout=WITHIN_MS)
        expect(asker.answers).to_have_count(0)
        expect(asker.human).to_have_count(0)
        expect(asker.box).to_be_focused()


def test_a_human_cannot_be_asked_for_offline_and_it_says_so(browser, stack):
    @browser.run
    def story(session):
        asker = Asker.comes(session, stack)
        asker.is_answered("offline")
        problem = asker.frame.locator(".helper [role=alert]")
        asker.page.context.set_offline(True)
        asker.human.click()
        expect(problem).to_have_text("We could not be reached. Please try again when you are online.")
        expect(asker.human).to_be_enabled()
        asker.page.context.set_offline(False)
        asker.page.route(HANDING_OFF, lambda route: route.fulfill(status=503, body="{}"))
        asker.human.click()
        expect(problem).to_have_text("That did not work. Please try again.")
        asker.page.unroute(HANDING_OFF)
        asker.human.click()
        expect(asker.hand_over).to_be_visible(timeout=WITHIN_MS)
        expect(problem).to_have_count(0)


@pytest.mark.parametrize("trouble", [UNKNOWN, FAILING])
def test_what_it_cannot_answer_goes_to_the_team_visibly_with_when_they_are_back(browser, stack, trouble):
    """In the language and the time zone of the visitor, in the words of Home."""
    opens = datetime.now(UTC) + timedelta(days=3)
    set_hours(stack, {opens.strftime("%a").lower(): [["18:00", "19:00"]]})
    try:

        @browser.run
        def story(session):
            asker = Asker.comes(session, stack, "es", timezone_id="America/Mexico_City")
            asker.says(f"¿Qué dice mi {trouble}? ¿Y los gastos de envío?")
            expect(asker.hand_over).to_contain_text("A partir de aquí sigue nuestro equipo.", timeout=ANSWER_WITHIN_MS)
            said = asker.hand_over.inner_text().splitlines()[-1]
            assert said.startswith("Volvemos el ")
            assert said.endswith(" a las 12:00"), said
            expect(asker.answers).to_have_count(0)
            expect(asker.human).to_have_count(0)
            asker.frame.get_by_role("button", name="Volver").click()
            expect(asker.frame.locator(".card.write small")).to_have_text(said)
    finally:
        set_hours(stack, {})


def set_hours(stack, week):
    tenant = stack.demo["tenants"][0]["id"]
    change = f"Tenant.objects.filter(id='{tenant}').update(office_hours={week!r}, time_zone='UTC')"
    stack.manage("shell", "--no-imports", "-c", f"from messenger.models import Tenant; {change}")


def test_what_an_answer_rests_on_is_read_in_the_widget_and_the_conversation_is_one_step_back(browser, stack):
    @browser.run
    def story(session):
        asker = Asker.comes(session, stack)
        asker.is_answered("sources")
        conversation = asker.conversation()
        source = asker.answers.locator(".sources button").first
        expect(source).to_have_text("From: Shipping times and costs by country")
        source.click()
        heading = asker.frame.locator(".article h1")
        expect(heading).to_have_text("Shipping times and costs by country", timeout=WITHIN_MS)
        expect(heading).to_be_focused()
        asker.frame.get_by_role("button", name="Back to the conversation").click()
        asker.sees_all()
        # By keyboard, out of what this browser remembers, before the server has answered.
        held = Held(asker.page, "**/api/messenger/bootstrap")
        asker.page.reload()
        asker.opens_the_chat()
        expect(source).to_be_visible(timeout=WITHIN_MS)
        expect(asker.box).to_be_focused(timeout=WITHIN_MS)  # The field takes the cursor a moment after it is there.
        source.focus()
        asker.page.keyboard.press("Enter")
        expect(heading).to_be_focused(timeout=WITHIN_MS)
        asker.page.keyboard.press("Shift+Tab")
        asker.page.keyboard.press("Shift+Tab")
        back = asker.frame.get_by_role("button", name="Back to the conversation")
        expect(back).to_be_focused()
        # What the server answers takes nobody away from what they have reached.
        held.let_go()
        asker.team.reply(conversation, "Did that help?")
        expect(asker.frame.locator(".tabs .count")).to_be_visible(timeout=WITHIN_MS)
        expect(back).to_be_focused()
        asker.page.keyboard.press("Enter")
        asker.sees_all()
        asker.sees("Did that help?")


def test_an_article_covers_its_conversation_so_what_comes_rings_and_is_unread(browser, stack):
    @browser.run
    def story(session):
        asker = Asker.comes(session, stack)
        lines = []
        asker.page.on("console", lambda message: lines.append(message.text))
        asker.page.evaluate("Curbe('debug', true)")
        asker.is_answered("covers")
        conversation = asker.conversation()
        wait_for(lambda: asker.unread() == 0, "the answer to be read")
        asker.answers.locator(".sources button").first.click()
        expect(asker.frame.locator(".article h1")).to_be_visible(timeout=WITHIN_MS)
        assert not has_rung(lines), "the control: the answer was looked at"
        asker.team.reply(conversation, "Did that help?")
        expect(asker.frame.locator(".tabs .count")).to_be_visible(timeout=WITHIN_MS)
        assert asker.unread() == 1
        hear(asker.page, lambda: has_rung(lines), "it to ring")
        asker.frame.get_by_role("button", name="Back to the conversation").click()
        asker.sees("Did that help?")
        wait_for(lambda: asker.unread() == 0, "it to be read")


def has_rung(lines):
    """In the page's trace."""
    return any(line.startswith("[curbe] ring") for line in lines)


def test_in_spanish_on_a_phone(browser, stack):
    @browser.run
    def story(session):
        asker = Asker.comes(session, stack, "es", phone=True)
        expect(asker.frame.locator(".helper")).to_have_text(
            "Primero responde nuestro asistente. Puedes pedir hablar con una persona cuando quieras."
        )
        asker.asks("telefono", "es")
        expect(asker.frame.locator(".talk h1")).to_have_text("Asistente")
        asker.sees_half("telefono", "es")
        asker.opens_gate("telefono")
        asker.sees_all("es")
        expect(asker.answers.locator(".meta")).to_contain_text("Asistente")
        expect(asker.answers.locator(".sources button").first).to_contain_text("De: ")
        for target in (asker.human, asker.answers.locator(".sources button").first):
            box = target.bounding_box()
            assert box["width"] >= 44 and box["height"] >= 44, box
        asker.frame.get_by_role("button", name="Hablar con una persona").click()
        expect(asker.hand_over).to_contain_text("Solemos responder en unos minutos")


def test_the_longest_question_with_emoji_is_answered(browser, stack):
    @browser.run
    def story(session):
        asker = Asker.comes(session, stack)
        start = "Shipping times to Mexico? "
        text = start + "🏺" * 4_000 + "é 👩‍👩‍👧 " * 1_197
        text += "!" * (20_000 - len(text.encode("utf-16-le")) // 2)
        asker.box.fill(text)
        asker.box.press("Enter")
        expect(asker.thread.locator(".own .meta.sent, .own .meta.seen")).to_be_visible(timeout=WITHIN_MS)
        asker.sees_all()
        assert asker.thread.evaluate("(log) => log.scrollWidth - log.clientWidth") == 0
        assert session.page_errors == []


def test_two_tabs_show_the_same_and_either_may_ask_for_a_human(browser, stack):
    @browser.run
    def story(session):
        asker = Asker.comes(session, stack)
        asker.asks("tabs")
        other = Asker(asker.page.context.new_page())
        other.page.goto(asker.page.url)
        other.stack = stack
        other.opens_the_chat()
        asker.opens_gate("tabs")
        for one in (asker, other):
            expect(one.growing).to_contain_text(FIRST["en"], timeout=WITHIN_MS)
        asker.opens_gate("tabs")
        for one in (asker, other):
            one.sees_all()
            expect(one.human).to_be_visible()
        other.human.click()
        for one in (asker, other):
            expect(one.hand_over).to_have_count(1, timeout=WITHIN_MS)
            expect(one.human).to_have_count(0, timeout=WITHIN_MS)


def test_an_answer_is_announced_like_any_reply_and_not_while_it_comes(browser, stack):
    @browser.run
    def story(session):
        asker = Asker.comes(session, stack)
        asker.asks("closed")
        asker.page.evaluate("Curbe('hide')")
        asker.opens_gate("closed")
        expect(asker.growing).to_contain_text("- ", timeout=WITHIN_MS)
        badge, preview = (asker.page.locator(f"curbe-messenger .{name}") for name in ("badge", "preview"))
        assert asker.unread() == 0
        expect(badge).to_be_hidden()
        expect(preview).to_be_hidden()
        asker.opens_gate("closed")
        expect(badge).to_have_text("1", timeout=WITHIN_MS)
        expect(preview).to_contain_text("Assistant")
        expect(preview).to_contain_text(FIRST["en"])
        assert "**" not in preview.inner_text()
        wait_for(lambda: asker.page.title().startswith("(1)"), "the title to say so")
        asker.page.evaluate("Curbe('show')")
        wait_for(lambda: asker.unread() == 0, "it to be read")


def test_without_a_socket_the_message_just_comes(browser, stack):
    @browser.run
    def story(session):
        person = session.person()
        person.add_init_script("window.WebSocket = class { constructor() { throw new Error('blocked') } }")
        asker = Asker(person.new_page())
        asker.stack, asker.team = stack, TeamProgram(stack)
        asker.page.goto(f"{stack.base_url}/demo/?lang=en")
        asker.opens_the_chat()
        asker.says(QUESTION["en"].format(gate="poll"))
        open_gate(stack.place.local_dir, "poll", 2)
        expect(asker.answers.locator(".sources")).to_be_visible(timeout=30_000)
        asker.sees_all()


def test_feedback_is_asked_for_when_only_the_assistant_answered(browser, stack):
    @browser.run
    def story(session):
        asker = Asker.comes(session, stack)
        asker.is_answered("feedback")
        asker.team.close(asker.conversation())
        great = asker.frame.get_by_role("button", name="Great")
        expect(great).to_be_visible(timeout=WITHIN_MS)
        expect(asker.human).to_have_count(0)
        great.click()
        expect(great).to_have_attribute("aria-pressed", "true", timeout=WITHIN_MS)


def test_who_answers_first_is_said_before_anything_is_asked_and_only_where_it_is_true(browser, stack):
    @browser.run
    def story(session):
        asker = Asker.comes(session, stack)
        line = asker.frame.locator(".helper")
        expect(line).to_have_text("Our assistant answers first. You can ask for a person at any time.")
        expect(asker.human).to_have_count(0)
        asker.asks("first")
        expect(line).to_have_text("Talk to a human")
        # The control: a company without the assistant.
        asker.page.goto(f"{stack.base_url}/demo/rival/?lang=en")
        asker.opens_the_chat()
        expect(asker.frame.locator(".helper")).to_have_count(0)
        asker.says("Hello")
        asker.sees_note("Sent")
        expect(asker.frame.locator(".helper")).to_have_count(0)
