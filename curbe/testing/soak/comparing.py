"""A client's state beside a fresh snapshot: where the two differ, in words."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from curbe.testing.reducer import LogState, as_snapshot, cursor_of
from curbe.testing.soak.clients import Client
from curbe.testing.soak.history import now
from curbe.testing.soak.sockets import Follower

_AGAIN_S = 0.3
_MOST_DIFFERENCES = 5


async def settled(client: Client, deadline: float) -> tuple[float, list[str]]:
    """When the client's state was first equal to a fresh snapshot, or what still differs after the deadline."""
    began = now()
    while True:
        async with client.world.turns:
            differences = differing(client, await client.take_snapshot())
        stalled_s = sum(stall.overlap(began, now()) for stall in client.history.stalls)
        if not differences or now() > deadline + stalled_s:
            return now(), [f"{client.name}: {one}" for one in differences]
        await asyncio.sleep(_AGAIN_S)


def differing(client: Client, snapshot: Mapping[str, Any]) -> list[str]:
    """Where the state is not what the snapshot says. A team's snapshot has no parts: `unlike` compares those."""
    mine = team_view(client.state) if client.is_team else as_snapshot(client.state)
    if client.is_team:
        snapshot = {
            "cursor": snapshot["cursor"],
            "conversations": {one["id"]: one for one in snapshot["items"]},
        }
    return list(paths({name: snapshot[name] for name in mine}, mine))[:_MOST_DIFFERENCES]


def team_view(state: LogState) -> dict[str, Any]:
    return {"cursor": cursor_of(state), "conversations": dict(state.conversations)}


def unlike(follower: Follower, for_team: Mapping[str, list[dict[str, Any]]]) -> list[str]:
    """Where the parts that an agent's socket brought are not those that the API gives."""
    client = follower.client
    found = []
    for conversation_id, given in for_team.items():
        start = follower.known_from.get(conversation_id, 0)
        thread = client.state.messages.get(conversation_id, ())
        mine = [one for one in thread if one["seq"] > start]
        wanted = [one for one in given if one["seq"] > start]
        found += [f"{client.name}: {conversation_id}{one}" for one in paths(wanted, mine)]
    return found[:_MOST_DIFFERENCES]


def paths(wanted: Any, found: Any, at: str = "") -> Iterator[str]:
    """Every place at which two JSON values differ."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key in wanted.keys() | found.keys():
            yield from paths(wanted.get(key), found.get(key), f"{at}.{key}")
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for i, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from paths(one, other, f"{at}[{i}]")
    elif wanted != found:
        yield f"{at} is {_short(found)} and not {_short(wanted)}"


def _short(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return repr(value)[:200]
