"""Who knocks at the doors, and what is behind them."""

from __future__ import annotations

import pytest

# `world` is imported late: the cast is a plugin, and pytest wants to be the first to import it.


@pytest.fixture
def things(harbor, settings, tmp_path):
    """Harbor with something in every table; what fills the variables of routes."""
    from .world import inhabit

    settings.MEDIA_ROOT = tmp_path
    return inhabit(harbor, "harbour-bell")


@pytest.fixture
def browsers(harbor, rival):
    """Of everybody in ROLES."""
    from .world import sessions_of

    return sessions_of(harbor, rival)
