"""The indexes behind every search: how they are made and kept, on both databases.

PostgreSQL has, from its first migration on, a GIN index over a text search vector of each row's words; SQLite a
full-text table (FTS5) that triggers keep in the transaction of the write. In both a word carries its tenant, so a
tenant's search touches nothing of anybody else's, whatever the others' volume. Both take a word as `messenger.words`
made it, with no rules of their own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from . import words

# What is searched, and how its words are made.
SEARCHED = {"contact": words.of_contact, "conversation": words.of_conversation, "message": words.of_message}
_BATCH = 500
# What the indexes of PostgreSQL are over: immutable functions alone.
VECTOR = "array_to_tsvector(string_to_array(ltrim(replace(words, ' ', ' ' || replace(tenant_id::text, '-', ''))), ' '))"


def fill_words(*models: Any) -> int:
    """Make the words of rows that have none yet, in batches, each its own transaction; return how many there were.

    Rows may change meanwhile: whoever changes one makes its words, and those stay.
    """
    return sum(_fill(model) for model in models)


def keep_indexes(connection: BaseDatabaseWrapper) -> None:
    """Make what is not there: on SQLite a change remakes a table, and its triggers go with the old one."""
    if connection.vendor != "sqlite" or not has_full_text():
        return
    for name in SEARCHED:
        if _count_triggers(connection, name) < len(_TRIGGERS):
            with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
                for statement in _remaking(name):
                    cursor.execute(statement)


def forget_removed() -> None:
    """Take out of the indexes what words leave behind that are no more: SQLite's keeps them until it is merged.

    It costs what the index is large, so it is for an erasure, and for nothing that happens every day.
    """
    if connection.vendor == "sqlite" and has_full_text():
        for name in SEARCHED:
            with connection.cursor() as cursor:
                cursor.execute(f"INSERT INTO {name}_words ({name}_words) VALUES ('optimize')")


@lru_cache(maxsize=1)
def has_full_text() -> bool:
    """Whether this Python's SQLite has FTS5. Without it words are looked for one row after the other."""
    try:
        sqlite3.connect(":memory:").execute("CREATE VIRTUAL TABLE probe USING fts5(words, content='')")
    except sqlite3.OperationalError:
        return False  # Handled: everything is found all the same, more slowly.
    return True


# A row's place is its number in the full-text table: the rowid of the row itself changes when its table is remade.
_ADD = (
    "INSERT INTO {name}_words_place (id) SELECT new.id WHERE new.words <> '';"
    "INSERT INTO {name}_words (rowid, words) SELECT place, replace(new.words, ' ', ' ' || new.tenant_id)"
    " FROM {name}_words_place WHERE id = new.id;"
)
_REMOVE = (
    "INSERT INTO {name}_words ({name}_words, rowid, words)"
    " SELECT 'delete', place, replace(old.words, ' ', ' ' || old.tenant_id)"
    " FROM {name}_words_place WHERE id = old.id;"
    "DELETE FROM {name}_words_place WHERE id = old.id;"
)
_TRIGGERS = {
    "insert": f"AFTER INSERT ON messenger_{{name}} WHEN new.words <> '' BEGIN {_ADD} END",
    "update": f"AFTER UPDATE OF words ON messenger_{{name}} WHEN old.words IS NOT new.words BEGIN {_REMOVE}{_ADD} END",
    "delete": f"AFTER DELETE ON messenger_{{name}} WHEN old.words <> '' BEGIN {_REMOVE} END",
}


def _remaking(name: str) -> Iterator[str]:
    """The triggers, and all that they would have kept: what has changed without them is seen now."""
    yield (
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {name}_words USING"
        " fts5(words, content='', detail=none, tokenize='unicode61 remove_diacritics 0')"
    )
    yield f"CREATE TABLE IF NOT EXISTS {name}_words_place (place INTEGER PRIMARY KEY, id CHAR(32) NOT NULL UNIQUE)"
    yield f"INSERT INTO {name}_words ({name}_words) VALUES ('delete-all')"
    yield f"DELETE FROM {name}_words_place"
    yield f"INSERT INTO {name}_words_place (id) SELECT id FROM messenger_{name} WHERE words <> '' ORDER BY id"
    yield (
        f"INSERT INTO {name}_words (rowid, words) SELECT place, replace(words, ' ', ' ' || tenant_id)"
        f" FROM {name}_words_place JOIN messenger_{name} USING (id) ORDER BY place"
    )
    for event, trigger in _TRIGGERS.items():
        yield f"DROP TRIGGER IF EXISTS {name}_words_{event}"
        yield f"CREATE TRIGGER {name}_words_{event} {trigger.format(name=name)}"


def _count_triggers(connection: BaseDatabaseWrapper, name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s AND name LIKE %s",
            [f"messenger_{name}", f"{name}_words_%"],
        )
        return int(cursor.fetchone()[0])


def _fill(model: Any) -> int:
    made, rows = 0, model.objects.filter(words=None).order_by("id")
    words_from, key = SEARCHED[model._meta.model_name], model._meta.pk
    sql = f"UPDATE {model._meta.db_table} SET words = %s WHERE id = %s AND words IS NULL"
    while batch := list(rows[:_BATCH]):
        values = [(words_from(row), key.get_db_prep_value(row.id, connection)) for row in batch]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(sql, values)
        made += len(batch)
    return made
