"""Following a stream from a cursor on: nothing is missed while joining, and every seq is covered."""

from __future__ import annotations

import uuid

import pytest
from django.db import transaction
from django.utils import timezone

from messenger import hub, streams
from messenger.events import Actor, EventLog, EventType
from messenger.tests.test_sockets import chatting, connected, harbor, in_thread

__all__ = ["chatting", "harbor"]  # Fixtures.

pytestmark = pytest.mark.django_db(transaction=True)


async def test_what_is_said_while_somebody_joins_is_not_missed(chatting, monkeypatch):
    """A stream is joined before its head is read; no sweep is to make up for it here."""
    _, browser, _, conversation_id = chatting
    cursor = (await in_thread(browser.boot)())["cursor"]
    monkeypatch.setattr(hub, "SWEEP_EVERY_S", 3600)
    plain = hub.Hub.join

    async def join_late(self, stream, subscriber):
        await in_thread(browser.say)(conversation_id, "just now")
        await plain(self, stream, subscriber)

    monkeypatch.setattr(hub.Hub, "join", join_late)
    async with connected() as line:
        await line.hello(browser.bearer, after=cursor)
        frame = await line.hear_until("evs")
        assert [item["payload"]["message"]["body"] for item in frame["items"]] == ["just now"]


async def test_what_there_is_nothing_to_tell_of_is_covered_all_the_same(chatting):
    """A hole in `from..to` would send the client back to the log for ever."""
    company, browser, _, conversation_id = chatting
    first = streams.Cursor.parse((await in_thread(browser.boot)())["cursor"])

    @transaction.atomic
    def point_at_nothing():
        log = EventLog(company.tenant.id, Actor("system"), timezone.now())
        of = {"contact_id": browser.contact.id, "conversation_id": uuid.UUID(conversation_id)}
        log.add(EventType.MESSAGE_CREATED, uuid.uuid4(), **of)
        log.flush()

    for _ in range(2):
        await in_thread(browser.say)(conversation_id, "told")
        await in_thread(point_at_nothing)()
    async with connected() as line:
        await line.hello(browser.bearer, after=f"{first.epoch}:{first.seq}")
        frame = await line.hear_until("evs")
        assert (frame["from"], frame["to"]) == (first.seq + 1, first.seq + 4)
        assert [item["seq"] for item in frame["items"]] == [first.seq + 1, first.seq + 3]
