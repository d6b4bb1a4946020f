"""What a team's work comes to: five reports over a period, per day, agent or team. Every agent may see them.

Each reads the index of its period and nothing of the rest of history, in a constant number of queries. Durations are
seconds of the calendar, not of office hours. Median and p90 are nearest ranks: durations that somebody really had.
What was closed as spam is counted as volume and left out of how well the team did.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import (
    Avg,
    Case,
    Count,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    UUIDField,
    Value,
    When,
    Window,
)
from django.db.models.functions import RowNumber, TruncDate

from .models import Agent, Cycle, Rating, Team, Tenant
from .models.feedback import HIGHEST, LOWEST
from .periods import Period
from .shapes import ReportPayload

BY = ("day", "agent", "team")
# Scores from which a contact counts as happy.
HAPPY = 4

Key = date | uuid.UUID | int | None
Counted = dict[Key, dict[str, Any]]
_EVERYTHING = 0

_IS_CLOSED = Q(closed_at__isnull=False)
# Whose a cycle is: while it is open, whose its conversation is.
OWNER = {
    "agent": Case(When(_IS_CLOSED, then=F("agent")), default=F("conversation__assignee")),
    "team": Case(When(_IS_CLOSED, then=F("team")), default=F("conversation__team")),
}


# Which cycles a report counts, beside volume and ratings: those that began or were closed in the period, if so.
_COUNTED = {
    "first-response": ("started_at", Q(is_spam=False, first_contact_at__isnull=False)),
    "resolution": ("closed_at", Q(is_spam=False)),
    "assistant": (
        "started_at",
        Q(is_spam=False)
        & (Q(first_reply_at__isnull=False) | Q(assistant_reply_at__isnull=False) | Q(handed_off_at__isnull=False)),
    ),
}


class Grouping(NamedTuple):
    """Whose report, over which period, and by what: "day", "agent", "team", or "all" of it at once."""

    tenant_id: uuid.UUID
    period: Period
    by: str

    def cycles(self, at: str) -> QuerySet[Cycle]:
        """The cycles that began (`started_at`) or were closed (`closed_at`) in the period."""
        return cycles_in(self.tenant_id, self.period, at)

    def counted(self, name: str) -> QuerySet[Cycle]:
        """The cycles that the report counts."""
        return counted_in(name, self.tenant_id, self.period)[1]

    def key(self, at: str, **own: Any) -> Any:
        """What tells the groups apart; `own` names what is not simply the cycle's owner."""
        if self.by == "day":
            return TruncDate(at, tzinfo=self.period.zone)
        return Value(_EVERYTHING) if self.by == "all" else own.get(self.by, OWNER[self.by])


def report(name: str, tenant: Tenant, period: Period, by: str) -> ReportPayload:
    """Return one of the REPORTS: its totals, and its series by day (every one), agent or team (who has any)."""
    return {
        "report": name,
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "time_zone": period.zone.key,
        "by": by,
        "totals": totals(name, tenant, period),
        "series": series(name, tenant, period, by),
    }


def totals(name: str, tenant: Tenant, period: Period) -> dict[str, Any]:
    """Return what a report counts over the whole period."""
    count, shape = REPORTS[name]
    return shape(count(Grouping(tenant.id, period, "all")).get(_EVERYTHING, {}))


def series(name: str, tenant: Tenant, period: Period, by: str) -> list[dict[str, Any]]:
    """Return the figures of a report by day, in order; by agent or team by their names, nobody's last."""
    count, shape = REPORTS[name]
    groups = count(Grouping(tenant.id, period, by))
    keys = period.days() if by == "day" else list(groups)
    names = _names(tenant.id, by, keys)
    rows = [{"key": _text(key), "label": names[key], **shape(groups.get(key, {}))} for key in keys]
    return rows if by == "day" else sorted(rows, key=lambda row: (row["key"] is None, row["label"].lower()))


