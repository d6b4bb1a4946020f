"""Keyset pages: a cursor is the sort key of the last row, never an offset, so every page costs the same."""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from .errors import DomainError
from .models import Conversation, Message


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


def by_activity(rows: QuerySet[Conversation], cursor: str | None, limit: int) -> Page:
    at, last_id = decode(cursor)
    if at:
        rows = rows.filter(Q(last_message_at__lt=at) | Q(last_message_at=at, id__lt=last_id))
    found = list(rows.order_by("-last_message_at", "-id")[: limit + 1])
    next_ = encode(found[limit - 1].last_message_at, found[limit - 1].id) if len(found) > limit else None
    return Page(found[:limit], next_)


def encode(at: datetime | None, row_id: uuid.UUID) -> str | None:
    if at is None:
        return None
    return base64.urlsafe_b64encode(json.dumps([at.isoformat(), str(row_id)]).encode()).decode().rstrip("=")


def decode(cursor: str | None) -> tuple[datetime | None, uuid.UUID | None]:
    """Return the sort key in a page cursor. Raises BadCursor for one that we did not make."""
    if not cursor:
        return None, None
    try:
        at, row_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        parsed = datetime.fromisoformat(at)
        if parsed.tzinfo is None:
            raise BadCursor()
        return parsed, uuid.UUID(row_id)
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise BadCursor() from error
