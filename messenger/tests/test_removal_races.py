"""Retention, an erasure and a wipe beside people who write and sign in: nothing unlocked, no deadlock, no error."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from curbe.testing.cast import make_company, proof
from curbe.testing.clients import device_id
from curbe.testing.ledger import assert_streams_have_no_holes
from curbe.testing.race import Runner, race
from curbe.testing.scale import repetitions
from curbe.testing.waiting import wait_for
from messenger import actions, queries, streams
from messenger.actions.visits import Page
from messenger.errors import Unauthenticated
from messenger.models import Contact, Conversation, Device, Event, Message, Stream, Tenant, Visit

pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = timedelta(days=40)


@pytest.fixture
def company(transactional_db):
    company = make_company("harbor")
    company.signs_with()
    return company


@contextmanager
def meanwhile(
    act: Callable[[], Any], *, at: Callable[[str], bool], until: Callable[[Runner[Any]], object]
) -> Iterator[Runner[Any]]:
    """Have another thread do `act` before this thread's first such statement, which waits until it has got so far.

    SQLite has one writer: there the other waits for this thread, whatever it does.
    """
    other: Runner[Any] = Runner(threading.Barrier(1), lambda _: act(), 0)

    def step_aside(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if at(sql) and other.ident is None:
            other.start()
            if connection.vendor == "postgresql":
                until(other)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(step_aside):
        yield other
    assert other.ident, "the statement was never made"
    other.join(30)
    if other.error:
        raise other.error


def has_ended(thread):
    thread.join(20)


def waits_for_a_lock(_thread):
    def waits():
        with connection.connection.cursor() as cursor:
            cursor.execute(
                "SELECT COUNT(*) FROM pg_locks JOIN pg_stat_activity USING (pid) "
                "WHERE NOT granted AND datname = current_database()"
            )
            return cursor.fetchone()[0]

    wait_for(waits, "the other to wait for a lock")


def locks_contacts(sql):
    return sql.startswith("SELECT") and 'FROM "messenger_contact"' in sql and ("FOR NO KEY" in sql or is_sqlite())


def is_sqlite():
    return connection.vendor == "sqlite"


def quiet_guest(company, text="Hello"):
    """A guest of whom nothing was heard for long, with a closed conversation."""
    guest = company.browser()
    thread = guest.start(text)["conversation"]["id"]
    company.desk().post(f"conversations/{thread}/close")
    long_ago = timezone.now() - LONG_AGO
    Conversation.objects.filter(id=thread).update(closed_at=long_ago, last_message_at=long_ago)
    Contact.objects.filter(id=guest.contact.id).update(created_at=long_ago, last_message_at=long_ago)
    Visit.objects.update(created_at=long_ago)
    Device.objects.update(last_seen_at=long_ago)
    return guest


def test_a_merge_while_closed_conversations_go_leaves_right_counts(company):
    """The guest's conversation becomes the user's between the look and the lock: the user's own lock is not held."""
    company.known("grace", "Here before")
    guest = quiet_guest(company)
    token = proof(company, "grace")
    Tenant.objects.update(conversation_retention_days=30)
    with meanwhile(lambda: guest.identify(token), at=locks_contacts, until=has_ended) as other:
        actions.prune_conversations()
    assert other.result.status_code == 200
    user = Contact.objects.get(type="user")
    left = Message.objects.filter(contact=user, kind="message").count()
    assert user.message_count == left
    assert_streams_have_no_holes()
    actions.prune_conversations()
    assert Contact.objects.get(type="user").message_count == 1


