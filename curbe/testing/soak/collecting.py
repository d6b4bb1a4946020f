"""After the writing: wait for every client, and read back through each door what the checks compare."""

from __future__ import annotations

import asyncio
from typing import Any

from curbe.testing.soak.checks import Evidence, Parts
from curbe.testing.soak.clients import Client
from curbe.testing.soak.comparing import settled, unlike
from curbe.testing.soak.history import now
from curbe.testing.soak.stage import Stage
from curbe.testing.soak.tables import read_tables

# So long after healing every client knows what a fresh snapshot says.
SETTLED_WITHIN_S = 10


async def collect(stage: Stage) -> tuple[Evidence, float]:
    """The evidence of a cell in which nobody writes any more, and how many seconds the last client needed."""
    seconds, differences = await _settle(stage)
    evidence = Evidence(stage.history, await stage.run(read_tables, stage.stack.place.database_url))
    evidence.for_visitors = {one.conversation_id: await _parts(one, one.conversation_id) for one in stage.visitors}
    evidence.for_team = await _parts_for_team(stage)
    evidence.diverged = stage.gave_up() + differences + _unlike(stage, evidence.for_team)
    await _count(stage, evidence)
    return evidence, seconds


async def _settle(stage: Stage) -> tuple[float, list[str]]:
    """First those who were there; then those who come back from long ago, which is work for the server."""
    seconds, differences = await _settle_some([one for one in stage.clients if one not in stage.away])
    stage.come_back()
    more_seconds, more_differences = await _settle_some(list(stage.away))
    return max(seconds, more_seconds), differences + more_differences


async def _settle_some(clients: list[Client]) -> tuple[float, list[str]]:
    began = now()
    answers = await asyncio.gather(*(settled(client, began + SETTLED_WITHIN_S) for client in clients))
    return max(at for at, _ in answers) - began, [one for _, differences in answers for one in differences]


async def _parts(client: Client, conversation_id: str) -> list[dict[str, Any]]:
    """The whole thread, page by page."""
    parts: list[dict[str, Any]] = []
    has_more = True
    while has_more:
        after = parts[-1]["seq"] if parts else 0
        page = await client.insist("GET", f"conversations/{conversation_id}/messages?after={after}&limit=100")
        parts += page["items"]
        has_more = page["has_more"]
    return parts


async def _parts_for_team(stage: Stage) -> Parts:
    """Every conversation, as one agent of its company reads it."""
    readers = {desk.company.slug: desk for desk in stage.desks}
    return {id_: await _parts(desk, id_) for desk in readers.values() for id_ in desk.conversation_ids}


def _unlike(stage: Stage, for_team: Parts) -> list[str]:
    found = []
    for desk in stage.desks:
        found += unlike(stage.followers[desk.name], {id_: for_team[id_] for id_ in desk.conversation_ids})
    return found


async def _count(stage: Stage, evidence: Evidence) -> None:
    """Who is told how many unread messages, and under which name the tables know them."""
    for visitor in stage.visitors:
        snapshot = await visitor.take_snapshot()
        evidence.conversations[visitor.name] = snapshot["conversations"]
        evidence.readers[visitor.name] = ("contact", snapshot["contact"]["id"])
    for desk in stage.desks:
        snapshot = await desk.take_snapshot()
        evidence.conversations[desk.name] = snapshot["items"]
        evidence.readers[desk.name] = ("agent", snapshot["agent"]["id"])
