"""What happens to a stack while people write: one function per fault, from before it until after it has healed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import redis

from curbe.testing.soak.backups import back_up, restore
from curbe.testing.soak.history import Span, now
from curbe.testing.stack import Server

if TYPE_CHECKING:
    from curbe.testing.soak.stage import Stage

# HTTP alone and sockets apart, as in production.
SPLIT: tuple[Server, ...] = ("web", "realtime")
ALONE: tuple[Server, ...] = ("serve",)
# Longer than two sweeps: what lives without nudges has to show that it does.
_LONG_S = 13


@dataclass(frozen=True)
class Fault:
    """Something that can go wrong, and what it takes to show it."""

    name: str
    play: Callable[[Stage], Awaitable[None]]
    needs_redis: bool = False
    needs_postgres: bool = False
    # Processes on PostgreSQL; on SQLite one does everything unless Redis is part of the fault.
    servers: tuple[Server, ...] = SPLIT


async def nothing(stage: Stage) -> None:
    """The baseline."""


async def kill_processes(stage: Stage) -> None:
    """kill -9 of each server process in turn, while it works."""
    for share in (0.2, 0.5, 0.8):
        await stage.reaches(share)
        for i in stage.processes:
            await stage.run(stage.stack.kill, i)
            await stage.run(stage.stack.restart, i)


async def restart_gracefully(stage: Stage) -> None:
    """SIGTERM and a new start, one process after the other: a deployment."""
    for share in (0.3, 0.6):
        await stage.reaches(share)
        for i in stage.processes:
            await stage.run(stage.stack.terminate, i)
            await stage.run(stage.stack.restart, i)


async def kill_postgres(stage: Stage) -> None:
    """A power cut of the database; it recovers from its own log."""
    assert stage.postgres is not None
    for share in (0.2, 0.5, 0.8):
        await stage.reaches(share)
        outage = Span(now())
        stage.history.outages.append(outage)
        await stage.run(stage.postgres.kill)
        await stage.run(stage.postgres.start)
        outage.ended_at = now()


async def kill_redis(stage: Stage) -> None:
    """Redis is gone for a while, and comes back empty."""
    await stage.reaches(0.2)
    await stage.run(stage.redis.kill)
    await stage.lasts(_LONG_S, until=0.7)
    await stage.run(stage.redis.start)


async def flush_redis(stage: Stage) -> None:
    """Everything in Redis is deleted, again and again, and its clients are thrown out once."""
    with redis.Redis.from_url(stage.redis.url) as client:
        for share in (0.1, 0.3, 0.5, 0.7):
            await stage.reaches(share)
            await stage.run(client.flushall)
        await stage.run(lambda: client.execute_command("CLIENT", "KILL", "TYPE", "pubsub"))


async def cut_off_redis(stage: Stage) -> None:
    """A partition: connections to Redis stay, and nothing passes."""
    await stage.reaches(0.2)
    stage.layer.passable.clear()
    await stage.lasts(_LONG_S, until=0.7)
    stage.layer.passable.set()


async def cut_answers(stage: Stage) -> None:
    """The server commits and answers; the client's connection ends before the answer arrives."""
    await stage.reaches(0.05)
    stage.door.cutting = 0.15
    await stage.reaches(0.9)
    stage.door.cutting = 0


async def repeat_requests(stage: Stage) -> None:
    """A third of the writes arrive twice, at once or later, on two connections."""
    await stage.reaches(0.05)
    stage.door.repeating = 0.33
    await stage.reaches(0.9)
    stage.door.repeating = 0


async def mangle_nudges(stage: Stage) -> None:
    """Two thirds of the nudges are lost, late or doubled, so many arrive out of order."""
    await stage.reaches(0.05)
    stage.layer.mangling = 0.67
    await stage.lasts(_LONG_S, until=0.9)
    stage.layer.mangling = 0


async def read_slowly(stage: Stage) -> None:
    """Some clients take what they are sent far slower than it comes; nobody else may notice."""
    await stage.reaches(0.05)
    stage.slow_sockets.rate = 4000
    await stage.lasts(_LONG_S, until=0.85)
    stage.slow_sockets.rate = None
    # What a slow client still has in its pipes is old by now.
    stage.slow_sockets.reset()


async def reset_connections(stage: Stage) -> None:
    """All connections are cut at once, of requests and of sockets, several times."""
    for share in (0.1, 0.25, 0.4, 0.55, 0.7, 0.85):
        await stage.reaches(share)
        for proxy in (stage.door, stage.sockets):
            proxy.reset()


async def restore_backup(stage: Stage) -> None:
    """The database goes back to a backup: what came after it is lost, and every client has to find out."""
    url, backup = stage.stack.place.database_url, Path(stage.stack.place.local_dir, "backup")
    history = stage.history
    await stage.reaches(0.3)
    history.backup_at = now()
    await stage.run(back_up, url, backup)
    await stage.reaches(0.6)
    for i in stage.processes:
        await stage.run(stage.stack.terminate, i)
    await stage.run(restore, url, backup, stage.postgres)
    await stage.run(stage.stack.manage, "rotate_epochs")
    history.restored_at = now()
    for watch in history.watches.values():
        watch.forget()
    await asyncio.gather(*(stage.run(stage.stack.restart, i) for i in stage.processes))


FAULTS = [
    Fault("baseline", nothing),
    Fault("kill", kill_processes),
    Fault("rolling-restart", restart_gracefully, servers=("web", "web", "realtime", "realtime")),
    Fault("postgres-kill", kill_postgres, needs_postgres=True),
    Fault("redis-kill", kill_redis, needs_redis=True),
    Fault("redis-flush", flush_redis, needs_redis=True),
    Fault("redis-partition", cut_off_redis, needs_redis=True),
    Fault("cut-answers", cut_answers),
    Fault("repeated-requests", repeat_requests),
    Fault("mangled-nudges", mangle_nudges, needs_redis=True),
    Fault("slow-reader", read_slowly),
    Fault("resets", reset_connections),
    Fault("restored-backup", restore_backup),
]
