"""A cell is a database and a fault. It is played on a stack of its own, and its history is checked."""

from __future__ import annotations

import asyncio
import traceback
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from curbe.testing.bed import Kind
from curbe.testing.soak import checks
from curbe.testing.soak.checks import Evidence
from curbe.testing.soak.collecting import collect
from curbe.testing.soak.faults import FAULTS, Fault
from curbe.testing.soak.history import now
from curbe.testing.soak.stage import Crowd, Servers, Stage

# What reading everything back and checking it may take, beyond the time of writing.
_REST_S = 240


@dataclass(frozen=True)
class Cell:
    """Named `database/fault`."""

    database: Kind
    fault: Fault

    @property
    def name(self) -> str:
        return f"{self.database}/{self.fault.name}"


CELLS = [
    Cell(database, fault)
    for database in ("postgres", "sqlite")
    for fault in FAULTS
    if database == "postgres" or not fault.needs_postgres
]


@dataclass
class Result:
    """The figures of a cell, of which `diverged` counts clients; `violations` are what the checks found, by check."""

    cell: str
    acked: int = 0
    seconds: float = 0
    lost: int = 0
    doubled: int = 0
    holes: int = 0
    diverged: int = 0
    leaked: int = 0
    # Seconds between healing (or the last acknowledgement) and the last client's state being a fresh snapshot.
    settled_s: float = 0
    longest_gap_s: float = 0
    retried: int = 0
    replays: int = 0
    harmed: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    violations: dict[str, list[str]] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return not self.violations

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "violations": {name: found[:20] for name, found in self.violations.items()}}


def play(cell: Cell, servers: Servers, sends: int, seconds: float, crowd: Crowd | None = None) -> tuple[Result, Stage]:
    """Write until `sends` are acknowledged (or the seconds are over) and the fault has healed; then look at it all.

    Returns the figures and, for whoever wants to know more, the stage with its history; everything has ended by then.
    """
    return asyncio.run(_play(cell, servers, sends, seconds, crowd or Crowd()))


async def _play(cell: Cell, servers: Servers, sends: int, seconds: float, crowd: Crowd) -> tuple[Result, Stage]:
    stage = Stage(servers, cell.database, cell.fault, sends, seconds)
    result = Result(cell.name)
    try:
        await stage.set_up(crowd)
        async with asyncio.timeout(seconds + _REST_S):
            began = now()
            noting = asyncio.create_task(stage.history.note_stalls())
            await _write(stage, cell.fault)
            result.seconds = now() - began
            evidence, result.settled_s = await collect(stage)
            noting.cancel()
        _judge(evidence, stage, result)
    except Exception as error:  # noqa: BLE001  Handled: a failure of this cell, and the others are still played.
        result.acked = stage.history.acked
        result.violations["unfinished"] = traceback.format_exception(error)
    finally:
        await stage.close()
    return result, stage


async def _write(stage: Stage, fault: Fault) -> None:
    """Returns when everything that anybody wanted to say was acknowledged."""

    async def suffer() -> None:
        await fault.play(stage)
        stage.healed()

    async with asyncio.TaskGroup() as everybody:
        everybody.create_task(suffer())
        for client in stage.clients:
            everybody.create_task(client.live())


def _judge(evidence: Evidence, stage: Stage, result: Result) -> None:
    history = evidence.history
    found = checks.violations(evidence)
    result.violations = {name: lines for name, lines in found.items() if lines}
    result.acked = history.acked
    result.lost, result.doubled = len(found["lost"]), len(found["doubled"])
    result.holes = len(found["holes"]) + len(found["stream_holes"])
    result.diverged = len({line.partition(": ")[0] for line in found["diverged"]})
    result.leaked = len(found["leaked"])
    result.longest_gap_s = checks.longest_gap(evidence)
    result.retried = sum(send.failures > 0 for send in history.sends)
    result.replays = sum(send.replays for send in history.sends)
    result.harmed = stage.door.harmed + stage.layer.harmed
    result.statuses = {str(status): n for status, n in sorted(Counter(call.status for call in history.calls).items())}
    result.counts = dict(history.counts)
