"""Agents in front of their browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from messenger.models import Agent

if TYPE_CHECKING:  # The cast is a plugin, and pytest wants to be the first to import it.
    from curbe.testing.cast import Company

SignIn = Callable[[Agent], Client]


@pytest.fixture
def sign_in(db: None) -> SignIn:
    """A browser in which the agent has signed in. CSRF is enforced, as for everybody."""

    def signed_in(agent: Agent) -> Client:
        client = Client(enforce_csrf_checks=True)
        client.force_login(agent.user)
        return client

    return signed_in


@pytest.fixture
def ada(harbor: Company, sign_in: SignIn) -> Client:
    """Ada's browser at Harbor."""
    return sign_in(harbor.ada)


@pytest.fixture
def rival_agent(rival: Company, sign_in: SignIn) -> Client:
    """An agent of the rival, for whom nothing of Harbor exists."""
    return sign_in(rival.ada)


@pytest.fixture
def english() -> Iterator[None]:
    """What the tests read is English, whatever a test before them activated."""
    from django.utils import translation

    with translation.override("en"):
        yield
