"""A shop whose assistant answers as the tests let it, and agents at their screens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Locator, expect

from curbe.testing import gated_provider
from curbe.testing.asker import switch_on
from curbe.testing.bed import Bed
from curbe.testing.people import WITHIN_MS, AgentAtInbox
from curbe.testing.stack import Stack

# Of the demo, an article that answers it; it is quoted by none of the words after it.
ASKED = "Shipping costs? "


@contextmanager
def helped_stack(bed: Bed) -> Iterator[Stack]:
    """A seeded installation with the assistant in its first widget alone."""
    with bed.spawn_stack(database="sqlite", env=gated_provider.ENVIRONMENT) as running:
        switch_on(running, running.demo["tenants"][0]["widgets"][0]["id"])
        yield running


def opens_gate(stack: Stack, name: str) -> None:
    """What waits for this name goes on."""
    gated_provider.gate(stack.place.local_dir, name).touch()


def at_desk(session: Any, stack: Stack, **options: Any) -> Any:
    """An agent with the list of all conversations before them."""
    agent = AgentAtInbox.signs_in(session, stack, **options)
    agent.page.goto(f"{agent.base_url}/inbox/?view=all")
    agent.page.wait_for_load_state()
    return agent


def row_of(agent: Any, conversation_id: str) -> Any:
    return agent.page.locator(f"#row-{conversation_id}")


def opens(agent: Any, conversation_id: str) -> None:
    agent.page.goto(f"{agent.base_url}/inbox/c/{conversation_id}/?view=all")
    expect(agent.page.locator("#parts .part").first).to_be_visible(timeout=WITHIN_MS)
    agent.page.wait_for_load_state()


def shows(place: Locator, text: str) -> None:
    expect(place).to_contain_text(text, timeout=WITHIN_MS)


def appears(place: Locator) -> None:
    expect(place).to_be_visible(timeout=WITHIN_MS)


def goes(place: Locator, within_ms: int = WITHIN_MS) -> None:
    expect(place).to_be_hidden(timeout=within_ms)
