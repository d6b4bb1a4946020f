"""Who may set what a whole team works with."""

from __future__ import annotations

from ..errors import Forbidden
from ..models import Agent
from ..principals import System

# What only an admin may do: a resource of the agent API, and the verb where agents have the others.
ADMINS_ONLY = (
    "articles",
    "contacts.erase",
    "contacts.export",
    "messages.remove",
    "office-hours",
    "saved-replies.share",
    "tags",
    "teams",
    "views.share",
    "widgets",
)


def permissions_of(agent: Agent) -> list[str]:
    """Return what an agent may do beyond answering, so that a client offers nothing that is refused."""
    return list(ADMINS_ONLY) if agent.is_admin else []


def require_admin(by: Agent | System) -> None:
    """Raise Forbidden for an agent who is no admin (S22). The administration lets nobody else in anyway."""
    if isinstance(by, Agent) and not by.is_admin:
        raise Forbidden("Only an admin may change this.")
