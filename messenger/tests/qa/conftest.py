"""One stack for the checklist: its tests are people who do not know of each other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from curbe.testing.bed import Bed
from curbe.testing.stack import Stack


@pytest.fixture(scope="module")
def stack(bed: Bed) -> Iterator[Stack]:
    with bed.spawn_stack(database="sqlite") as running:
        yield running