def cycles_in(tenant_id: uuid.UUID, period: Period, at: str) -> QuerySet[Cycle]:
    """The tenant's cycles that began (`started_at`) or were closed (`closed_at`) in the period."""
    within = {f"{at}__gte": period.start, f"{at}__lt": period.end}
    return Cycle.objects.filter(tenant_id=tenant_id, **within).order_by()


def counted_in(name: str, tenant_id: uuid.UUID, period: Period) -> tuple[str, QuerySet[Cycle]]:
    """The cycles that first-response, resolution or assistant counts, and the moment that lies in the period."""
    at, which = _COUNTED[name]
    return at, cycles_in(tenant_id, period, at).filter(which)


def ratings_in(tenant_id: uuid.UUID, period: Period) -> QuerySet[Rating]:
    """The tenant's ratings that were first given in the period."""
    within = {"created_at__gte": period.start, "created_at__lt": period.end}
    return Rating.objects.filter(tenant_id=tenant_id, **within).order_by()


def _volume(of: Grouping) -> Counted:
    began = of.cycles("started_at").values(key=of.key("started_at"))
    ended = of.cycles("closed_at").values(key=of.key("closed_at"))
    return _joined(
        began.annotate(new=Count("id", filter=Q(cycle=1)), reopened=Count("id", filter=Q(cycle__gt=1))),
        ended.annotate(closed=Count("id"), spam=Count("id", filter=Q(is_spam=True))),
    )


def _volume_shape(raw: dict[str, Any]) -> dict[str, Any]:
    counts = {name: raw.get(name, 0) for name in ("new", "reopened", "closed", "spam")}
    return {"started": counts["new"] + counts["reopened"], **counts}


def _first_response(of: Grouping) -> Counted:
    """Of those who wrote to the team first: who was answered by a person, and after how long."""
    rows = of.counted("first-response")
    rows = rows.annotate(took=F("first_reply_at") - F("first_contact_at"))
    key = of.key("started_at", agent=F("first_reply_agent"))
    counted = rows.values(key=key).annotate(asked=Count("id"), answered=Count("first_reply_at"), mean=Avg("took"))
    return _joined(counted, _ranked(rows.filter(first_reply_at__isnull=False), key))


def _first_response_shape(raw: dict[str, Any]) -> dict[str, Any]:
    asked, answered = raw.get("asked", 0), raw.get("answered", 0)
    return {"asked": asked, "answered": answered, "unanswered": asked - answered, **_durations(raw)}


def _resolution(of: Grouping) -> Counted:
    """From the start of a cycle to its closing."""
    rows = of.counted("resolution").annotate(took=F("closed_at") - F("started_at"))
    key = of.key("closed_at")
    return _joined(rows.values(key=key).annotate(resolved=Count("id"), mean=Avg("took")), _ranked(rows, key))


def _resolution_shape(raw: dict[str, Any]) -> dict[str, Any]:
    return {"resolved": raw.get("resolved", 0), **_durations(raw)}


def _csat(of: Grouping) -> Counted:
    rows = ratings_in(of.tenant_id, of.period)
    rated = Cycle.objects.filter(
        tenant_id=OuterRef("tenant_id"), conversation=OuterRef("conversation"), cycle=OuterRef("cycle")
    )
    key = of.key("created_at", agent=F("agent"), team=Subquery(rated.values("team")[:1], output_field=UUIDField()))
    scores = {f"score_{score}": Count("id", filter=Q(score=score)) for score in range(LOWEST, HIGHEST + 1)}
    return _joined(rows.values(key=key).annotate(**scores))


def _csat_shape(raw: dict[str, Any]) -> dict[str, Any]:
    scores = {score: raw.get(f"score_{score}", 0) for score in range(LOWEST, HIGHEST + 1)}
    ratings, happy = sum(scores.values()), sum(count for score, count in scores.items() if score >= HAPPY)
    mean = _share(sum(score * count for score, count in scores.items()), ratings)
    told = {"ratings": ratings, "mean_score": mean, "happy": happy, "happy_share": _share(happy, ratings)}
    return {**told, **{f"score_{score}": count for score, count in scores.items()}}


