"""Waiting in an event loop for a condition, never for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import psutil

_LOOK_EVERY_S = 0.02
_CALM_FOR_S, _CALM_SHARE = 0.3, 0.1


async def until(condition: Callable[[], bool], what: str, within_s: float) -> None:
    """Return when the condition holds; AssertionError naming `what` after `within_s` seconds without."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {within_s:g} s in vain for {what}.")
        await asyncio.sleep(_LOOK_EVERY_S)


async def until_calm(pid: int, within_s: float = 60) -> None:
    """Return when the process has finished what it was given: it hardly uses the processor for a moment.

    Counted in time of the processor, so that a machine busy with something else makes nobody look calm.
    """
    seen = [0.0, 0.0]

    def is_calm() -> bool:
        now, used = time.monotonic(), processor_seconds(pid)
        if now - seen[0] < _CALM_FOR_S:
            return False
        is_so = used - seen[1] < _CALM_SHARE * (now - seen[0])
        seen[:] = now, used
        return is_so

    await until(is_calm, "the server to be calm", within_s)


def processor_seconds(pid: int) -> float:
    """How much time of the processor the process has used since it began."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)
