"""How much of a repeated test to run: `make test` runs a part, `make test-all` the full figures."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

IS_FULL = os.environ.get("CURBE_TEST_SCALE") == "full"


def repetitions(small: int, full: int) -> int:
    """`full` under CURBE_TEST_SCALE=full, else `small`: `for _ in range(repetitions(small=5, full=20))`."""
    return full if IS_FULL else small


def configure_hypothesis() -> None:
    """50 examples of 30 steps, or 500 of 50 at full scale; no deadline, because real databases stall now and then.

    The small ones are the same in every run, so that a check of a change speaks of the change; the full ones search on.
    """
    settings.register_profile(
        "curbe",
        max_examples=repetitions(small=50, full=500),
        stateful_step_count=repetitions(small=30, full=50),
        deadline=None,
        derandomize=not IS_FULL,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    settings.load_profile("curbe")
