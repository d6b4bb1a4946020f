"""S38 in the widget: what visitors, agents, articles and the company itself say, in the panel and on the host page.

Chromium, without any policy. What a company where nobody means harm sees says which elements there are.
"""

from __future__ import annotations

import json
import re
import uuid

import httpx
import pytest
from playwright.sync_api import expect

from curbe.testing.people import WITHIN_MS, VisitorAtShop
from curbe.testing.waiting import hear, wait_for
from messenger import looks

from .hostile import AUTHOR, BENIGN, CORPUS, PAYLOADS, packed
from .trap import INSPECT, MARKDOWN, SURVEY, Company, Trap, assert_inert, assert_nothing_else, bare, merged

FILES = [f"{name}.txt" for name in packed(200)]
PREVIEWS = [text for text in packed(110) if len(text) <= 110][::4]  # Longer ones are cut.
AT_ONCE = 5
ENOUGH_S = 420  # For dozens of looks.
LABELS = [text for text in PAYLOADS if len(text) <= looks.MOST_LABEL][7::32][: looks.MOST_FIELDS]
CONTROL = "<img src=x onerror=__xss()>"


@pytest.fixture(scope="module")
def stack(bed):
    with bed.spawn_stack(database="sqlite") as running:
        yield running


@pytest.fixture(scope="module")
def benign(stack):
    """A company where nobody means harm."""
    return Company(1, "/demo/rival/", "Mia", [], [(BENIGN, MARKDOWN)] * 2).plant(stack)


@pytest.fixture(scope="module")
def hostile(stack):
    """An agent's name, and the whole corpus in articles."""
    titles = packed(200)[::7]
    articles = [(title, "\n\n".join(group)) for title, group in zip(titles, CORPUS.values(), strict=False)]
    return Company(0, "/demo/", AUTHOR, [], articles).plant(stack)


class Line:
    """What a visitor's tab or an agent's program sends outside of any page."""

    def __init__(self, stack, bearer, door):
        headers = {"Authorization": f"Bearer {bearer}"}
        self._http = httpx.Client(base_url=f"{stack.base_url}/api/{door}/", headers=headers, timeout=30)

    def post(self, path, body=None, **more):
        answer = self._http.post(path, json=body, **more)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def says(self, thread, text, *files):
        message = {"client_message_id": str(uuid.uuid4()), "body": text, "attachment_ids": list(files)}
        self.post(f"conversations/{thread}/messages", message)

    def uploads(self, name):
        form = {"client_upload_id": str(uuid.uuid4())}
        return self.post("attachments", data=form, files={"file": (name, b"Order 4711\n")})

    def types(self, thread):
        self.post(f"conversations/{thread}/typing", {"on": True})


def frame_of(visitor):
    """The widget's own document."""
    return next(one for one in visitor.page.frames if one.url.partition("#")[0].endswith("/frame"))


def arrives(trap, stack, company):
    """A visitor of the company's, on a page of the shop in English."""
    visitor = VisitorAtShop(trap.person.new_page())
    visitor.page.goto(f"{stack.base_url}{company.shop}?lang=en")
    return visitor


def chats(trap, stack, company):
    """A visitor who has said something; the thread, and lines of theirs and of the company's agent."""
    visitor = arrives(trap, stack, company)
    visitor.opens_the_chat()
    visitor.says("I mean no harm")
    visitor.sees_note("Sent")
    token = frame_of(visitor).evaluate("Object.values(sessionStorage)[0]")
    me, agent = Line(stack, token, "messenger"), Line(stack, company.token, "inbox")
    return visitor, me.post("conversations")["conversation"]["id"], me, agent


def wait_until_shown(place, text):
    """Wait until the text is all that is there."""
    wait_for(lambda: "".join(map(bare, place.all_text_contents())) == bare(text), f"{text} to be shown")


def assert_the_trap_is_set(trap, page, where, shapes):
    """The control: in the same place, what is taken for HTML runs and is found."""
    put = f"(control) => {{ ({where}).innerHTML = control; }}"
    page.evaluate(put, CONTROL)
    hear(page, lambda: trap.sprung, "the control to run")
    assert page.evaluate(INSPECT, shapes) != []


# The thread


def say_all(me, agent, thread, own, others, files):
    """The names of the files as the server keeps them."""
    me.post("profile", {"name": AUTHOR, "attributes": {"a": AUTHOR}})
    kept = [me.uploads(name) for name in files]
    for i, text in enumerate(own):
        me.says(thread, text, *[one["id"] for one in kept[i * AT_ONCE : (i + 1) * AT_ONCE]])
    for text in others:
        agent.says(thread, text)
    agent.says(thread, "That was all")
    return [one["name"] for one in kept]


