"""One stack for the checklist: its tests are people who do not know of each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from curbe.testing.bed import Bed
from curbe.testing.stack import Stack


@pytest.fixture(scope="module")
def stack(bed: Bed) -> Iterator[Stack]:
    with bed.spawn_stack(database="sqlite") as running:
        yield running


@pytest.fixture
def set_widget(stack: Stack) -> Iterator[Callable[..., None]]:
    """Gives the first tenant's first widget features and a pre-chat form; without the test it has none of its own."""
    widget = stack.demo["tenants"][0]["widgets"][0]["id"]

    def change(**fields: Any) -> None:
        script = f"from messenger.models import Widget; Widget.objects.filter(id={widget!r}).update(**{fields!r})"
        stack.manage("shell", "--no-imports", "-c", script)

    yield change
    change(features={}, prechat={})
