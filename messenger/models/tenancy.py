"""What every row shares: a time-ordered key, a tenant, and references that cannot leave it."""

from __future__ import annotations

import uuid
from typing import Any

import uuid_utils.compat
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement
from django.utils.translation import gettext_lazy as _


def new_id() -> uuid.UUID:
    """Return a UUIDv7 (RFC 9562): unique, and ordered by the millisecond it was made in."""
    return uuid_utils.compat.uuid7()


class TenantKey(models.ForeignKey[Any, Any]):
    """A reference inside one tenant. Pair it with a `TenantReference`, which is the database's own check.

    The single-column constraint and index of a plain foreign key are left out: the composite key implies the first,
    and every query of ours leads with the tenant, which the second does not.
    """

    def __init__(self, to: Any, on_delete: Any = None, **kwargs: Any) -> None:
        kwargs.setdefault("db_constraint", False)
        kwargs.setdefault("db_index", False)
        # An optional reference is context: what it points at may go without taking the row along.
        on_delete = on_delete or (models.SET_NULL if kwargs.get("null") else models.CASCADE)
        super().__init__(to, on_delete, **kwargs)


class TenantOneToOne(models.OneToOneField[Any, Any]):
    """A `TenantKey` that at most one row holds."""

    def __init__(self, to: Any, on_delete: Any = models.CASCADE, **kwargs: Any) -> None:
        kwargs.setdefault("db_constraint", False)
        super().__init__(to, on_delete, **kwargs)


class TenantReference(models.BaseConstraint):
    """`FOREIGN KEY (tenant_id, <field>) REFERENCES <parent> (tenant_id, id)`: no row points at another tenant's row.

    SQLite takes it inline, so it survives table remakes; PostgreSQL gets an ALTER TABLE after all tables exist.
    A null reference is not checked (MATCH SIMPLE).
    """

    violation_error_message = _("This belongs to another tenant.")

    def __init__(self, *, field: str, name: str) -> None:
        super().__init__(name=name)
        self.field = field

    def constraint_sql(self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor) -> str | None:  # type: ignore[override]
        if schema_editor.connection.vendor == "sqlite":
            return f"CONSTRAINT {schema_editor.quote_name(self.name)} {self._definition(model, schema_editor)}"
        self.create_sql(model, schema_editor)
        return None

    def create_sql(self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor) -> str:  # type: ignore[override]
        """Put the statement off to the end of the migration: the parent's `UNIQUE (tenant, id)` may come later.

        Nothing is left to do now. That is no None: where columns have defaults Django defers what it is given here.
        """
        schema_editor.deferred_sql.append(self._add_statement(model, schema_editor))
        return ""

    def remove_sql(self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor) -> Statement:  # type: ignore[override]
        table, name = schema_editor.quote_name(model._meta.db_table), schema_editor.quote_name(self.name)
        return Statement(f"ALTER TABLE {table} DROP CONSTRAINT {name}")

    def validate(
        self,
        model: type[models.Model],
        instance: Any,
        exclude: Any = None,
        using: str = DEFAULT_DB_ALIAS,
    ) -> None:
        """Raise ValidationError when the referenced row is of another tenant."""
        field: Any = model._meta.get_field(self.field)
        if exclude and (self.field in exclude or "tenant" in exclude):
            return
        target_id = getattr(instance, field.attname)
        parent = field.related_model
        if target_id is None or parent is None:
            return
        owner = {"pk": target_id, "tenant_id": instance.tenant_id}
        if not parent._default_manager.using(using).filter(**owner).exists():
            raise ValidationError({self.field: self.get_violation_error_message()}, code="other_tenant")

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "field": self.field}

    def __eq__(self, other: object) -> bool:
        if isinstance(other, TenantReference):
            return self.name == other.name and self.field == other.field
        return NotImplemented

    def __hash__(self) -> int:
        return hash((self.name, self.field))

    def _definition(self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor) -> str:
        field: Any = model._meta.get_field(self.field)
        quote = schema_editor.quote_name
        parent = quote(field.related_model._meta.db_table)
        return (
            f"FOREIGN KEY ({quote('tenant_id')}, {quote(field.column)}) "
            f"REFERENCES {parent} ({quote('tenant_id')}, {quote('id')}) DEFERRABLE INITIALLY IMMEDIATE"
        )

    def _add_statement(self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor) -> Statement:
        table, name = schema_editor.quote_name(model._meta.db_table), schema_editor.quote_name(self.name)
        return Statement(f"ALTER TABLE {table} ADD CONSTRAINT {name} {self._definition(model, schema_editor)}")


class TenantModel(models.Model):
    """A row of one tenant. `UNIQUE (tenant, id)` is what other rows' `TenantReference` points at."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No index of its own: every index that a query of ours uses leads with the tenant already.
    tenant = models.ForeignKey(
        "messenger.Tenant", models.CASCADE, related_name="+", db_index=False, verbose_name=_("tenant")
    )

    class Meta:
        abstract = True


def owned_once(model: str) -> models.UniqueConstraint:
    """The key `(tenant, id)` of a table that other rows of the tenant refer to."""
    return models.UniqueConstraint(fields=["tenant", "id"], name=f"{model}_tenant_id")


def one_of(field: str, choices: type[models.TextChoices], name: str) -> models.CheckConstraint:
    """The database accepts only the choices of the enumeration."""
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": choices.values}), name=name)
