"""A clock that can be set, so that a week is played in seconds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.utils import timezone


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    """Let `django.utils.timezone.now` answer this moment: the one clock that rows and actions are stamped by.

    It is set for the whole process: for a command that does nothing else meanwhile, not for a server.
    """
    real = timezone.now
    timezone.now = lambda: moment
    try:
        yield
    finally:
        timezone.now = real
