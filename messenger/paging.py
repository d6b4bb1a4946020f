"""Keyset pages: a cursor is the sort key of the last row, never an offset, so every page costs the same."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from .errors import DomainError
from .models import Message
from .traits import is_plain

T = TypeVar("T", bound=Model)
# What a door accepts: the cursor of the longest name in the letters that take most, and some.
MOST_CURSOR = 2000
# How the cursor of those who come after the first ones begins; no other one does.
_OTHERS = "~"


class BadCursor(DomainError):
    """A page cursor that this server did not make."""

    status = 400
    code = "invalid_cursor"
    detail = "This page cursor is not valid."


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list and the cursor of the next one, null at the end."""

    items: list[Any]
    next: str | None


def walk(
    rows: QuerySet[Message], order: str, before: int | None, after: int | None, limit: int
) -> tuple[list[Message], bool]:
    """Return parts oldest first and whether there are more in the direction of the walk: onward with `after`."""
    if before is not None:
        rows = rows.filter(**{f"{order}__lt": before})
    if after is not None:
        found = list(rows.filter(**{f"{order}__gt": after}).order_by(order)[: limit + 1])
        return found[:limit], len(found) > limit
    found = list(rows.order_by(f"-{order}")[: limit + 1])
    return found[:limit][::-1], len(found) > limit


def newest_first(rows: QuerySet[T], field: str, cursor: str | None, limit: int) -> Page:
    """Return a page of rows by a time, newest first, the id settling ties. Raises BadCursor."""
    found = list(onward(rows, field, cursor).order_by(f"-{field}", "-id")[: limit + 1])
    return Page(found[:limit], _encode(found[limit - 1], field) if len(found) > limit else None)


def onward(rows: QuerySet[T], field: str, cursor: str | None) -> QuerySet[T]:
    """Return the rows of the pages by a time, newest first, that come after a cursor. Raises BadCursor."""
    at, last_id = _decode(cursor)
    return rows if at is None or last_id is None else older(rows, field, (at, last_id))


def older(rows: QuerySet[T], field: str, than: tuple[datetime, uuid.UUID] | None) -> QuerySet[T]:
    """Return the rows that come after a time and an id in the same order; all, when there is none to come after."""
    if than is None:
        return rows
    at, last_id = than
    after = Q(**{f"{field}__lt": at}) | Q(**{field: at, "id__lt": last_id})
    # The bound says nothing new, but an index can use it, which it cannot with the alternative alone.
    return rows.filter(after, **{f"{field}__lte": at})


def longest_waiting_first(rows: QuerySet[T], cursor: str | None, limit: int) -> Page:
    """Return a page of conversations: those that wait, the longest first, then the others, newest first.

    Each part is a walk along an index of its own; a page on the border of the two takes both. Raises BadCursor.
    """
    waiting, others = rows.filter(waiting_since__isnull=False), rows.filter(waiting_since=None)
    first, then = partial(_oldest_first, waiting, "waiting_since"), partial(newest_first, others, "last_message_at")
    return _in_turn(first, then, cursor, limit)


def one_after_the_other(
    first: tuple[QuerySet[T], str], others: tuple[QuerySet[T], str], cursor: str | None, limit: int
) -> Page:
    """Return a page of some rows, then of others, each newest first by a field of its own. Raises BadCursor."""
    return _in_turn(partial(newest_first, *first), partial(newest_first, *others), cursor, limit)


def talked_first(rows: QuerySet[T], cursor: str | None, limit: int, newest: Callable[..., Page] = newest_first) -> Page:
    """Return a page of contacts: who talked last first, then who never did, newest first. Raises BadCursor.

    `newest` pages each of the two as `newest_first` does, and may leave some out.
    """
    talked, silent = rows.filter(last_message_at__isnull=False), rows.filter(last_message_at=None)
    first, then = partial(newest, talked, "last_message_at"), partial(newest, silent, "created_at")
    return _in_turn(first, then, cursor, limit)


_Pager = Callable[[str | None, int], Page]


def _in_turn(first: _Pager, others: _Pager, cursor: str | None, limit: int) -> Page:
    """A page of the first ones, then of the others; on the border some of both."""
    if cursor and cursor.startswith(_OTHERS):
        return _marked(others(cursor[1:], limit))
    page = first(cursor, limit)
    missing = limit - len(page.items)
    if page.next or not missing:
        return Page(page.items, page.next or (_OTHERS if others(None, 1).items else None))
    rest = _marked(others(None, missing))
    return Page([*page.items, *rest.items], rest.next)


def alphabetical(rows: QuerySet[T], field: str, cursor: str | None, limit: int) -> Page:
    """Return a page of rows by a text, the id settling ties. Raises BadCursor."""
    text, last_id = _decode_key(cursor)
    if text is not None:
        later = Q(**{f"{field}__gt": text}) | Q(**{field: text, "id__gt": last_id})
        rows = rows.filter(later, **{f"{field}__gte": text})
    found = list(rows.order_by(field, "id")[: limit + 1])
    return Page(found[:limit], _encode(found[limit - 1], field) if len(found) > limit else None)


def _marked(page: Page) -> Page:
    return Page(page.items, f"{_OTHERS}{page.next}" if page.next else None)


def _oldest_first(rows: QuerySet[T], field: str, cursor: str | None, limit: int) -> Page:
    at, last_id = _decode(cursor)
    if at is not None:
        later = Q(**{f"{field}__gt": at}) | Q(**{field: at, "id__gt": last_id})
        rows = rows.filter(later, **{f"{field}__gte": at})
    found = list(rows.order_by(field, "id")[: limit + 1])
    return Page(found[:limit], _encode(found[limit - 1], field) if len(found) > limit else None)


def _encode(row: Any, field: str) -> str:
    value = getattr(row, field)
    key = json.dumps([value.isoformat() if isinstance(value, datetime) else value, str(row.id)], ensure_ascii=False)
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _decode(cursor: str | None) -> tuple[datetime | None, uuid.UUID | None]:
    """Return the sort key in a page cursor. Raises BadCursor for one that we did not make."""
    text, row_id = _decode_key(cursor)
    if text is None:
        return None, None
    try:
        parsed = datetime.fromisoformat(text)
        if parsed.tzinfo is None:
            raise BadCursor()
        return parsed.astimezone(UTC), row_id
    except (ValueError, OverflowError) as error:
        raise BadCursor() from error


def _decode_key(cursor: str | None) -> tuple[str | None, uuid.UUID | None]:
    """Return the text and the id in a page cursor. Raises BadCursor."""
    if not cursor:
        return None, None
    try:
        text, row_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(text, str) or not is_plain(text):
            raise BadCursor()
        return text, uuid.UUID(row_id)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise BadCursor() from error
