"""`make soak`: every cell for long, a table of figures, and JSON in .local/soak."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from curbe.testing.bed import Bed, new_postgres, new_redis
from curbe.testing.npm import ROOT
from curbe.testing.soak.cells import CELLS, Cell, Result, play
from curbe.testing.soak.stage import Servers, Stage

FOLDER = ROOT / ".local" / "soak"
# The figures that a whole run has to reach: acknowledged sends by database.
_GOALS = {"postgres": 100_000, "sqlite": 10_000}
_MARGIN = 1.01
# What starting a stack and reading a history back take, in seconds, and in sends that could be made instead.
_OVERHEAD_S, _SENDS_OF_A_START = 40, 1500
# No cell writes for less.
_LEAST_S = 30
_COLUMNS = (
    ("cell", 28),
    ("acked", 7),
    ("a second", 8),
    ("lost", 5),
    ("doubled", 7),
    ("holes", 5),
    ("diverged", 8),
    ("leaked", 6),
    ("gap s", 6),
    ("settled s", 9),
    ("retried", 7),
    ("replays", 7),
    ("resyncs", 7),
    ("reconnects", 10),
)


def main() -> int:
    """0 when nothing was found and, in a whole run, the goals were reached."""
    arguments = _arguments()
    chosen = [cell for cell in CELLS if not arguments.cells or any(name in cell.name for name in arguments.cells)]
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{time.strftime('%Y%m%d-%H%M%S')}.json"
    results = _run(chosen, arguments.sends, arguments.minutes * 60, path)
    print(f"Figures: {path.relative_to(ROOT)}")
    problems = [f"{one.cell}: {name}: {lines[-1].strip()}" for one in results for name, lines in one.violations.items()]
    problems += [f"{cell.name}: the time was up before it" for cell in chosen[len(results) :]]
    if not arguments.cells and arguments.sends is None:
        problems += _shortfalls(results)
    print("\n".join(problems) or "Nothing lost, nothing doubled, no holes, nobody diverged.")
    return bool(problems)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--sends", type=int, help="acknowledged sends per cell, in place of the goals")
    parser.add_argument("--cells", nargs="*", help=f"parts of names, of {', '.join(cell.name for cell in CELLS)}")
    parser.add_argument("--minutes", type=float, default=75, help="after which the run ends with what it has")
    return parser.parse_args()


def _run(cells: list[Cell], sends: int | None, seconds: float, path: Path) -> list[Result]:
    """Cell by cell; the figures so far are in `path`, whatever comes after them."""
    ends_at = time.monotonic() + seconds
    results: list[Result] = []
    print(" ".join(f"{name:>{width}}" for name, width in _COLUMNS), flush=True)
    with _servers() as servers:
        for i, cell in enumerate(cells):
            share = (ends_at - time.monotonic()) * _share_of_first(cells[i:], sends)
            if share < 0:
                break
            result, stage = play(cell, servers, sends or _wanted(cell), max(_LEAST_S, share - _OVERHEAD_S))
            results.append(result)
            path.write_text(json.dumps([one.as_json() for one in results], indent=1))
            print(_row(result), flush=True)
            if not result.passed:
                _keep(cell, stage)
    return results


@contextmanager
def _servers() -> Iterator[Servers]:
    servers = Servers(Bed(), new_postgres(), new_redis())
    try:
        yield servers
    finally:
        for server in (servers.bed, servers.postgres, servers.redis):
            server.close()


def _share_of_first(cells: list[Cell], sends: int | None) -> float:
    """Of the time that is left: what it has to say beside what all of them have to say."""
    return _weight(cells[0], sends) / sum(_weight(cell, sends) for cell in cells)


def _weight(cell: Cell, sends: int | None) -> int:
    """What a cell's share of the time depends on: its sends, and a start and an end that cost the same for all."""
    return _SENDS_OF_A_START + (sends or _wanted(cell))


def _wanted(cell: Cell) -> int:
    """The goal of the database, shared out evenly."""
    peers = sum(one.database == cell.database for one in CELLS)
    return int(_GOALS[cell.database] * _MARGIN / peers) + 1


def _shortfalls(results: list[Result]) -> list[str]:
    acked = {name: sum(one.acked for one in results if one.cell.startswith(name)) for name in _GOALS}
    print(", ".join(f"{name}: {n} acknowledged sends" for name, n in acked.items()))
    return [
        f"{name}: {acked[name]} acknowledged sends of {goal}" for name, goal in _GOALS.items() if acked[name] < goal
    ]


def _row(one: Result) -> str:
    rate = one.acked / one.seconds if one.seconds else 0
    figures = (one.acked, f"{rate:.0f}", one.lost, one.doubled, one.holes, one.diverged, one.leaked)
    times = (f"{one.longest_gap_s:.1f}", f"{one.settled_s:.1f}", one.retried, one.replays)
    row = (one.cell, *figures, *times, one.counts.get("resyncs", 0), one.counts.get("reconnects", 0))
    verdict = "" if one.passed else f"  ✗ {', '.join(one.violations)}"
    return " ".join(f"{value:>{width}}" for value, (_, width) in zip(row, _COLUMNS, strict=True)) + verdict


def _keep(cell: Cell, stage: Stage) -> None:
    """The history of a cell in which something was found, and what its processes wrote."""
    name = cell.name.replace("/", "-")
    stage.history.write(FOLDER / f"{name}.jsonl")
    for i, log in enumerate(stage.logs):
        (FOLDER / f"{name}-process-{i}.log").write_text(log)


if __name__ == "__main__":
    sys.exit(main())
