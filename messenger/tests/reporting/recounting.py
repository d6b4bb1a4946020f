"""The same figures counted again, in plain Python, from what the threads tell part by part."""

from __future__ import annotations

import math
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from messenger.models import Agent, Conversation, Message, Rating, Team

from .playing import Life


@dataclass
class Round:
    """A cycle as one reads it off the thread."""

    conversation_id: uuid.UUID
    cycle: int
    started_at: datetime
    agent: uuid.UUID | None = None
    team: uuid.UUID | None = None
    asked_at: datetime | None = None
    replied_at: datetime | None = None
    replied_by: uuid.UUID | None = None
    assisted: bool = False
    handed_off: bool = False
    score: int | None = None
    closed_at: datetime | None = None
    spam: bool = False


def rounds_of(life: Life) -> list[Round]:
    """Every cycle of the company, from its threads."""
    tenant = life.company.tenant
    agents = dict(Agent.objects.filter(tenant=tenant).values_list("display_name", "id"))
    teams = dict(Team.objects.filter(tenant=tenant).values_list("name", "id"))
    scores = {(one.conversation_id, one.cycle): one.score for one in Rating.objects.filter(tenant=tenant)}
    found: list[Round] = []
    for conversation in Conversation.objects.filter(tenant=tenant):
        assigned: dict[str, uuid.UUID | None] = {"agent": None, "team": None}
        current: Round | None = None
        for part in Message.objects.filter(conversation=conversation).order_by("seq"):
            name = (part.event or {}).get("name")
            if (current is None and part.kind == "message") or (name == "reopened" and found_any(found, conversation)):
                current = Round(conversation.id, part.cycle, part.created_at)
                found.append(current)
            if name == "assigned":
                assigned = {
                    "agent": agents.get((part.event or {})["assignee"]),
                    "team": teams.get((part.event or {})["team"]),
                }
            if current is not None:
                follow(current, part, name)
                if current.closed_at is None or name == "closed":
                    last = part.agent_id if name == "closed" else None
                    own = assigned["agent"] or last or (current.replied_by if name == "closed" else None)
                    current.agent, current.team = own, assigned["team"]
                current.spam = (conversation.id, current.cycle) in life.spam
                current.score = scores.get((conversation.id, current.cycle))
    return found


def found_any(found: list[Round], conversation: Conversation) -> bool:
    return any(one.conversation_id == conversation.id for one in found)


def follow(current: Round, part: Message, name: str | None) -> None:
    if name == "closed":
        current.closed_at = part.created_at
    if name == "handed_off":
        current.handed_off = True
    if part.kind != "message":
        return
    if part.author_kind == "assistant":
        current.assisted = True
    elif part.author_kind == "agent" and current.replied_at is None:
        current.replied_at, current.replied_by = part.created_at, part.agent_id
    elif part.author_kind == "contact" and current.replied_at is None and current.asked_at is None:
        current.asked_at = part.created_at


Keys = Callable[[Any, datetime], Any]


def within(at: datetime | None, zone: ZoneInfo, first: date, last: date) -> bool:
    return at is not None and first <= at.astimezone(zone).date() <= last


def rank(values: Iterable[float], percent: int) -> float | None:
    ordered = sorted(values)
    return ordered[math.ceil(len(ordered) * percent / 100) - 1] if ordered else None


def durations(values: list[float]) -> dict[str, float | None]:
    mean = sum(values) / len(values) if values else None
    return {"mean_s": mean, "median_s": rank(values, 50), "p90_s": rank(values, 90)}


def share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


@dataclass
class Recount:
    """The figures of a company over some days, by any key."""

    life: Life
    rounds: list[Round]
    first: date
    last: date

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.life.company.tenant.time_zone)

    def figures(self, report: str, by: str) -> dict[Any, dict[str, Any]]:
        groups: dict[Any, dict[str, Any]] = {}
        for key, members in self.grouped(report, by).items():
            groups[key] = getattr(self, f"_{report.replace('-', '_')}")(members)
        return groups

    def grouped(self, report: str, by: str) -> dict[Any, list[Any]]:
        """(row, at) of what the report counts, under the keys."""
        groups = defaultdict(list)
        for kind, row, at in self.counted(report):
            if within(at, self.zone, self.first, self.last):
                groups[self.key(report, by, row, at)].append((kind, row))
        return groups

    def counted(self, report: str) -> Iterable[tuple[str, Any, datetime | None]]:
        if report == "csat":
            ratings = Rating.objects.filter(tenant=self.life.company.tenant)
            yield from (("rated", rating, rating.created_at) for rating in ratings)
        for one in self.rounds:
            if report == "volume":
                yield "began", one, one.started_at
                yield "ended", one, one.closed_at
            elif report == "resolution" and not one.spam:
                yield "ended", one, one.closed_at
            elif report in {"first-response", "assistant"} and not one.spam and self.concerns(report, one):
                yield "began", one, one.started_at

    def concerns(self, report: str, one: Round) -> bool:
        if report == "first-response":
            return one.asked_at is not None
        return one.replied_at is not None or one.assisted or one.handed_off

    def key(self, report: str, by: str, row: Any, at: Any) -> Any:
        if by == "day":
            return at.astimezone(self.zone).date().isoformat()
        if by == "all":
            return "all"
        if report == "csat":
            same = (one for one in self.rounds if (one.conversation_id, one.cycle) == (row.conversation_id, row.cycle))
            owner = row.agent_id if by == "agent" else next(same).team
        elif by == "agent" and report in {"first-response", "assistant"}:
            owner = row.replied_by
        else:
            owner = row.agent if by == "agent" else row.team
        return str(owner) if owner else None

    def _volume(self, members: list[Any]) -> dict[str, Any]:
        began = [row for kind, row in members if kind == "began"]
        ended = [row for kind, row in members if kind == "ended"]
        new = sum(row.cycle == 1 for row in began)
        told = {"started": len(began), "new": new, "reopened": len(began) - new}
        return {**told, "closed": len(ended), "spam": sum(row.spam for row in ended)}

    def _first_response(self, members: list[Any]) -> dict[str, Any]:
        took = [(row.replied_at - row.asked_at).total_seconds() for _, row in members if row.replied_at]
        asked = len(members)
        return {"asked": asked, "answered": len(took), "unanswered": asked - len(took), **durations(took)}

    def _resolution(self, members: list[Any]) -> dict[str, Any]:
        took = [(row.closed_at - row.started_at).total_seconds() for _, row in members]
        return {"resolved": len(took), **durations(took)}

    def _csat(self, members: list[Any]) -> dict[str, Any]:
        scores = [row.score for _, row in members]
        happy = sum(score >= 4 for score in scores)
        told = {"ratings": len(scores), "mean_score": share(sum(scores), len(scores)), "happy": happy}
        told["happy_share"] = share(happy, len(scores))
        return told | {f"score_{score}": scores.count(score) for score in range(1, 6)}

    def _assistant(self, members: list[Any]) -> dict[str, Any]:
        rows = [row for _, row in members]
        answered = sum(row.assisted or row.replied_at is not None for row in rows)
        assisted = [row for row in rows if row.assisted]
        alone = [row for row in assisted if row.replied_at is None and not row.handed_off]
        scores = [row.score for row in alone if row.score is not None]
        told = {"answered": answered, "by_assistant": len(assisted), "handed_off": sum(row.handed_off for row in rows)}
        told |= {"alone": len(alone), "rated": len(scores), "mean_score": share(sum(scores), len(scores))}
        return told | {
            "assistant_share": share(len(assisted), answered),
            "alone_share": share(len(alone), answered),
        }
