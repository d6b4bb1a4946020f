"""A pytest plugin: notes whether some lines of a file were executed, and at which statement each test failed.

    MUTANT_SPOT=<file>:<first line>:<last line>   MUTANT_REPORT=<file to write JSON to>

In a run without a mutant the file is empty.

It speaks of the failures that a test asserted itself apart from those in which it could not even be tried.
"""

from __future__ import annotations

import ast
import json
import os
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from curbe.testing.npm import ROOT


class Watch:
    """Whether any of the lines was executed: in a function by whichever thread of a test, elsewhere by the import."""

    def __init__(self, spot: str) -> None:
        self._file, first, last = spot.rsplit(":", 2)
        self._lines = range(int(first), int(last) + 1)
        self._has_seen = False

    @property
    def is_of_a_mutant(self) -> bool:
        """Not so in the control, which changes nothing."""
        return bool(self._file)

    @property
    def has_seen(self) -> bool:
        return self._has_seen or (self._is_imported() and not self._is_in_a_function())

    @contextmanager
    def watching(self) -> Iterator[None]:
        """For the time of a test only: under it, migrating a database takes twice as long."""
        sys.settrace(self._called)
        threading.settrace(self._called)
        try:
            yield
        finally:
            sys.settrace(None)
            threading.settrace(None)

    def _called(self, frame: FrameType, event: str, arg: Any) -> Any:
        return None if self._has_seen or frame.f_code.co_filename != self._file else self._ran

    def _ran(self, frame: FrameType, event: str, arg: Any) -> Any:
        self._has_seen = self._has_seen or frame.f_lineno in self._lines
        return self._ran

    def _is_imported(self) -> bool:
        return any(getattr(module, "__file__", None) == self._file for module in list(sys.modules.values()))

    def _is_in_a_function(self) -> bool:
        nodes = ast.walk(ast.parse(Path(self._file).read_text()))
        functions = (one for one in nodes if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))
        return any(one.lineno <= line <= (one.end_lineno or 0) for one in functions for line in self._lines)


_watch = Watch(os.environ["MUTANT_SPOT"])
_passed: list[str] = []
_failures: list[dict[str, Any]] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, None, None]:
    with _watch.watching():
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and call.excinfo:
        _failures.append(_failure(item, call.when, call.excinfo))
        if _watch.is_of_a_mutant and _failures[-1]["is_own_assertion"]:
            item.session.shouldstop = "An assertion has failed: nothing more is asked of a mutant."
    elif call.when == "call" and report.passed:
        _passed.append(item.nodeid)
    return report


def pytest_sessionfinish() -> None:
    report = {"was_executed": _watch.has_seen, "passed": _passed, "failures": _failures}
    Path(os.environ["MUTANT_REPORT"]).write_text(json.dumps(report))


def _failure(item: pytest.Item, when: str, error: pytest.ExceptionInfo[BaseException]) -> dict[str, Any]:
    shown = error.traceback.filter(error)
    own = next((entry for entry in shown if entry.name == getattr(item, "originalname", None)), None)
    is_assertion = when == "call" and isinstance(error.value, AssertionError | pytest.fail.Exception)
    return {
        "test": item.nodeid,
        "statement": " ".join(str(own.statement).split()) if own else "",
        "is_own_assertion": bool(own and is_assertion and _is_of_the_tests(Path(shown[-1].path))),
        "error": f"{when}: {error.exconly()}",
    }


def _is_of_the_tests(file: Path) -> bool:
    """A product that asserts something itself, and a library, do not speak for a test."""
    return "tests" in file.parts or file.is_relative_to(ROOT / "curbe" / "testing") or file.name.startswith("test_")
