"""What the specification says of the sockets, tried against a running server by clients that know nothing else."""

import pytest

pytest.register_assert_rewrite(
    *(f"messenger.tests.conformance.{name}" for name in ("client", "closing", "frames", "refusals", "resuming"))
)
