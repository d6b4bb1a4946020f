"""What the assistant does on the inbox's screens, and the way to each: an answer, its sources, and suggestions.

Whatever provider the installation has: what comes in, and what is suggested, the walk says itself.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from curbe.testing.asker import Asker, switch_on
from curbe.testing.desk import Desk
from curbe.testing.line import Line
from curbe.testing.stack import Stack

SUGGESTING = "**/api/inbox/conversations/*/suggestion"
SOURCE = {"slug": "shipping-times-and-costs", "locale": "en", "title": "Shipping times and costs by country"}
SUGGESTED = "Parcels to the **mainland** take two working days.\n\nOn the islands it is four."
COMING = "Parcels to the mainland take two working days, and on the islands"
MADE: dict[str, Any] = {"body": SUGGESTED, "reason": None, "sources": [SOURCE], "confidence": 0.87}
DECLINED: dict[str, Any] = {"body": None, "reason": "low_confidence", "sources": [], "confidence": 0.1}
BEGUN = {"en": "Good morning, Nora.", "es": "Buenos días, Nora."}


def to_an_answer(desk: Desk) -> None:
    """And to the event by which the conversation was given to people after it."""
    desk.goes(f"/inbox/c/{_given_to_people(desk.stack)}/?view=all")
    desk.appears("#parts .handover")
    for details in desk.page.locator("#parts .how > summary").all():
        details.click()


def to_an_answer_that_comes_in(desk: Desk) -> None:
    line = Line(desk.page)
    conversation = _given_to_people(desk.stack)
    desk.goes(f"/inbox/c/{conversation}/?view=all")
    desk.appears("#parts .handover")
    desk.page.wait_for_load_state()
    line.is_up()
    line.tells(_delta(conversation))
    desk.appears("#answering")


def to_a_suggestion(desk: Desk) -> None:
    _suggests(desk, "", MADE)
    desk.appears("#suggestion .sources a")


def to_an_offered_suggestion(desk: Desk) -> None:
    _suggests(desk, BEGUN[desk.look.lang], MADE)
    desk.appears("#suggestion blockquote")


def to_no_suggestion(desk: Desk) -> None:
    _suggests(desk, "", DECLINED)
    desk.appears("#suggestion .deeds button")


def to_a_source(desk: Desk) -> None:
    desk.page.unroute(SUGGESTING)
    desk.goes(f"/inbox/articles/{SOURCE['locale']}/{SOURCE['slug']}/")
    desk.appears("article h1")


@cache
def _given_to_people(stack: Stack) -> str:
    """The id of a conversation in which the assistant spoke; made once for a stack."""
    switch_on(stack, stack.demo["tenants"][0]["widgets"][0]["id"])
    asker = Asker(stack, "Shipping costs?")
    asker.is_settled()
    asker.wants_a_person()
    asker.is_handed_over()
    return asker.conversation_id


def _suggests(desk: Desk, begun: str, made: dict[str, Any]) -> None:
    """Ask for a suggestion, with this in the field."""
    desk.page.unroute(SUGGESTING)
    desk.page.route(SUGGESTING, lambda route: route.fulfill(json=made))
    desk.page.locator("#draft").fill(begun)
    desk.page.locator("#suggest").click()


def _delta(conversation: str) -> dict[str, Any]:
    frame = {"t": "eph", "k": "assistant.delta", "by": {"kind": "assistant", "id": None, "name": ""}, "ttl": 25}
    return {**frame, "c": conversation, "on": True, "turn": conversation, "n": 1, "text": COMING}
