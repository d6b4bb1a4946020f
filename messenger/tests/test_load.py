"""What it bears: sockets over a restart, polls that wait, a busy machine. Full figures: `make load`."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import psycopg
import pytest

from curbe.testing.load.coverage import Coverage
from curbe.testing.load.crowd import crowd
from curbe.testing.load.figures import Figure, broken, p95
from curbe.testing.load.follower import all_of, following
from curbe.testing.load.restarting import faults, incomplete_of
from curbe.testing.load.scenarios import SCENARIOS, perform, spawn
from curbe.testing.load.waiting_polls import connections

pytestmark = pytest.mark.stack
CURSOR = "epoch:4"


@pytest.fixture(scope="module")
def stack_of(bed):
    """The running stack of a kind, one for all scenarios of it."""
    with ExitStack() as running:
        stacks = {}

        def stack_of(kind):
            if kind not in stacks:
                stacks[kind] = running.enter_context(spawn(bed, kind))
            return stacks[kind]

        yield stack_of


def messages(start, to, epoch="epoch"):
    """A frame with a message in each seq, whose key is the seq."""
    items = [
        {"seq": seq, "type": "message.created", "payload": {"message": {"client_message_id": str(seq)}}}
        for seq in range(start, to + 1)
    ]
    return {"t": "evs", "epoch": epoch, "from": start, "to": to, "items": items}


class Swallowing(Coverage):
    """Of a client that forgets what it was sent."""

    def take(self, frame):
        return True


@pytest.mark.parametrize("name", SCENARIOS)
def test_it_bears(stack_of, name):
    figures = perform(SCENARIOS[name], stack_of(SCENARIOS[name].stack))
    assert broken(figures) == []


# What finds nothing above can find something.


def test_a_client_that_was_sent_everything_lacks_nothing():
    heard = Coverage(CURSOR)
    assert heard.take(messages(5, 6)) and heard.take(messages(6, 8))
    assert (heard.cursor, heard.keys) == ("epoch:8", {"5", "6", "7", "8"})
    assert not heard.lacks({"5", "8"}, head=8)


@pytest.mark.parametrize("frame", [messages(6, 7), messages(5, 7, epoch="another")])
def test_what_leaves_a_hole_is_not_taken(frame):
    heard = Coverage(CURSOR)
    assert not heard.take(frame)
    assert (heard.cursor, heard.keys) == (CURSOR, set())


def test_a_head_that_was_not_reached_and_a_message_that_did_not_come_are_lacking():
    heard = Coverage(CURSOR)
    frame = messages(5, 7)
    del frame["items"][1]
    assert heard.take(frame)
    assert not heard.lacks({"5", "7"}, head=7)
    assert heard.lacks({"6"}, head=7)
    assert heard.lacks(set(), head=8)


def test_a_socket_from_which_one_frame_was_kept_is_found(stack_of):
    """The very check of the restarts, on a real socket that swallows a frame and does not say so."""
    stack = stack_of(SCENARIOS["waiting polls"].stack)

    async def swallow():
        async with crowd(stack, 1) as (visitor,):
            honest, swallower = visitor.follower(stack.base_url), visitor.follower(stack.base_url)
            swallower.heard = Swallowing(visitor.cursor)
            async with following([honest, swallower]):
                await visitor.say("one")
                await all_of([honest], "to hear it", lambda one: one.heard.keys == visitor.acknowledged, 30)
                incomplete = await incomplete_of([visitor], {visitor.device_id: [honest, swallower]}, within_s=1)
                return incomplete == [swallower], broken(faults([honest, swallower], incomplete))

    is_found, words = asyncio.run(swallow())
    assert is_found
    assert len(words) == 1 and "lack an event" in words[0]


def test_a_connection_that_is_held_is_seen(stack_of):
    url = stack_of(SCENARIOS["waiting polls"].stack).place.database_url
    with psycopg.connect(url) as held:
        held.execute("SELECT 1")  # Which begins a transaction.
        open_, busy = connections(url)
    assert open_ >= 1
    assert busy >= 1


def test_a_figure_beyond_its_limit_is_broken():
    assert broken([Figure("fine", 2, "×", 2), Figure("only told", 9, "s")]) == []
    assert "BROKEN" in broken([Figure("too slow", 2.1, "×", 2)])[0]
    assert p95([*[1.0] * 90, *[5.0] * 10]) == 5
