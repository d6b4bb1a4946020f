"""What everybody saw, generated once for all tests that look at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction

from messenger.models import Tenant

from . import people_deeds, thread_deeds  # noqa: F401  Their deeds are kept in DEEDS.
from .deeds import DEEDS, Seen, outsiders_of, watch
from .stage import set_stage


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


@contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
