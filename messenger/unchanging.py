"""The audit log is written once: triggers of the database refuse to change or remove a line, whoever asks.

PostgreSQL has them from its first migration on. SQLite loses them with every change of the table.
"""

from __future__ import annotations

from typing import Any

TABLE = "messenger_auditentry"
_SQLITE = {
    event: (
        f"CREATE TRIGGER IF NOT EXISTS {TABLE}_no_{event} BEFORE {event} ON {TABLE}"
        f" BEGIN SELECT RAISE(ABORT, 'the audit log is written once'); END"
    )
    for event in ("update", "delete")
}


def keep_again(connection: Any) -> None:
    """Make the triggers where there are none: SQLite remakes a table, and they go with the old one."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for statement in _SQLITE.values():
                cursor.execute(statement)


def emptied(statements: list[str], vendor: str) -> list[str]:
    """Return the statements by which a test empties the tables, with the triggers out of their way meanwhile."""
    if vendor == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {TABLE}_no_delete;", *statements, f"{_SQLITE['delete']};"]
    switch = f"ALTER TABLE {TABLE} {{}} TRIGGER {TABLE}_no_truncate;"
    return [switch.format("DISABLE"), *statements, switch.format("ENABLE")]
