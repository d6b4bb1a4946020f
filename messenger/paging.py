"""Keyset pages: a cursor is the sort key of the last row, never an offset, so every page costs the same."""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from .errors import DomainError
from .models import Message

T = TypeVar("T", bound=Model)


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
    """Return parts oldest first and whether there are more in the direction of the walk."""
    if after is not None:
        found = list(rows.filter(**{f"{order}__gt": after}).order_by(order)[: limit + 1])
        return found[:limit], len(found) > limit
    if before is not None:
        rows = rows.filter(**{f"{order}__lt": before})
    found = list(rows.order_by(f"-{order}")[: limit + 1])
    return found[:limit][::-1], len(found) > limit


def newest_first(rows: QuerySet[T], field: str, cursor: str | None, limit: int) -> Page:
    """Return a page of rows by a time, newest first, the id settling ties. Raises BadCursor."""
    at, last_id = _decode(cursor)
    if at is not None:
        older = Q(**{f"{field}__lt": at}) | Q(**{field: at, "id__lt": last_id})
        # The bound says nothing new, but an index can use it, which it cannot with the alternative alone.
        rows = rows.filter(older, **{f"{field}__lte": at})
    found = list(rows.order_by(f"-{field}", "-id")[: limit + 1])
    return Page(found[:limit], _encode(found[limit - 1], field) if len(found) > limit else None)


def _encode(row: Any, field: str) -> str:
    key = json.dumps([getattr(row, field).isoformat(), str(row.id)])
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _decode(cursor: str | None) -> tuple[datetime | None, uuid.UUID | None]:
    """Return the sort key in a page cursor. Raises BadCursor for one that we did not make."""
    if not cursor:
        return None, None
    try:
        at, row_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        parsed = datetime.fromisoformat(at)
        if parsed.tzinfo is None:
            raise BadCursor()
        return parsed.astimezone(UTC), uuid.UUID(row_id)
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error) as error:
        raise BadCursor() from error
