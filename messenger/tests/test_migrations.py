"""The first migration stands for the 25 that made the same tables: where those were applied, nothing is left to do."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection
from django.db.migrations.exceptions import NodeNotFoundError
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import StateApps

from messenger.models import Message

pytestmark = pytest.mark.django_db

FIRST = "0001_squashed_0025_replies_say_something"
REPLACED = [name for _, name in MigrationLoader(None).disk_migrations["messenger", FIRST].replaces]


@pytest.fixture
def recorder():
    """Of a database that the 25 made: the one that stands for them is not recorded."""
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied("messenger", FIRST)
    return recorder


def test_a_database_that_the_25_made_goes_on(recorder, chat):
    assert {("messenger", name) for name in REPLACED} <= set(recorder.applied_migrations())
    before, rows = tables(), set(recorder.applied_migrations())
    call_command("migrate", verbosity=0)
    assert tables() == before
    assert set(recorder.applied_migrations()) - rows == {("messenger", FIRST)}
    assert Message.objects.filter(conversation_id=chat["conversation"]["id"]).exists()


def test_it_stands_for_all_of_them_or_for_none(recorder):
    assert (len(REPLACED), REPLACED[-1]) == (25, "0025_replies_say_something")
    assert is_applied()
    recorder.record_unapplied("messenger", REPLACED[-1])
    assert not is_applied()


def test_whoever_starts_with_tables_from_before_is_told_what_to_do(recorder):
    recorder.record_unapplied("messenger", REPLACED[-1])
    before = tables()
    with pytest.raises(CommandError, match="make reset"):
        call_command("serve", "--setup")
    assert tables() == before


def test_other_apps_may_be_migrated_first():
    """After which nothing is to be searched yet."""
    emit_post_migrate_signal(0, interactive=False, db="default", apps=StateApps([], {}))


def is_applied():
    try:
        return ("messenger", FIRST) in MigrationLoader(connection).applied_migrations
    except NodeNotFoundError:
        return False  # Handled: a later migration misses those which have gone.


def tables():
    """Every table, index and trigger with where it begins, which is elsewhere once it has been made anew."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, rootpage, sql FROM sqlite_master")
        else:
            cursor.execute("SELECT relname, oid, relfilenode FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        return set(cursor.fetchall())
