"""Trying one plant: whether its test fails by it, at the assertion that is meant to notice."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from curbe.testing.mutants.planting import Plant, Spot, planted
from curbe.testing.mutants.runs import Failure, Run, run_node, run_pytest


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a plant: the failure that killed it, or why nothing did."""

    plant: Plant
    killed_by: Failure | None
    complaint: str
    seconds: float


def try_plant(tree: Path, plant: Plant) -> Verdict:
    """Plant the bug in the tree, run its killer, take the bug out again. Raises MovedOn."""
    began = time.monotonic()
    with planted(tree, plant) as spot:
        run = _run(tree, plant, spot)
    killed_by, complaint = judge(plant, run)
    return Verdict(plant, killed_by, complaint, time.monotonic() - began)


def judge(plant: Plant, run: Run) -> tuple[Failure | None, str]:
    """Return the failure that counts, or the reason why none does."""
    failures = [one for one in run.failures if _is_of(plant.killer, one.test)]
    if not failures and any(_is_of(plant.killer, test) for test in run.passed):
        return None, "survived: the test passed"
    if not failures:
        return None, f"the test was not run:\n{run.output[-2000:]}"
    asserted = [one for one in failures if one.is_own_assertion]
    if not asserted:
        return None, f"failed by no assertion of the test: {failures[0].error}"
    if not run.was_executed:
        return None, "the changed line was never executed"
    meant = next((one for one in asserted if plant.assertion in one.statement), None)
    return meant, "" if meant else f"failed at another assertion: {asserted[0].statement}"


def complaints_without_any(tree: Path, plants: Sequence[Plant]) -> list[str]:
    """The control: what is wrong in the sound tree. Every killer must be there and pass."""
    complaints = []
    for (is_js, place), some in groupby(sorted(plants, key=_batch), key=_batch):
        killers = sorted({plant.killer for plant in some})
        run = run_node(tree, place) if is_js else run_pytest(tree, killers, database=place or None)
        missing = [one for one in killers if not any(_is_of(one, test) for test in run.passed)]
        found = [f"{one} does not pass in the sound tree." for one in missing]
        found += [f"{one.test} fails in the sound tree: {one.error}" for one in run.failures]
        complaints += [*found, run.output[-4000:]] if found else []
    return complaints


def _run(tree: Path, plant: Plant, spot: Spot) -> Run:
    if plant.is_javascript:
        return run_node(tree, _file_of(plant), spot=spot)
    return run_pytest(tree, [plant.killer], database=plant.database, spot=spot)


def _batch(plant: Plant) -> tuple[bool, str]:
    """What can be tried in one run: a file of JavaScript tests, or all tests on a database."""
    return plant.is_javascript, _file_of(plant) if plant.is_javascript else plant.database or ""


def _file_of(plant: Plant) -> str:
    return plant.killer.partition("::")[0]


def _is_of(killer: str, test: str) -> bool:
    """Any set of parameters of a test is the test."""
    return test == killer or test.startswith(f"{killer}[")
