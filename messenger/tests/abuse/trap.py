"""For the browser tests of S38: companies that say such things, and browsers in which what it does is noticed.

Whatever runs calls `__xss`, which every frame of these pages has; what came to be in a page is looked at there.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, Dialog, Frame, Page

from curbe.testing.browser import BrowserSession
from curbe.testing.stack import Stack

from .hostile import BENIGN, HERE, MARKUP

# Of a document, and of the shadow roots in it: each kind of element, with the attributes that it has somewhere.
SURVEY = """() => {
  const inside = (root) => [...root.querySelectorAll("*")]
    .flatMap((one) => [one, ...(one.shadowRoot ? inside(one.shadowRoot) : [])]);
  return Object.fromEntries([...Map.groupBy(inside(document), (one) => one.localName)]
    .map(([name, all]) => [name, [...new Set(all.flatMap((one) => one.getAttributeNames()))]]));
}"""
INSPECT = (HERE / "inspect.js").read_text().rstrip().rstrip(";")
MARKDOWN = f"# a\n\n- {BENIGN}\n\n1. b\n\n> `c`\n\n```\nd\n```\n\n[t](/t 't')"
PLANT = """
import json
import re
from django.db import transaction
from django.test.utils import setup_test_environment
from messenger.models import Widget
from messenger.tests.abuse.planting import desk_called, plant, publish
setup_test_environment()
widget = Widget.objects.select_related("tenant").get(id={widget!r})
texts, bodies, author = json.loads({given!r})
with transaction.atomic():
    desk = desk_called(widget.tenant, author)
    threads = [plant(widget, desk, text) for text in texts]
    articles = [publish(widget.tenant, text, body).slug for text, body in bodies]
print(json.dumps([threads, articles, desk.bearer]))
"""

Shapes = dict[str, list[str]]


@dataclass
class Company:
    """A tenant of the demo in which everybody says the same kind of thing, and how its people are reached.

    `names` are what the contacts of a conversation each call themselves, `bodies` the titles and texts of articles.
    """

    tenant: int
    shop: str
    author: str
    names: list[str]
    bodies: list[tuple[str, str]]
    threads: list[str] = field(default_factory=list)
    articles: list[str] = field(default_factory=list)
    token: str = ""

    def plant(self, stack: Stack) -> Company:
        code = PLANT.format(widget=self.widget(stack), given=json.dumps([self.names, self.bodies, self.author]))
        found = json.loads(stack.manage("shell", "--no-imports", "-c", code).splitlines()[-1])
        self.threads, self.articles, self.token = found
        return self

    def widget(self, stack: Stack) -> str:
        """The id of its first widget."""
        found: str = stack.demo["tenants"][self.tenant]["widgets"][0]["id"]
        return found


@dataclass
class Trap:
    """Somebody's browser in which anything that runs is noticed, and no policy keeps it from running."""

    person: BrowserContext
    sprung: list[str] = field(default_factory=list)

    @classmethod
    def set_in(cls, session: BrowserSession) -> Trap:
        trap = cls(session.person(bypass_csp=True))
        trap.person.expose_binding("__xss", lambda source, *_: trap.sprung.append(source["frame"].url))
        trap.person.on("dialog", trap._dialog)
        return trap

    def _dialog(self, dialog: Dialog) -> None:
        self.sprung.append(dialog.message)
        dialog.dismiss()


def merged(*surveys: Any) -> Shapes:
    """The elements of all these pages, and those of people's texts."""
    surveys = (MARKUP, *surveys)
    return {name: sorted({one for survey in surveys for one in survey.get(name, [])}) for name in set().union(*surveys)}


def assert_inert(trap: Trap, page: Page | Frame, shapes: Shapes, *texts: str) -> None:
    """Nothing ran, nothing came to be that is not ours, and the texts are there as they were typed."""
    assert page.evaluate(INSPECT, shapes) == []
    assert trap.sprung == []
    shown = bare(page.evaluate("document.documentElement.textContent"))
    lost = [text for text in texts if bare(text) not in shown]
    assert not lost, lost


def bare(text: str) -> str:
    """Without what Python or JavaScript takes for blanks, of which a page shows others."""
    return re.sub(r"[\s\ufeff]+", "", text)


def assert_nothing_else(session: BrowserSession, stack: Stack) -> None:
    """No host was asked for anything but the stack's own, and no script failed."""
    assert session.hosts == {stack.base_url.removeprefix("http://")}
    assert session.page_errors == []
