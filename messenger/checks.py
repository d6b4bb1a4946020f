"""System checks: settings that would break a promise fail loudly, with the remedy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections


@register(Tags.database)
def durable_commits(databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """An acknowledged message must survive a crash (I1): PostgreSQL has to commit synchronously."""
    return [message for alias in databases or () for message in _durability_of(alias)]


def _durability_of(alias: str) -> list[CheckMessage]:
    connection = connections[alias]
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        row = cursor.fetchone()
    if row and row[0] != "off":
        return []
    return [
        Error(
            "PostgreSQL runs with synchronous_commit off: an acknowledged message could be lost.",
            hint="Set synchronous_commit = on for this database or role.",
            id="messenger.E001",
        )
    ]
