"""Changes of large tables that make nobody wait who writes to them: for migrations that are not atomic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class AddIndexOnline(migrations.AddIndex):
    """Add an index while others write, where the database can (PostgreSQL). It can be run again."""

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model: Any = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            with _in_no_hurry(schema_editor, self.index.name):
                schema_editor.add_index(model, self.index, concurrently=True)  # type: ignore[call-arg]


class AddUniqueOnline(migrations.AddConstraint):
    """Add a unique constraint with a condition, which is an index, while others write. It can be run again."""

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model: Any = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            plain, index = str(self.constraint.create_sql(model, schema_editor)), "CREATE UNIQUE INDEX "
            if not plain.startswith(index):
                raise ValueError(f"{self.constraint.name} has no condition: PostgreSQL makes no index of it.")
            with _in_no_hurry(schema_editor, self.constraint.name):
                schema_editor.execute(plain.replace(index, f"{index}CONCURRENTLY ", 1), None)


@contextmanager
def _in_no_hurry(schema_editor: BaseDatabaseSchemaEditor, name: str) -> Iterator[None]:
    """Make room for an index, and let its making wait for whoever writes, as long as they take.

    An attempt that was cut off leaves half an index of the name behind, which nobody could use. On PostgreSQL only.
    """
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        (usual,) = cursor.fetchone()
    schema_editor.execute("SET lock_timeout = 0")
    try:
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(name)}")
        yield
    finally:
        schema_editor.execute(f"SET lock_timeout = '{usual}'")
