"""Plant every known bug and name the assertion that kills it: python -m curbe.testing.mutants [--only NAME …]

Exit code 1 when one survives. Takes some minutes; the tree itself is not touched.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from curbe.testing.bed import new_postgres
from curbe.testing.mutants.planting import MovedOn, Plant, copy_tree
from curbe.testing.mutants.plants import PLANTS
from curbe.testing.mutants.trial import Verdict, complaints_without_any, try_plant
from curbe.testing.processes import make_work_dir


def main() -> None:
    plants = _chosen(sys.argv[1:])
    began = time.monotonic()
    with _copied_tree() as tree, _servers(plants):
        if complaints := complaints_without_any(tree, plants):
            sys.exit("\n".join(complaints))
        print(f"The sound tree passes ({time.monotonic() - began:.0f} s).", flush=True)
        killed = sum([_tell(_try(tree, plant)) for plant in plants])
    print(f"{killed} of {len(plants)} mutants killed, in {time.monotonic() - began:.0f} s.")
    sys.exit(killed < len(plants))


def _chosen(arguments: Sequence[str]) -> list[Plant]:
    parser = argparse.ArgumentParser(prog="python -m curbe.testing.mutants", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[plant.name for plant in PLANTS])
    only = parser.parse_args(arguments).only
    return [plant for plant in PLANTS if only is None or plant.name in only]


@contextmanager
def _copied_tree() -> Iterator[Path]:
    folder = make_work_dir("mutants")
    try:
        copy_tree(folder)
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def _servers(plants: Sequence[Plant]) -> Iterator[None]:
    """One PostgreSQL for all runs, unless there is one already."""
    if "TEST_DATABASE_URL" in os.environ or not any(plant.database == "postgres" for plant in plants):
        yield
        return
    postgres = new_postgres()
    os.environ["TEST_DATABASE_URL"] = postgres.url
    try:
        yield
    finally:
        postgres.close()


def _try(tree: Path, plant: Plant) -> Verdict:
    try:
        return try_plant(tree, plant)
    except MovedOn as error:
        return Verdict(plant, None, str(error), 0)  # Handled: the others are tried all the same, and the run fails.


def _tell(verdict: Verdict) -> bool:
    """Print a row of the table. Returns whether the mutant was killed."""
    plant, failure = verdict.plant, verdict.killed_by
    print(f"{plant.name:<28} {'killed' if failure else 'ALIVE':<7} {verdict.seconds:5.1f} s  {plant.bug}")
    print(f"    {failure.test if failure else plant.killer}\n    {failure.statement if failure else verdict.complaint}")
    sys.stdout.flush()
    return failure is not None


if __name__ == "__main__":
    main()
