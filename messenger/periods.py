"""Days of a company's calendar, from one to another, and the moments in UTC between which they lie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from .errors import DomainError
from .hours import zone_of
from .models import Tenant

MOST_DAYS = 366
USUAL_DAYS = 30
_EARLIEST, _LATEST = date(2000, 1, 1), date(2199, 12, 31)


class BadPeriod(DomainError):
    """Days that are no period, or too many of them."""

    status = 400
    code = "invalid_period"
    detail = f"A period goes from a day to the same or a later one, and has at most {MOST_DAYS} days."


@dataclass(frozen=True, slots=True)
class Period:
    """From the beginning of the first day to the end of the last, as the zone's clocks show them.

    A day lasts 23 or 25 hours where clocks are changed in it, and one that a zone left out lasts none.
    """

    first: date
    last: date
    zone: ZoneInfo

    @property
    def start(self) -> datetime:
        return _beginning(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return _beginning(self.last + timedelta(days=1), self.zone)

    def days(self) -> list[date]:
        return [self.first + timedelta(days=ahead) for ahead in range((self.last - self.first).days + 1)]


def period_for(tenant: Tenant, first: date | None = None, last: date | None = None) -> Period:
    """Return the period of these days; without a last one up to today, without a first one of 30 days.

    Raises BadPeriod.
    """
    zone = zone_of(tenant.time_zone)
    last = last or timezone.now().astimezone(zone).date()
    first = first or max(last, _EARLIEST + timedelta(days=USUAL_DAYS)) - timedelta(days=USUAL_DAYS - 1)
    if not _EARLIEST <= first <= last <= _LATEST or (last - first).days >= MOST_DAYS:
        raise BadPeriod(attr="from")
    return Period(first, last, zone)


def _beginning(day: date, zone: ZoneInfo) -> datetime:
    """The first of two midnights; where clocks jump over it, the moment of the jump."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
