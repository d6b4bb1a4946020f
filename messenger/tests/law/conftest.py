"""What everybody saw, generated once for all tests that look at it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import transaction

from curbe.testing.scale import repetitions
from messenger.models import Tenant

from . import (  # noqa: F401  Their deeds are kept in DEEDS.
    assistant_deeds,
    contact_deeds,
    correcting_deeds,
    life_deeds,
    people_deeds,
    teamwork_deeds,
    thread_deeds,
)
from .deeds import DEEDS, Seen, outsiders_of, watch
from .histories import History, play_history
from .schedules import Schedule, schedules_of
from .stage import set_stage
from .vectors import as_json
from .witnesses import Vector

STEPS = 20


@pytest.fixture(scope="session")
def seen(django_db_setup, django_db_blocker) -> dict[str, Seen]:
    """Every deed, played and watched; nothing of it stays in the database."""
    with django_db_blocker.unblock():
        return {name: one for policy in Tenant.ThreadPolicy.values for name, one in _played(policy).items()}


def _played(policy: str) -> dict[str, Seen]:
    with taken_back():
        stage = set_stage(policy)
        found, outsiders = {}, outsiders_of(stage)
        for deed in DEEDS:
            if deed.policy == policy:
                with taken_back():
                    found[deed.name] = watch(deed, stage.again(), outsiders)
        return found


@pytest.fixture(scope="session")
def histories(django_db_setup, django_db_blocker) -> list[History]:
    """Random histories, each of which two witnesses recorded."""
    found = []
    with django_db_blocker.unblock():
        for seed in range(repetitions(small=4, full=12)):
            with taken_back():
                found += play_history(set_stage(Tenant.ThreadPolicy.CONVERSATIONS), seed, STEPS)
    return found


@pytest.fixture(scope="session")
def vectors(seen: dict[str, Seen], histories: list[History]) -> list[Vector]:
    """Those of every deed, and those of every stretch of a history."""
    of_deeds = [vector for one in seen.values() for vector in one.vectors]
    stretches = [(first, min(first + 5, STEPS)) for first in range(0, STEPS, 3)] + [(0, STEPS)]
    return of_deeds + [history.vector(*one) for history in histories for one in stretches]


@pytest.fixture(scope="session")
def schedules(histories: list[History]) -> list[Schedule]:
    return list(schedules_of(histories, repetitions(small=1_000, full=10_000), seed=4))


@pytest.fixture(scope="session")
def folder(
    vectors: list[Vector],
    histories: list[History],
    schedules: list[Schedule],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """All of it as lines of JSON, for the reducer in JavaScript."""
    found = tmp_path_factory.mktemp("law")
    for name, rows in {
        "vectors": [as_json(one) for one in vectors],
        "histories": [one.as_json() for one in histories],
        "schedules": schedules,
    }.items():
        (found / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return found


@contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
