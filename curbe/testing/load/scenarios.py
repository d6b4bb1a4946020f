"""What is tried, on which processes, and with how many: a few in every test run, all of them for the figures."""

from __future__ import annotations

import resource
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

import uvloop

from curbe.testing.bed import Bed
from curbe.testing.load.fanning import fan_out, idle_sockets
from curbe.testing.load.figures import Figure
from curbe.testing.load.hogging import under_hogs
from curbe.testing.load.restarting import restart
from curbe.testing.load.waiting_polls import POOL_SIZE, polls_beside_sends
from curbe.testing.processes import ServerFailed
from curbe.testing.scale import repetitions
from curbe.testing.stack import Stack

# Sockets of a crowd at both ends, with room for everything else.
_DESCRIPTORS = 4096

STACKS: dict[str, dict[str, Any]] = {
    "web and realtime on PostgreSQL and Redis": {"database": "postgres", "redis": True, "server": ["web", "realtime"]},
    "two processes on PostgreSQL": {"database": "postgres", "redis": True, "processes": 2},
    "one process on SQLite": {"database": "sqlite"},
}
_SPLIT, _TWO, _SQLITE = STACKS


@dataclass(frozen=True)
class Scenario:
    """Something to try on a stack of that kind."""

    stack: str
    act: Callable[[Stack], Coroutine[Any, Any, list[Figure]]]


_PEOPLE = repetitions(small=25, full=250)
SCENARIOS = {
    "all sockets, SIGTERM": Scenario(_SPLIT, partial(restart, people=_PEOPLE, sockets_each=8, politely=True)),
    "all sockets, SIGKILL": Scenario(_SPLIT, partial(restart, people=_PEOPLE, sockets_each=8, politely=False)),
    "all sockets of the one process, SIGTERM": Scenario(
        _SQLITE, partial(restart, people=_PEOPLE, sockets_each=repetitions(small=4, full=8), politely=True)
    ),
    "waiting polls": Scenario(
        _TWO,
        partial(
            polls_beside_sends,
            polls=repetitions(small=100, full=500),
            rounds=repetitions(small=2, full=6),
            sends=repetitions(small=80, full=100),
        ),
    ),
    "two hogs": Scenario(_TWO, partial(under_hogs, messages=repetitions(small=100, full=300), sockets=50)),
    "fan-out": Scenario(
        _SPLIT, partial(fan_out, sockets=repetitions(small=100, full=500), rounds=repetitions(small=5, full=30))
    ),
    "idle sockets": Scenario(_SPLIT, partial(idle_sockets, people=repetitions(small=30, full=130), sockets_each=8)),
}


def spawn(bed: Bed, kind: str) -> Stack:
    """A stack of that kind without rate limits, because a crowd at one address is what they are against."""
    _make_room()
    env = {"RATE_LIMITS": "off", "DATABASE_POOL_SIZE": str(POOL_SIZE)}
    return bed.spawn_stack(**STACKS[kind], env=env)


def perform(scenario: Scenario, stack: Stack) -> list[Figure]:
    """What the scenario measures on that stack."""
    return uvloop.run(scenario.act(stack))


def _make_room() -> None:
    """Have this process and those that it starts hold so many sockets at once. Raises ServerFailed with the remedy."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY != most < _DESCRIPTORS:
        raise ServerFailed(f"The load needs {_DESCRIPTORS} open files and may have {most}: raise `ulimit -Hn`.")
    if resource.RLIM_INFINITY != now < _DESCRIPTORS:
        resource.setrlimit(resource.RLIMIT_NOFILE, (_DESCRIPTORS, most))