def _assistant(of: Grouping) -> Counted:
    """Of the cycles that were answered by anybody, or waited for somebody after the assistant had handed over.

    It solved alone what it answered, and what then nobody else had to. What people thought of that is counted, too.
    """
    rows = of.counted("assistant").annotate(score=_score_of_cycle())
    alone = Q(assistant_reply_at__isnull=False, first_reply_at=None, handed_off_at=None)
    counts = {
        "answered": Count("id", filter=Q(first_reply_at__isnull=False) | Q(assistant_reply_at__isnull=False)),
        "assistant": Count("assistant_reply_at"),
        "handed_off": Count("handed_off_at"),
        "alone": Count("id", filter=alone),
        "rated": Count("score", filter=alone),
        "mean_score": Avg("score", filter=alone),
    }
    return _joined(rows.values(key=of.key("started_at", agent=F("first_reply_agent"))).annotate(**counts))


def _assistant_shape(raw: dict[str, Any]) -> dict[str, Any]:
    names = ("answered", "assistant", "handed_off", "alone", "rated")
    answered, assistant, handed_off, alone, rated = (raw.get(name, 0) for name in names)
    counts = {"answered": answered, "by_assistant": assistant, "handed_off": handed_off, "alone": alone, "rated": rated}
    mean = raw.get("mean_score")
    shares = {"assistant_share": _share(assistant, answered), "alone_share": _share(alone, answered)}
    return {**counts, **shares, "mean_score": None if mean is None else round(mean, 4)}


def _score_of_cycle() -> Subquery:
    """The score that a cycle was given, if any."""
    own = Rating.objects.filter(
        tenant_id=OuterRef("tenant_id"), conversation=OuterRef("conversation"), cycle=OuterRef("cycle")
    )
    return Subquery(own.values("score")[:1], output_field=IntegerField())


REPORTS: dict[str, tuple[Callable[[Grouping], Counted], Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "volume": (_volume, _volume_shape),
    "first-response": (_first_response, _first_response_shape),
    "resolution": (_resolution, _resolution_shape),
    "csat": (_csat, _csat_shape),
    "assistant": (_assistant, _assistant_shape),
}


def _joined(*counted: Iterable[Any]) -> Counted:
    """What several queries counted, by the key of the group."""
    groups: Counted = defaultdict(dict)
    for rows in counted:
        for row in rows:
            groups[row["key"]] |= row
    return dict(groups)


def _ranked(rows: QuerySet[Any], key: Any) -> list[dict[str, Any]]:
    """Median and 90th percentile of each group's `took`: the first that no smaller part than 50 or 90 % reaches."""
    place = Window(RowNumber(), partition_by=[key], order_by=["took", "id"])
    ranked = rows.annotate(key=key, reached=place * 100, number=Window(Count("id"), partition_by=[key]))
    found = []
    for name, percent in (("median", 50), ("p90", 90)):
        goal = F("number") * percent
        those = ranked.filter(reached__gte=goal, reached__lt=goal + 100)
        found += [{"key": group, name: took} for group, took in those.values_list("key", "took")]
    return found


def _durations(raw: dict[str, Any]) -> dict[str, int | None]:
    return {f"{name}_s": seconds(raw.get(name)) for name in ("mean", "median", "p90")}


def seconds(took: timedelta | None) -> int | None:
    """A duration in whole seconds."""
    return None if took is None else round(took.total_seconds())


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _names(tenant_id: uuid.UUID, by: str, keys: Iterable[Key]) -> dict[Key, str]:
    """What people call the groups; "" for what belongs to nobody."""
    if by == "day":
        return {key: _text(key) or "" for key in keys}
    ids = [key for key in keys if isinstance(key, uuid.UUID)]
    named: dict[Key, str] = {None: ""}
    if by == "agent":
        named |= Agent.objects.filter(tenant_id=tenant_id, id__in=ids).values_list("id", "display_name")
    else:
        named |= Team.objects.filter(tenant_id=tenant_id, id__in=ids).values_list("id", "name")
    return named


def _text(key: Key) -> str | None:
    return key.isoformat() if isinstance(key, date) else None if key is None else str(key)
