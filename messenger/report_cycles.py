"""The cycles behind the figures of a report, one by one, newest first."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from .models import Agent, Cycle, Rating, Team, Tenant
from .paging import Page, newest_first, one_after_the_other
from .payloads import display_name, timestamp
from .periods import Period
from .reports import counted_in, cycles_in, ratings_in, seconds
from .shapes import NamedPayload, ReportCyclePayload

_BATCH = 500
# What one export holds, the newest; a longer list is exported in shorter periods.
MOST_EXPORTED = 50_000

_AROUND = (
    "conversation__contact",
    "conversation__assignee",
    "conversation__team",
    "first_reply_agent",
    "agent",
    "team",
)


def cycle_page(name: str, tenant: Tenant, period: Period, *, cursor: str | None, limit: int) -> Page:
    """Return a page of the cycles that a report counts, in a constant number of queries. Raises BadCursor."""
    if name == "csat":
        page = newest_first(ratings_in(tenant.id, period), "created_at", cursor, limit)
        return Page(_shown(_rated(tenant.id, page.items), page.items), page.next)
    page_of = _volume if name == "volume" else partial(_counted, name)
    page = page_of(tenant.id, period, cursor, limit)
    return Page(_shown(page.items, _ratings_of(tenant.id, page.items)), page.next)


def all_cycles(name: str, tenant: Tenant, period: Period) -> tuple[list[ReportCyclePayload], bool]:
    """Return the cycles of all pages, at most MOST_EXPORTED, and whether there were more."""
    found: list[ReportCyclePayload] = []
    cursor: str | None = None
    while len(found) < MOST_EXPORTED:
        page = cycle_page(name, tenant, period, cursor=cursor, limit=min(_BATCH, MOST_EXPORTED - len(found)))
        found += page.items
        cursor = page.next
        if cursor is None:
            return found, False
    return found, True


def _volume(tenant_id: uuid.UUID, period: Period, cursor: str | None, limit: int) -> Page:
    """What began in the period, newest first; then what had begun before and was closed in it, last closed first."""
    began = cycles_in(tenant_id, period, "started_at").select_related(*_AROUND)
    ended = cycles_in(tenant_id, period, "closed_at").filter(started_at__lt=period.start).select_related(*_AROUND)
    return one_after_the_other((began, "started_at"), (ended, "closed_at"), cursor, limit)


def _counted(name: str, tenant_id: uuid.UUID, period: Period, cursor: str | None, limit: int) -> Page:
    at, rows = counted_in(name, tenant_id, period)
    return newest_first(rows.select_related(*_AROUND), at, cursor, limit)


def _rated(tenant_id: uuid.UUID, ratings: Sequence[Rating]) -> list[Cycle]:
    ids = {rating.conversation_id for rating in ratings}
    rows = Cycle.objects.filter(tenant_id=tenant_id, conversation__in=ids).select_related(*_AROUND)
    known = {(row.conversation_id, row.cycle): row for row in rows}
    return [known[key] for rating in ratings if (key := (rating.conversation_id, rating.cycle)) in known]


def _ratings_of(tenant_id: uuid.UUID, cycles: Sequence[Cycle]) -> list[Rating]:
    ids = {cycle.conversation_id for cycle in cycles}
    return list(Rating.objects.filter(tenant_id=tenant_id, conversation__in=ids))


def _shown(cycles: Sequence[Cycle], ratings: Sequence[Rating]) -> list[ReportCyclePayload]:
    known = {(rating.conversation_id, rating.cycle): rating for rating in ratings}
    return [_cycle(row, known.get((row.conversation_id, row.cycle))) for row in cycles]


def _cycle(row: Cycle, rating: Rating | None) -> ReportCyclePayload:
    is_closed = row.closed_at is not None
    contact = row.conversation.contact
    return {
        "conversation_id": str(row.conversation_id),
        "cycle": row.cycle,
        "contact": {"id": str(contact.id), "name": display_name(contact)},
        "started_at": timestamp(row.started_at),
        "first_contact_at": _moment(row.first_contact_at),
        "first_reply_at": _moment(row.first_reply_at),
        "first_reply_agent": _agent(row.first_reply_agent),
        "first_response_s": _between(row.first_contact_at, row.first_reply_at),
        "assistant_reply_at": _moment(row.assistant_reply_at),
        "handed_off_at": _moment(row.handed_off_at),
        "closed_at": _moment(row.closed_at),
        "resolution_s": _between(row.started_at, row.closed_at),
        "spam": row.is_spam,
        "agent": _agent(row.agent if is_closed else row.conversation.assignee),
        "team": _team(row.team if is_closed else row.conversation.team),
        "score": rating.score if rating else None,
        "remark": rating.remark or None if rating else None,
    }


def _moment(at: datetime | None) -> str | None:
    return timestamp(at) if at else None


def _between(start: datetime | None, end: datetime | None) -> int | None:
    return seconds(end - start) if start and end else None


def _agent(agent: Agent | None) -> NamedPayload | None:
    return {"id": str(agent.id), "name": agent.display_name} if agent else None


def _team(team: Team | None) -> NamedPayload | None:
    return {"id": str(team.id), "name": team.name} if team else None
