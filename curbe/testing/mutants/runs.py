"""Runs of chosen tests in a tree, by pytest or by Node, and what they showed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from curbe.testing.mutants.planting import Spot
from curbe.testing.npm import node

# No killer takes a minute; one that a bug makes hang is given up after this.
WITHIN_S = 240
_REPORTER = Path(__file__).with_name("witness.mjs")
_PLACE = re.compile(r"file://(?P<path>[^\s():]+\.test\.js):(?P<line>\d+):\d+")


@dataclass(frozen=True, slots=True)
class Failure:
    """How a test failed: the statement of the test, and whether an assertion of its own said so."""

    test: str
    statement: str
    is_own_assertion: bool
    error: str


@dataclass(frozen=True, slots=True)
class Run:
    """What one run showed. `was_executed` is about the planted lines."""

    passed: Sequence[str] = ()
    failures: Sequence[Failure] = ()
    was_executed: bool = False
    output: str = field(default="", repr=False)


def run_pytest(tree: Path, tests: Iterable[str], *, database: str | None, spot: Spot | None = None) -> Run:
    """Run these node ids of the tree."""
    with tempfile.TemporaryDirectory(prefix="curbe-mutant-") as folder:
        report = Path(folder) / "report.json"
        first, last = spot.lines if spot else (0, 0)
        watched = f"{spot.path if spot else ''}:{first}:{last}"
        env = {**os.environ, "MUTANT_SPOT": watched, "MUTANT_REPORT": str(report)}
        command = [sys.executable, "-m", "pytest", "-p", "curbe.testing.mutants.witness", "-q", *tests]
        # The models make the same tables as the migrations, which a check sees to, in a fifth of the time.
        tables = [f"--database={database}", "--no-migrations"] if database else []
        output = _run([*command, *tables], tree, env)
        return _as_run(json.loads(report.read_text()), output) if report.exists() else Run(output=output)


def run_node(tree: Path, file: str, *, spot: Spot | None = None) -> Run:
    """Run one file of JavaScript tests of the tree."""
    with tempfile.TemporaryDirectory(prefix="curbe-mutant-") as folder:
        # NODE_OPTIONS of the developer could skip tests or load other code.
        env = {name: value for name, value in os.environ.items() if not name.startswith("NODE_")}
        coverage, report = Path(folder) / "coverage", Path(folder) / "report.jsonl"
        reporting = [f"--test-reporter={_REPORTER}", f"--test-reporter-destination={report}"]
        output = _run([str(node()), *reporting, file], tree, {**env, "NODE_V8_COVERAGE": str(coverage)})
        lines = report.read_text().splitlines() if report.exists() else []
        tests = [json.loads(line) for line in lines]
        failures = [_js_failure(tree, file, one) for one in tests if not one["passed"]]
        passed = [f"{file}::{one['name']}" for one in tests if one["passed"]]
        return Run(passed, failures, spot is not None and _js_was_executed(spot, coverage), output)


def _run(command: list[str], tree: Path, env: dict[str, str]) -> str:
    try:
        done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False, timeout=WITHIN_S)
    except subprocess.TimeoutExpired:
        return f"It was still running after {WITHIN_S} s."  # Handled: without a report, nothing was killed.
    return done.stdout + done.stderr


def _as_run(report: dict[str, Any], output: str) -> Run:
    failures = [Failure(**one) for one in report["failures"]]
    return Run(report["passed"], failures, report["was_executed"], output)


def _js_failure(tree: Path, file: str, test: dict[str, Any]) -> Failure:
    """The statement is the line of the test file from which the error came."""
    place = _PLACE.search(test.get("stack") or "")
    lines = (tree / file).read_text().splitlines()
    is_here = place is not None and place["path"].endswith(file)
    statement = lines[int(place["line"]) - 1].strip() if place and is_here else ""
    is_own = is_here and test.get("code") == "ERR_ASSERTION"
    return Failure(f"{file}::{test['name']}", statement, is_own, test["error"])


def _js_was_executed(spot: Spot, coverage: Path) -> bool:
    """V8 counts blocks within functions: the innermost one around the spot decides."""
    # V8 counts in units of UTF-16.
    at = len(spot.path.read_text()[: spot.start].encode("utf-16-le")) // 2
    around = [
        (one["endOffset"] - one["startOffset"], one["count"])
        for profile in coverage.glob("*.json")
        for script in json.loads(profile.read_text())["result"]
        if script["url"] == spot.path.as_uri()
        for function in script["functions"]
        for one in function["ranges"]
        if one["startOffset"] <= at < one["endOffset"]
    ]
    return min(around, default=(0, 0))[1] > 0
