"""Thousands of rows of any model in a few statements: copies of one that exists, apart in whatever has to be unique.

The copies are as valid as their pattern, because the database checks them; their times lie a second apart, going back.
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from messenger.models import (
    Agent,
    Contact,
    Conversation,
    Device,
    IdentitySecret,
    Message,
    Team,
    Tenant,
    Turn,
    User,
    Visit,
    Widget,
    new_id,
)

Changes = Callable[[int], dict[str, Any]]
# What others need one each of comes before them.
FIRST: list[type[models.Model]] = [
    User,
    Tenant,
    Widget,
    Team,
    Agent,
    Contact,
    Device,
    Visit,
    Conversation,
    Message,
]
_BATCH = 2_000


def multiply(pattern: models.Model, number: int, changes: Changes = lambda i: {}) -> None:
    """Add so many copies of a row. `changes` says what else differs in the copy of that number."""
    model = type(pattern)
    fresh = {field.attname: _values_of(field, pattern, number) for field in _kept_apart(model)}
    for start in range(0, number, _BATCH):
        batch = [_copy(pattern, i, fresh, changes(i)) for i in range(start, min(start + _BATCH, number))]
        model._default_manager.bulk_create(batch)


def multiply_everything(all_models: list[type[models.Model]], tenant: Tenant, number: int) -> None:
    """So many more of each model, each like one that the tenant has."""
    for model in sorted(all_models, key=lambda one: FIRST.index(one) if one in FIRST else len(FIRST)):
        multiply(pattern_of(model, tenant), number, HABITS.get(model, lambda i: {}))


def pattern_of(model: type[models.Model], tenant: Tenant) -> models.Model:
    """The tenant's row that says most: AssertionError when it has none."""
    if model is Tenant:
        return tenant
    owner = {"memberships__tenant": tenant} if model is User else {"tenant": tenant}
    rows = list(model._default_manager.filter(**owner).order_by("pk"))
    assert rows, f"the fixtures leave no {model.__name__}"
    return max(rows, key=lambda row: sum(value is not None for value in row.__dict__.values()))


def _one_person(i: int) -> dict[str, Any]:
    """Nobody is possibly the same person as all the others."""
    return {"name": f"Person {i}", "email": f"{i}@crowd.example", "phone": "", "merged_into_id": None}


def _closed_now_and_then(i: int) -> dict[str, Any]:
    is_closed = i % 5 == 4
    return {"status": "closed" if is_closed else "open", "closed_at": timezone.now() if is_closed else None}


# What copies of these have to differ in, or to be.
HABITS: dict[type[models.Model], Changes] = {
    Contact: _one_person,
    Conversation: _closed_now_and_then,
    IdentitySecret: lambda i: {"retired_at": timezone.now(), "slot": 1},
    Turn: lambda i: {"asked_from": 1000 + i, "asked_to": 1000 + i, "message_id": None},
}


def _copy(pattern: models.Model, i: int, fresh: dict[str, list[Any]], changes: dict[str, Any]) -> Any:
    one = copy.copy(pattern)
    one._state = copy.copy(pattern._state)
    one.pk = new_id()
    for field in one._meta.concrete_fields:
        value = getattr(one, field.attname)
        if isinstance(field, models.DateTimeField) and value is not None:
            setattr(one, field.attname, value - timedelta(seconds=i + 1))
    for name, value in {**{name: values[i] for name, values in fresh.items()}, **changes}.items():
        setattr(one, name, value)
    return one


def _kept_apart(model: type[models.Model]) -> set[Any]:
    """A field of each uniqueness: one that takes any value, where there is one."""
    named = {field.name: field for field in model._meta.concrete_fields}
    groups = [[field] for field in named.values() if field.unique and not field.primary_key]
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            groups.append([named[name] for name in constraint.fields if name not in {"tenant", "id"}])
    return {min(group, key=_difficulty) for group in groups if group}


def _difficulty(field: Any) -> int:
    if field.is_relation:
        return 2
    return 1 if isinstance(field, models.CharField) and field.choices else 0


def _values_of(field: Any, pattern: models.Model, number: int) -> list[Any]:
    """That many different values, none of them in use."""
    if field.is_relation:
        return _parents_of(field, pattern, number)
    value = getattr(pattern, field.attname)
    if isinstance(field, models.IntegerField) and value is not None:
        value = type(pattern)._default_manager.aggregate(most=models.Max(field.attname))["most"]
    return [_other_than(field, value, i) for i in range(number)]


def _parents_of(field: Any, pattern: models.Model, number: int) -> list[Any]:
    """Rows of the crowd made last, so that nothing else refers to them; none where none need be given."""
    if getattr(pattern, field.attname) is None:
        return [None] * number
    parents = field.related_model._default_manager.order_by("-pk")
    if hasattr(field.related_model, "tenant"):
        parents = parents.filter(tenant_id=pattern.tenant_id)  # type: ignore[attr-defined]
    found = list(parents.values_list("pk", flat=True)[:number])
    assert len(found) == number, f"{type(pattern).__name__}: not enough of {field.name}"
    return found


def _other_than(field: Any, value: Any, i: int) -> Any:
    if value is None:
        return None
    if isinstance(field, models.UUIDField):
        return uuid.uuid4()
    if isinstance(field, models.IntegerField):
        return value + 1 + i
    return f"{i}-{uuid.uuid4().hex}"[: field.max_length]
