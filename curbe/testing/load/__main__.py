"""Runs every scenario, or those named: prints a table and keeps it as JSON below .local/load.

The sizes are those of `make test` unless CURBE_TEST_SCALE=full.
"""

from __future__ import annotations

import sys
from itertools import groupby

from curbe.testing.bed import Bed
from curbe.testing.load.figures import Figure, broken, write
from curbe.testing.load.scenarios import SCENARIOS, perform, spawn
from curbe.testing.npm import ROOT


def main(names: list[str]) -> int:
    """The exit code: 1 when a figure is beyond its limit."""
    bed = Bed()
    try:
        found = run(bed, names or list(SCENARIOS))
    finally:
        bed.close()
    print(f"\nKept in {write(found, ROOT / '.local' / 'load').relative_to(ROOT)}")
    return int(any(broken(figures) for figures in found.values()))


def run(bed: Bed, names: list[str]) -> dict[str, list[Figure]]:
    """What each of them finds; one stack for all scenarios of its kind."""
    found = {}
    for kind, group in groupby(sorted(names, key=_kind), _kind):
        with spawn(bed, kind) as stack:
            for name in group:
                print(f"\n{name} ({kind})", flush=True)
                found[name] = perform(SCENARIOS[name], stack)
                print(*found[name], sep="\n", flush=True)
    return found


def _kind(name: str) -> str:
    return SCENARIOS[name].stack


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
