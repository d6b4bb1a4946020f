"""Office hours: a week of opening times in a company's time zone. Pure: no database, no clock of its own.

A week is `{"mon": [["09:00", "14:00"], ["16:00", "19:00"]], …}`: days from mon to sun, each with its intervals in
order. Days without an interval are left out, and an empty week means that it is always open.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

from .errors import Invalid

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_INTERVALS = 4
_MIDNIGHT = "24:00"  # The end of a day, for those who work until then.
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@cache
def time_zones() -> frozenset[str]:
    """Return the names of the time zones that mean the same on every machine."""
    return frozenset(zoneinfo.available_timezones() - {"localtime", "Factory"})


def check_zone(name: str) -> None:
    """Raise Invalid for what is no time zone of the IANA database, such as Europe/Madrid."""
    if name not in time_zones():
        raise Invalid("This is not a time zone, such as Europe/Madrid.", code="unknown_time_zone", attr="time_zone")


def check_hours(week: Any) -> None:
    """Raise Invalid for what is no week of opening times."""
    if not isinstance(week, dict) or not set(week) <= set(DAYS):
        raise _invalid("Office hours are given per day, from mon to sun.")
    for intervals in week.values():
        _check_day(intervals)


def zone_of(name: str) -> zoneinfo.ZoneInfo:
    """Return a company's time zone; UTC for one that is none, stored before zones were checked, or not known here.

    A time in UTC is better than no page.
    """
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return zoneinfo.ZoneInfo("UTC")


def opens_at(week: dict[str, Any], zone: str, now: datetime) -> datetime | None:
    """Return when it opens next, in UTC; None while it is open. `now` is aware.

    A week that is none, stored before weeks were checked, is always open.
    """
    if not week or not _is_week(week):
        return None
    for start, end in _openings(week, zone_of(zone), now):
        if end > now:
            return start if start > now else None
    return None


def _is_week(week: Any) -> bool:
    try:
        check_hours(week)
    except Invalid:
        return False  # Handled: nobody is told of hours that cannot be read.
    return True


def _openings(week: dict[str, Any], zone: zoneinfo.ZoneInfo, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The intervals from today on, for as long as it takes to reach each day of the week again."""
    today = now.astimezone(zone).date()
    for day in (today + timedelta(days=ahead) for ahead in range(len(DAYS) + 1)):
        for start, end in week.get(DAYS[day.weekday()], []):
            yield _moment(day, start, zone), _moment(day, end, zone)


def _moment(day: date, at: str, zone: zoneinfo.ZoneInfo) -> datetime:
    """In UTC, because clocks that are put back repeat an hour."""
    if at == _MIDNIGHT:
        return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    return datetime.combine(day, time.fromisoformat(at), zone).astimezone(UTC)


def _check_day(intervals: Any) -> None:
    if not isinstance(intervals, list) or not 0 < len(intervals) <= MOST_INTERVALS:
        raise _invalid(f"A day has 1 to {MOST_INTERVALS} intervals; leave out a day on which you are closed.")
    for interval in intervals:
        if not isinstance(interval, list) or len(interval) != 2 or not all(map(_is_time, interval)):
            raise _invalid('An interval is two times, such as ["09:00", "17:30"].')
        if not _TIME.fullmatch(interval[0]) or interval[0] >= interval[1]:
            raise _invalid("An interval ends after it begins; one over midnight belongs to two days.")
    if any(after[0] < before[1] for before, after in pairwise(intervals)):
        raise _invalid("The intervals of a day follow each other.")


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and (value == _MIDNIGHT or _TIME.fullmatch(value) is not None)


def _invalid(detail: str) -> Invalid:
    return Invalid(detail, code="invalid_office_hours", attr="office_hours")