def looks_at_thread(visitor, agent, thread):
    """As it comes bit by bit, with somebody who types, and as a page that is loaded again finds it."""
    visitor.sees("That was all")
    agent.types(thread)
    expect(visitor.thread.locator(".dots")).to_be_visible(timeout=WITHIN_MS)
    yield from _whole(visitor)
    visitor.page.reload()
    visitor.opens()
    visitor.sees("That was all")
    yield from _whole(visitor)


def _whole(visitor):
    def is_there():
        visitor.thread.evaluate("(thread) => (thread.scrollTop = 0)")
        return visitor.bubble("I mean no harm").count() == 1

    wait_for(is_there, "the first message")
    expect(visitor.frame.locator(".saved").first).to_be_visible(timeout=WITHIN_MS)
    yield frame_of(visitor)


def test_s38_a_thread_in_the_widget(browser, stack, benign, hostile):
    def story(session):
        visitor, thread, me, mia = chats(Trap.set_in(session), stack, benign)
        say_all(me, mia, thread, [BENIGN], [MARKDOWN], ["order.txt"])
        shapes = merged(*[frame.evaluate(SURVEY) for frame in looks_at_thread(visitor, mia, thread)])
        trap = Trap.set_in(session)
        visitor, thread, me, mallory = chats(trap, stack, hostile)
        own = packed(1000)
        names = say_all(me, mallory, thread, own, packed(600, between="\n\n"), FILES[: len(own) * AT_ONCE])
        for frame in looks_at_thread(visitor, mallory, thread):
            assert_inert(trap, frame, shapes, *own, *names, AUTHOR)
        assert_nothing_else(session, stack)
        assert_the_trap_is_set(trap, frame_of(visitor), "document.querySelector('.rich')", shapes)

    browser.run(story, ENOUGH_S)


# What is told of a message elsewhere


def hears(visitor, agent, thread, texts):
    """Of each text, the row of the list and the bubble beside the launcher; yields what they were to say."""
    visitor.page.evaluate("Curbe('showSpace', 'messages')")
    expect(visitor.frame.locator(".row")).to_be_visible(timeout=WITHIN_MS)
    visitor.page.evaluate("Curbe('hide')")
    for n, text in enumerate(texts, start=1):
        agent.says(thread, text)
        expect(visitor.page).to_have_title(re.compile(rf"^\({n}\) \w"), timeout=WITHIN_MS)
        shown = re.sub(r"\*\*|`", "", text)  # An agent's marks of Markdown would only be in the way.
        wait_until_shown(visitor.page.locator("curbe-messenger .preview .text span"), shown)
        yield shown


def preview_of(visitor):
    return visitor.page.locator("curbe-messenger .preview").text_content()


def test_s38_rows_and_previews_of_the_widget(browser, stack, benign, hostile):
    def story(session):
        visitor, thread, _me, mia = chats(Trap.set_in(session), stack, benign)
        surveys = []
        for _ in hears(visitor, mia, thread, [BENIGN]):
            surveys += [visitor.page.evaluate(SURVEY), frame_of(visitor).evaluate(SURVEY)]
        trap = Trap.set_in(session)
        visitor, thread, _me, mallory = chats(trap, stack, hostile)
        shapes = merged(*surveys, visitor.page.evaluate(SURVEY))  # This shop has pictures that the other has not.
        for text in hears(visitor, mallory, thread, PREVIEWS):
            assert visitor.page.evaluate(INSPECT, shapes) == []
            assert AUTHOR in preview_of(visitor)
            assert_inert(trap, frame_of(visitor), shapes, text)
        assert_nothing_else(session, stack)
        where = "document.querySelector('curbe-messenger').shadowRoot.querySelector('.preview')"
        assert_the_trap_is_set(trap, visitor.page, where, shapes)

    browser.run(story, ENOUGH_S)


# Help


