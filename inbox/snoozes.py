"""Until when something can be put off, in words: reckoned in the time zone that is in force."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_MORNING = time(9)
_LATER = timedelta(hours=3)
_MONDAY = 0


def choices(now: datetime | None = None) -> list[tuple[str, Promise, datetime]]:
    """Return key, name and moment of each choice that makes sense at this time, the soonest first."""
    here = timezone.localtime(now)
    found = [(key, name, moment) for key, (name, when) in _CHOICES.items() if (moment := when(here))]
    return sorted(found, key=lambda choice: choice[2])


def moment_of(key: str, now: datetime | None = None) -> datetime | None:
    """Return until when a choice puts off that is made now; None for one that makes no sense at this time."""
    return next((moment for one, _name, moment in choices(now) if one == key), None)


def _later_today(here: datetime) -> datetime | None:
    """In three hours, at the next half hour, unless that is another day."""
    later = _after(here, _LATER)
    to_half = timedelta(minutes=-later.minute % 30, seconds=-later.second, microseconds=-later.microsecond)
    later = _after(later, to_half)
    return later if later.date() == here.date() else None


def _tomorrow(here: datetime) -> datetime:
    return _morning(here.date() + timedelta(days=1), here)


def _monday(here: datetime) -> datetime | None:
    """The next one, unless it is tomorrow."""
    days = (_MONDAY - here.weekday()) % 7 or 7
    return _morning(here.date() + timedelta(days=days), here) if days > 1 else None


def _next_week(here: datetime) -> datetime | None:
    """In seven days, unless that is the next Monday."""
    return _morning(here.date() + timedelta(days=7), here) if here.weekday() != _MONDAY else None


def _after(moment: datetime, passed: timedelta) -> datetime:
    """What the clocks show when so much time has passed, which is not what they would show if nobody changed them."""
    return (moment.astimezone(UTC) + passed).astimezone(moment.tzinfo)


def _morning(day: date, here: datetime) -> datetime:
    return datetime.combine(day, _MORNING, here.tzinfo)


_CHOICES: Mapping[str, tuple[Promise, Callable[[datetime], datetime | None]]] = {
    "later": (_("Later today"), _later_today),
    "tomorrow": (_("Tomorrow"), _tomorrow),
    "monday": (_("Monday"), _monday),
    "next_week": (_("In a week"), _next_week),
}
