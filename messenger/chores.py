"""What has to be done because its time has come: by `serve` in its own event loop, and by `manage.py work`."""

from __future__ import annotations

import asyncio
import itertools
import threading

import structlog
from channels.db import database_sync_to_async
from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from . import actions

log = structlog.get_logger(__name__)

# A snooze ends this much late at the most, plus the time that waking takes.
EVERY_S = 3.0
_IDLE_PASSES = 20


def do_chores(number: int = 0) -> int:
    """Do what is due, once; return how much there was. Raises nothing, so that no loop over it ever ends.

    What is counted in days is looked for in one pass of many, by its number. A database that is away is asked again the
    next time, and so is whatever else failed, which the log tells in full.
    """
    try:
        woken = actions.wake_due()
        return woken if number % _IDLE_PASSES else woken + actions.close_idle_conversations()
    except (DatabaseError, InterfaceError) as error:
        log.warning("chores_put_off", error=type(error).__name__)  # Handled: the next pass does it.
    except Exception:
        log.exception("chores_failed")  # Handled: the next pass tries again.
    return 0


async def keep_doing_chores(every_s: float = EVERY_S) -> None:
    """Do what is due every few seconds, until cancelled."""
    for number in itertools.count():
        await database_sync_to_async(do_chores)(number)
        await asyncio.sleep(every_s)


def work_until(stopped: threading.Event, every_s: float = EVERY_S) -> None:
    """Do what is due every few seconds, until told to stop: the loop of a process that does nothing else."""
    try:
        for number in itertools.count():
            if stopped.is_set():
                break
            do_chores(number)
            close_old_connections()
            stopped.wait(every_s)
    finally:
        connections.close_all()