def test_signing_in_while_guests_go_makes_no_deadlock(company, log_lines):
    """Everybody locks a browser before its people."""
    company.known("grace", "Here before")
    guest = quiet_guest(company)
    token = proof(company, "grace")
    Tenant.objects.update(guest_retention_days=30)

    def touches_devices(sql):
        return 'UPDATE "messenger_device"' in sql

    with meanwhile(lambda: guest.identify(token), at=touches_devices, until=waits_for_a_lock) as other:
        actions.prune_guests()
    assert other.result.status_code == 401, "the session went with the guest"
    assert guest.tab().load(identity={"token": token}).status_code == 200
    # On a slow machine the lock may be waited for too long, which is no deadlock.
    retried = [line["reason"] for line in log_lines() if line["event"] == "write_retried"]
    assert "DeadlockDetected" not in retried
    assert not Contact.objects.filter(type="anonymous", merged_into=None).exists()
    assert_streams_have_no_holes()


def test_a_session_that_goes_after_it_was_let_in_is_refused(company):
    """Whatever is looked up of it, and of its contact, from then on."""
    guest = quiet_guest(company)
    let_in = guest.visitor
    Tenant.objects.update(guest_retention_days=30)
    actions.prune_guests()
    assert not Visit.objects.exists()
    with pytest.raises(Unauthenticated):
        _ = let_in.visit
    with pytest.raises(Unauthenticated):
        actions.reset_device(by=let_in, device_id=device_id(), page=Page())
    for ask in (queries.visitor_snapshot, streams.contact_stream):
        with pytest.raises(Unauthenticated):
            ask(let_in.contact)


@pytest.mark.parametrize("is_guest", [False, True], ids=["new browser", "guest"])
def test_s61_signing_in_while_the_user_is_erased_writes_nothing_back(company, is_guest):
    """The erasure is committed between the look and the lock: the user's id is nobody's any more."""
    user = company.known("grace", "Here before", name="Grace").contact
    assert user.verified["name"] == "Grace"
    browser = company.browser()
    if is_guest:
        browser.start("Hello")
    token = proof(company, "grace", name="Grace")

    def erase():
        return actions.erase_contact(by=company.ada, contact_id=user.id)

    with meanwhile(erase, at=locks_contacts, until=has_ended):
        answer = browser.identify(token)
    # On SQLite the erasure comes after the sign-in, and then perhaps before its answer is put together.
    assert answer.status_code in ({200, 401} if is_sqlite() else {200})
    user.refresh_from_db()
    assert user.erased_at
    assert (user.type, user.external_id, user.name, user.verified, user.words) == ("anonymous", None, "", {}, "")
    assert not Device.objects.filter(user=user).exists()
    assert_streams_have_no_holes()
    again = browser.reload(identity={"token": token})["contact"]
    assert (again["id"], again["name"]) != (str(user.id), "")
    assert Contact.objects.get(type="user").external_id == "grace"


@pytest.mark.parametrize("repetition", range(repetitions(small=2, full=20)))
def test_a_wipe_of_a_company_in_use_fails_nowhere(company, repetition):
    for number in range(6):
        quiet_guest(company, f"Old {number}")
    browsers = [company.browser() for _ in range(5)]

    def act(i):
        if i == 0:
            return actions.wipe_chat_data(company.tenant)
        return [write(browsers[i - 1], turn) for turn in range(6)]

    counts, *answers = race(6, act)
    assert counts["contacts"] >= 6, "besides those who had already begun when it looked"
    assert {status for of_one in answers for status in of_one} <= {200, 201, 401, 404}
    for stream in Stream.objects.all():
        kept = list(Event.objects.filter(stream=stream).order_by("seq").values_list("seq", flat=True))
        assert kept == list(range(stream.min_seq + 1, stream.head_seq + 1)), "of whoever came meanwhile it is whole"
    actions.wipe_chat_data(company.tenant)
    assert not Contact.objects.exists()
    assert not Device.objects.exists()


def write(browser, turn):
    """Begin or go on; a session that was removed is followed by another."""
    if turn % 3 == 0:
        return browser.tab().load().status_code
    body = {"message": {"client_message_id": str(uuid.uuid4()), "body": f"Turn {turn}"}}
    answer = browser.post("conversations", body)
    if answer.status_code == 401:
        browser.bearer = ""
        browser.load()
    return answer.status_code
