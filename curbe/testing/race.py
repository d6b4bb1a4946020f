"""Real threads that start together, for tests of what concurrent requests do."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Generic, TypeVar

from django.db import connections

T = TypeVar("T")


def race(n: int, act: Callable[[int], T], timeout: float = 60) -> list[T]:
    """Run act(0) … act(n - 1) in n threads released at the same moment; their results in that order.

    An error in one is raised here, several as an ExceptionGroup. Each thread gives its database connections
    back. Threads still running after `timeout` seconds fail the test with the place where they hang.
    Needs a test whose data is committed: `@pytest.mark.django_db(transaction=True)`.
    """
    line = threading.Barrier(n)
    runners = [Runner(line, act, i) for i in range(n)]
    for runner in runners:
        runner.start()
    _join_all(runners, timeout)
    _raise_errors([runner.error for runner in runners if runner.error is not None])
    return [runner.result for runner in runners]


class Runner(threading.Thread, Generic[T]):
    """One runner of a race; holds its result or its error afterwards."""

    result: T

    def __init__(self, line: threading.Barrier, act: Callable[[int], T], number: int) -> None:
        super().__init__(name=f"race-{number}", daemon=True)
        self.line, self.act, self.number = line, act, number
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.line.wait()
            self.result = self.act(self.number)
        except BaseException as error:  # noqa: BLE001 - kept for race(), which raises it in the test's thread
            self.error = error
        finally:
            connections.close_all()


def _join_all(runners: list[Runner[T]], timeout: float) -> None:
    deadline = time.monotonic() + timeout
    for runner in runners:
        runner.join(max(0, deadline - time.monotonic()))
        if runner.is_alive():
            raise AssertionError(f"{runner.name} still runs after {timeout:g} s:\n{_place(runner)}")


def _place(thread: threading.Thread) -> str:
    frame = sys._current_frames().get(thread.ident or 0)
    return "".join(traceback.format_stack(frame)) if frame else "(it ended meanwhile)"


def _raise_errors(errors: list[BaseException]) -> None:
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise BaseExceptionGroup(f"{len(errors)} of the runners failed", errors)
