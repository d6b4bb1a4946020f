"""Asking the indexes of words: which rows of a tenant have all of them. `wordtables` says what the indexes are."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models.expressions import RawSQL

from .wordtables import VECTOR, has_full_text

# (time, id): where a list sorted by both goes on.
Place = tuple[datetime, uuid.UUID]


class Candidate(NamedTuple):
    """A row with the words that were asked for, and all the words that it has."""

    at: datetime
    id: uuid.UUID
    words: str


# So many of the newest messages are looked at one by one, which is sooner done than asking the index for a word that is
# in more than every fiftieth of them.
_LOOKED_AT = 5_000
_COLUMNS = "created_at, id, words"


class Wanted(NamedTuple):
    """How many rows: at most `most`, but `enough` will do, as long as they go down to a place."""

    most: int
    enough: int
    down_to: Place | None = None


def ids_with(name: str, tenant_id: uuid.UUID, asked: Sequence[str], *, all_begin: bool) -> RawSQL:
    """The ids of the tenant's rows with all the words, as a subquery; `name` is contact, conversation or message.

    The last word may be the beginning of one; with `all_begin` every word may.
    """
    sql, values = _rows_with(name, tenant_id, asked, all_begin)
    return RawSQL(sql, values)  # noqa: S611  Only constants of this file are pasted into it.


def newest_with(
    tenant_id: uuid.UUID, asked: Sequence[str], wanted: Wanted, older_than: Place | None
) -> tuple[list[Candidate], bool]:
    """Return the tenant's newest messages and notes with all the words, newest first, and whether there may be more."""
    found = _among_the_newest(tenant_id, asked, older_than, wanted.most)
    if len(found) == wanted.most:
        return found, True
    if not _has_more_than_were_looked_at(tenant_id, older_than):
        return found, False
    if len(found) >= wanted.enough and (wanted.down_to is None or found[-1][:2] <= wanted.down_to):
        return found, True
    found = _by_the_index(tenant_id, asked, older_than, wanted.most)
    return found, len(found) == wanted.most


def _among_the_newest(
    tenant_id: uuid.UUID, asked: Sequence[str], older_than: Place | None, most: int
) -> list[Candidate]:
    older, place = _older(older_than)
    holds, patterns = _holds(asked, all_begin=False)
    sql = (
        f"SELECT {_COLUMNS} FROM (SELECT {_COLUMNS} FROM messenger_message"
        f" WHERE tenant_id = %s AND NOT (kind = 'event') AND deleted_at IS NULL{older}"
        " ORDER BY created_at DESC, id DESC LIMIT %s) AS newest"
        f" WHERE {holds} ORDER BY created_at DESC, id DESC LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [_adapted(tenant_id), *place, _LOOKED_AT, *patterns, most])
        return [_candidate(*row) for row in cursor.fetchall()]


def _has_more_than_were_looked_at(tenant_id: uuid.UUID, older_than: Place | None) -> bool:
    older, place = _older(older_than)
    sql = (
        f"SELECT 1 FROM messenger_message WHERE tenant_id = %s AND NOT (kind = 'event'){older}"
        " ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [_adapted(tenant_id), *place, _LOOKED_AT])
        return cursor.fetchone() is not None


def _by_the_index(tenant_id: uuid.UUID, asked: Sequence[str], older_than: Place | None, most: int) -> list[Candidate]:
    older, place = _older(older_than)
    found, values = _rows_with(
        "message", tenant_id, asked, all_begin=False, columns=f"{_COLUMNS}, tenant_id, deleted_at"
    )
    kept = "MATERIALIZED" if connection.vendor == "postgresql" else ""
    sql = (
        f"WITH found AS {kept} ({found}) SELECT {_COLUMNS} FROM found"
        f" WHERE tenant_id = %s AND deleted_at IS NULL{older} ORDER BY created_at DESC, id DESC LIMIT %s"
    )
    with transaction.atomic(), connection.cursor() as cursor:
        _insist_on_the_index(cursor)
        cursor.execute(sql, [*values, _adapted(tenant_id), *place, most])
        return [_candidate(*row) for row in cursor.fetchall()]


def _insist_on_the_index(cursor: Any) -> None:
    """The planner takes the vector for free, and would make it of every row rather than look into the index."""
    if connection.vendor == "postgresql":
        cursor.execute("SELECT set_config('enable_seqscan', 'off', true), set_config('enable_indexscan', 'off', true)")


def _rows_with(
    name: str, tenant_id: uuid.UUID, asked: Sequence[str], all_begin: bool, columns: str = "id"
) -> tuple[str, list[Any]]:
    rows = f"SELECT {columns} FROM messenger_{name}"
    if connection.vendor == "postgresql":
        some = "" if name == "message" else "words <> '' AND "
        return f"{rows} WHERE {some}{VECTOR} @@ %s::tsquery", [_question(tenant_id, asked, all_begin)]
    if has_full_text():
        place = f"SELECT id FROM {name}_words JOIN {name}_words_place ON place = {name}_words.rowid"
        return f"{rows} WHERE id IN ({place} WHERE {name}_words MATCH %s)", [_question(tenant_id, asked, all_begin)]
    holds, patterns = _holds(asked, all_begin)
    return f"{rows} WHERE tenant_id = %s AND {holds}", [_adapted(tenant_id), *patterns]


def _question(tenant_id: uuid.UUID, asked: Sequence[str], all_begin: bool) -> str:
    """The words as the index is asked for them. They are letters and digits alone, so there is nothing to escape."""
    quote, begins, both = ("'", ":*", " & ") if connection.vendor == "postgresql" else ('"', "*", " AND ")
    last = len(asked) - 1
    return both.join(
        f"{quote}{tenant_id.hex}{word}{quote}{begins if all_begin or i == last else ''}" for i, word in enumerate(asked)
    )


def _holds(asked: Sequence[str], all_begin: bool) -> tuple[str, list[str]]:
    """The same as a condition on a row's own words."""
    last = len(asked) - 1
    patterns = [f"% {word}%" if all_begin or i == last else f"% {word} %" for i, word in enumerate(asked)]
    return " AND ".join(["words || ' ' LIKE %s"] * len(asked)), patterns


def _older(than: Place | None) -> tuple[str, list[Any]]:
    if than is None:
        return "", []
    at, row_id = than
    return " AND (created_at, id) < (%s, %s)", [connection.ops.adapt_datetimefield_value(at), _adapted(row_id)]


def _adapted(row_id: uuid.UUID) -> Any:
    """An id as a parameter: SQLite knows no UUIDs."""
    return row_id if connection.vendor == "postgresql" else row_id.hex


def _candidate(at: Any, row_id: Any, words: str) -> Candidate:
    if connection.vendor == "postgresql":
        return Candidate(at, row_id, words)
    moment = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return Candidate(moment.replace(tzinfo=UTC), uuid.UUID(row_id), words)  # What SQLite keeps is in UTC.
