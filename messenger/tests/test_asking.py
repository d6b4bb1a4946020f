"""Questions of a crowd are asked in one go, and each gets its own answer."""

from __future__ import annotations

import asyncio
import threading

import pytest

from messenger import consumers
from messenger.asking import ask_together
from messenger.errors import Unauthenticated
from messenger.tests.test_sockets import chatting, harbor

__all__ = ["chatting", "harbor"]  # Fixtures.


class Slow:
    """Answers that take until they are let go; refuses "no", and fails at "bad" as a database does."""

    def __init__(self):
        self.asked, self.may_answer = [], threading.Event()

    def __call__(self, keys):
        self.asked.append(keys)
        assert self.may_answer.wait(10)
        if "bad" in keys:
            raise ConnectionError("away")
        return {key: Unauthenticated() if key == "no" else key.upper() for key in keys}


async def test_what_is_asked_meanwhile_is_asked_next_in_one_go():
    answers = Slow()
    first = asyncio.create_task(ask_together(answers, "first"))
    await until_asked(answers, 1)
    rest = [asyncio.create_task(ask_together(answers, key)) for key in ("a", "b", "first", "b")]
    await asyncio.sleep(0)
    answers.may_answer.set()
    assert await asyncio.gather(first, *rest) == ["FIRST", "A", "B", "FIRST", "B"]
    # What was asked for before is asked for again: an answer is never older than its question.
    assert answers.asked == [["first"], ["a", "b", "first"]]


async def test_at_most_fifty_in_one_go():
    answers = Slow()
    answers.may_answer.set()
    keys = [str(number) for number in range(120)]
    assert await asyncio.gather(*(ask_together(answers, key) for key in keys)) == keys
    assert [len(asked) for asked in answers.asked] == [50, 50, 20]


async def test_a_refusal_is_nobody_elses_and_a_failure_is_everybodys():
    answers = Slow()
    answers.may_answer.set()
    found = await asyncio.gather(*(ask_together(answers, key) for key in ("a", "no")), return_exceptions=True)
    assert found[0] == "A"
    assert isinstance(found[1], Unauthenticated)
    found = await asyncio.gather(*(ask_together(answers, key) for key in ("a", "bad")), return_exceptions=True)
    assert [type(one) for one in found] == [ConnectionError, ConnectionError]
    assert await ask_together(answers, "a") == "A"


async def test_who_gives_up_takes_nothing_from_the_others():
    answers = Slow()
    patient, impatient = (asyncio.create_task(ask_together(answers, "a")) for _ in range(2))
    await until_asked(answers, 1)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    answers.may_answer.set()
    assert await patient == "A"


@pytest.mark.django_db(transaction=True)
def test_a_crowds_sessions_and_streams_cost_two_queries(chatting, django_assert_num_queries):
    _, browser, _, _ = chatting
    bearers = [browser.bearer, *(f"nobody's {number}" for number in range(40))]
    with django_assert_num_queries(2):
        found = consumers._sessions(bearers)
    own = found[browser.bearer]
    assert not isinstance(own, Exception)
    visitor, stream = own
    assert stream.contact_id == visitor.contact.id
    assert {type(found[bearer]) for bearer in bearers[1:]} == {Unauthenticated}


async def until_asked(answers, times):
    async with asyncio.timeout(10):
        while len(answers.asked) < times:
            await asyncio.sleep(0.001)
