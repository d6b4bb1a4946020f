"""Waiting for a condition, never for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from playwright.sync_api import Page

T = TypeVar("T")
_POLL_SECONDS = 0.02
# For what a test asks of a server itself, which other tests keep busy meanwhile.
SERVED_WITHIN_S = 20


def wait_for(condition: Callable[[], T], what: str, timeout: float = 10) -> T:
    """The first true answer of `condition`; AssertionError naming `what` after `timeout` seconds without one."""
    deadline = time.monotonic() + timeout
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {timeout:g} s in vain for {what}.")
        time.sleep(_POLL_SECONDS)
    return answer


def hear(page: Page, condition: Callable[[], T], what: str, timeout: float = 10) -> T:
    """The same of what a page tells by its events: a test hears of them only while it waits for the page."""

    def heard() -> T:
        page.wait_for_timeout(_POLL_SECONDS * 1000)
        return condition()

    return wait_for(heard, what, timeout)