def screens_of_help(visitor, company):
    """Home, the list of articles, what a question finds, and every article."""
    visitor.opens()
    for space in ("home", "help"):
        visitor.page.evaluate(f"Curbe('showSpace', '{space}')")
        expect(visitor.frame.locator(".card.find, .row").first).to_be_visible(timeout=WITHIN_MS)
        yield ""
    visitor.frame.locator("[type=search]").fill(CONTROL)
    expect(visitor.frame.locator("[role=status]", has_text="article")).to_have_count(1, timeout=WITHIN_MS)
    yield ""
    for slug, (title, _body) in zip(company.articles, company.bodies, strict=True):
        visitor.page.evaluate(f"Curbe('showArticle', '{slug}')")
        wait_until_shown(visitor.frame.locator("article h1[tabindex]"), title)
        yield title


def test_s38_articles_in_the_widget(browser, stack, benign, hostile):
    def story(session):
        visitor = arrives(Trap.set_in(session), stack, benign)
        shapes = merged(*[frame_of(visitor).evaluate(SURVEY) for _ in screens_of_help(visitor, benign)])
        trap = Trap.set_in(session)
        visitor = arrives(trap, stack, hostile)
        for text in screens_of_help(visitor, hostile):
            assert_inert(trap, frame_of(visitor), shapes, text)
        assert_nothing_else(session, stack)
        assert_the_trap_is_set(trap, frame_of(visitor), "document.querySelector('article .rich')", shapes)

    browser.run(story, ENOUGH_S)


# The company's own words


def own_words(texts, labels, url):
    """Settings that the admin takes, with such texts in all of the widget's words and such labels in its form."""
    words = dict(zip(looks.WORDS, texts, strict=True))
    fields = [{"name": f"x{i}", "required": i == 0, "label": {"en": label}} for i, label in enumerate(labels)]
    form = {"enabled": True, "fields": fields, "consent": {"required": True, "url": url}}
    return {"texts": looks.texts({"en": words}), "prechat": looks.prechat(form)}


@pytest.fixture
def set_words(stack):
    """Gives a company's widget such settings, until the test is over."""
    changed = []

    def change(company, **fields):
        changed.append(company)
        given, widget = json.dumps(fields), company.widget(stack)
        script = "import json; from messenger.models import Widget; "
        script += f"Widget.objects.filter(id={widget!r}).update(**json.loads({given!r}))"
        stack.manage("shell", "--no-imports", "-c", script)

    yield change
    for company in list(changed):
        change(company, texts={}, prechat={})


def fills_in(visitor, words, answer):
    """Home, the form, the form with what is wrong in it, and the thread once it was answered; yields what is there."""
    texts, form = words["texts"]["en"], words["prechat"]
    visitor.opens()
    expect(visitor.frame.locator(".card.write")).to_be_visible(timeout=WITHIN_MS)
    yield [texts["hello"], texts["greeting"]]
    visitor.frame.locator(".card.write").click()
    expect(visitor.frame.locator("#prechat")).to_be_visible(timeout=WITHIN_MS)
    asked = [texts[name] for name in ("prechat_title", "prechat_intro", "consent", "subtitle")]
    asked += [one["label"]["en"] for one in form["fields"]]
    yield asked
    visitor.frame.locator("form.prechat .button").click()
    expect(visitor.frame.locator(".wrong").first).to_be_visible(timeout=WITHIN_MS)
    yield asked
    for box in visitor.frame.locator("form.prechat input:not([type=checkbox])").all():
        box.fill(answer)
    visitor.frame.locator("form.prechat [type=checkbox]").check()
    visitor.frame.locator("form.prechat .button").click()
    expect(visitor.box).to_be_visible(timeout=WITHIN_MS)
    visitor.says(answer)
    visitor.sees_note("Sent")
    yield [answer]


def test_s38_the_words_of_a_widget(browser, stack, benign, hostile, set_words):
    url = "https://good.example/privacy"
    plain = own_words([BENIGN] * len(looks.WORDS), ["How so?"] * looks.MOST_FIELDS, url)
    texts = [packed(longest)[i] for i, longest in enumerate(looks.WORDS.values())]
    bad = own_words(texts, LABELS, url)
    set_words(benign, **plain)
    set_words(hostile, **bad)

    @browser.run
    def story(session):
        visitor = arrives(Trap.set_in(session), stack, benign)
        shapes = merged(*[frame_of(visitor).evaluate(SURVEY) for _ in fills_in(visitor, plain, "Good day")])
        trap = Trap.set_in(session)
        visitor = arrives(trap, stack, hostile)
        for shown in fills_in(visitor, bad, CONTROL):
            assert_inert(trap, frame_of(visitor), shapes, *shown)
        assert_nothing_else(session, stack)
        assert_the_trap_is_set(trap, frame_of(visitor), "document.querySelector('.intro p')", shapes)
