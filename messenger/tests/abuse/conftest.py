"""Limits, which the tests of everything else run without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import override_settings

from messenger import limits


@pytest.fixture
def limited() -> Iterator[None]:
    """Limits as they are by default, and nothing used up yet."""
    limits.forget()
    with override_settings(RATE_LIMITS=1.0):
        yield
    limits.forget()
