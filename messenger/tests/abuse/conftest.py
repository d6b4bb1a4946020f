"""Limits, which the tests of everything else run without."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.test import override_settings

from messenger import limits


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The time `s` of the counters in this process, in seconds. It stands still until a test adds to it."""
    # The same in every run: at other times, sums of a fifth of a second are rounded to one more or less.
    now = SimpleNamespace(s=1_000_000.0)
    monkeypatch.setattr("throttled.utils.now_mono_f", lambda: now.s)
    return now


@pytest.fixture
def limited() -> Iterator[None]:
    """Limits as they are by default, and nothing used up yet."""
    limits.forget()
    with override_settings(RATE_LIMITS=1.0):
        yield
    limits.forget()


@pytest.fixture
def tight(limited: None) -> Iterator[None]:
    """A tenth of every quota: 3 devices or conversations, 2 failed proofs, 6 messages, 30 look-ups a minute."""
    with override_settings(RATE_LIMITS=0.1):
        yield
