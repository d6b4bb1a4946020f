"""Indexes that are made while others write: waited for as long as it takes, and made again after a failure."""

from __future__ import annotations

import threading

import pytest
from django.apps import apps
from django.db import IntegrityError, OperationalError, connection, connections, models, transaction
from django.db.migrations import AddIndex, state
from django.db.models import Q

from curbe.testing.waiting import wait_for
from messenger.models import Tag
from messenger.online import AddIndexOnline, AddUniqueOnline

pytestmark = pytest.mark.django_db(transaction=True)

INDEX = models.Index(fields=["tenant", "colour"], name="tag_probe")
UNIQUE = models.UniqueConstraint(fields=["tenant", "colour"], condition=Q(colour="red"), name="tag_probe_once")
KINDS = [AddIndexOnline(model_name="tag", index=INDEX), AddUniqueOnline(model_name="tag", constraint=UNIQUE)]


def run(operation):
    before = state.ProjectState.from_apps(apps)
    after = before.clone()
    operation.state_forwards("messenger", after)
    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("messenger", editor, before, after)
    return before, after


def undo(operation, before, after):
    with connection.schema_editor(atomic=False) as editor:
        operation.database_backwards("messenger", editor, after, before)


def indexes():
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, Tag._meta.db_table))


def ask(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None


@pytest.mark.parametrize("operation", KINDS, ids=["index", "unique"])
def test_it_is_made_and_can_be_made_again(operation):
    name = "tag_probe" if operation is KINDS[0] else "tag_probe_once"
    assert name not in indexes()
    states = run(operation)
    assert name in indexes()
    if connection.vendor == "postgresql":
        before = ask("SHOW lock_timeout")
        run(operation)
        assert (name in indexes(), ask("SHOW lock_timeout")) == (True, before)
    undo(operation, *states)
    assert name not in indexes()


def test_what_is_there_twice_is_told_and_tried_again(harbor):
    rows = [Tag.objects.create(tenant=harbor.tenant, name=name, key=name, colour="red") for name in ("a", "b")]
    with pytest.raises(IntegrityError):
        run(KINDS[1])
    rows[0].delete()
    undo(KINDS[1], *run(KINDS[1]))


@pytest.mark.parametrize("operation", KINDS, ids=["index", "unique"])
def test_whoever_writes_is_waited_for(harbor, operation):
    if connection.vendor != "postgresql":
        return  # SQLite has one writer at a time, and no locks of tables.
    usual = ask("SHOW lock_timeout")
    ask("SET lock_timeout = '50ms'")
    try:
        with pytest.raises(OperationalError, match="lock timeout"):  # The control.
            waiting_for_a_writer(harbor, lambda: run(AddIndex(model_name="tag", index=INDEX)), until=lambda: False)
        states = waiting_for_a_writer(harbor, lambda: run(operation))
        assert ask("SHOW lock_timeout") == "50ms"
        undo(operation, *states)
    finally:
        ask(f"SET lock_timeout = '{usual}'")


def waiting_for_a_writer(company, make, until=lambda: is_waited_for()):
    """Make it while somebody has written to the table, who ends when they have been waited for, or it is over."""
    has_written, made = threading.Event(), threading.Event()

    def hold():
        try:
            with transaction.atomic():
                Tag.objects.create(tenant=company.tenant, name="x", key="x")
                has_written.set()
                wait_for(lambda: made.is_set() or until(), "the index to wait", 20)
                transaction.set_rollback(True)
        finally:
            connections.close_all()

    writer = threading.Thread(target=hold, daemon=True)
    writer.start()
    assert has_written.wait(20)
    try:
        return make()
    finally:
        made.set()
        writer.join(20)


def is_waited_for():
    """Whether somebody has waited longer than the usual limit for a lock."""
    waits = (
        "SELECT COUNT(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE datname = current_database() "
        "AND NOT granted AND waitstart < clock_timestamp() - interval '200 ms'"
    )
    return ask(waits) > 0
