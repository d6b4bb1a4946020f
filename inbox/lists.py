"""Which list is on the screen: a view, a team's, a tag's or a kept one, narrowed by the bar above it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from messenger import queries, teamwork
from messenger.models import Agent, SavedView

# What the bar above the list sets, in its order; an empty value widens what the view itself narrows.
NARROWING = ("status", "assignee", "team", "tag", "priority", "unread", "q")


@dataclass(frozen=True, slots=True)
class Shown:
    """A list with its filters as `queries.inbox` takes them."""

    view: str
    saved: SavedView | None
    # What was asked for beside the view, as it stands in the address.
    given: dict[str, str]
    filters: dict[str, Any]
    sort: str

    @property
    def query(self) -> str:
        """Its address, without the path."""
        kept = {"saved": str(self.saved.id)} if self.saved else {}
        return urlencode({"view": self.view, **kept, **self.given})

    @property
    def current(self) -> str:
        """The entry of the rail that leads here."""
        if self.saved:
            return f"saved-{self.saved.id}"
        asked = [name for name in self.given if name != "sort"]
        of = self.given[asked[0]] if asked in (["team"], ["tag"]) else ""
        return f"{asked[0]}-{of}" if of else self.view

    @property
    def active(self) -> dict[str, Any]:
        """What the bar shows as chosen."""
        return {name: self.filters.get(name, "") for name in NARROWING}

    @property
    def narrowed(self) -> int:
        """How many of the bar's choices narrow the list, the search left out, beyond what the rail's entry says."""
        own = _own_filters(self.view, self.saved)
        named = {"team", "tag"} if self.current.startswith(("team-", "tag-")) else set()
        return sum(self.filters.get(name) != own.get(name) for name in NARROWING if name != "q" and name not in named)


def shown_list(agent: Agent, asked: dict[str, Any]) -> Shown:
    """Return the list that validated parameters ask for. Raises NotFound for a view that is not the agent's to see."""
    saved = teamwork.get_view_for(agent, asked["saved"]) if asked["saved"] else None
    given: dict[str, str] = asked["given"]
    filters = {**_own_filters(asked["view"], saved), **_read(given)}
    sort = given.get("sort") or (saved.filters.get("sort") if saved else "") or queries.NEWEST
    kept = {name: value for name, value in filters.items() if value not in (None, "")}
    return Shown(asked["view"], saved, given, kept, sort)


def _own_filters(view: str, saved: SavedView | None) -> dict[str, Any]:
    """What the rail's entry itself says, by which it is counted: a kept list begins from no other."""
    return teamwork.filters_of(saved) if saved else queries.VIEWS[view]


def _read(given: dict[str, str]) -> dict[str, Any]:
    narrowing: dict[str, Any] = {name: given[name] for name in NARROWING if name in given}
    if "unread" in narrowing:
        narrowing["unread"] = {"1": True, "0": False}.get(given["unread"])
    return narrowing
