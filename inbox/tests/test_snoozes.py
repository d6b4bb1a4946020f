"""Until when something is put off, in words: what makes sense depends on the day, and on where the company is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from inbox import snoozes

MADRID = ZoneInfo("Europe/Madrid")


def offered(at: str) -> dict[str, str]:
    with timezone.override(MADRID):
        now = datetime.fromisoformat(at).replace(tzinfo=MADRID)
        return {key: f"{moment:%a %d %H:%M}" for key, _name, moment in snoozes.choices(now)}


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (
            "2026-03-04T10:10",
            {
                "later": "Wed 04 13:30",
                "tomorrow": "Thu 05 09:00",
                "monday": "Mon 09 09:00",
                "next_week": "Wed 11 09:00",
            },
        ),
        # Too late for today; and Monday is tomorrow.
        ("2026-03-08T22:30", {"tomorrow": "Mon 09 09:00", "next_week": "Sun 15 09:00"}),
        # Monday itself: the next one is in a week.
        ("2026-03-09T08:00", {"later": "Mon 09 11:00", "tomorrow": "Tue 10 09:00", "monday": "Mon 16 09:00"}),
        # The clocks are put forward in the night to Sunday 29: nine in the morning is nine in the morning.
        (
            "2026-03-28T20:00",
            {"later": "Sat 28 23:00", "tomorrow": "Sun 29 09:00", "monday": "Mon 30 09:00"}
            | {"next_week": "Sat 04 09:00"},
        ),
    ],
)
def test_the_choices_are_those_that_make_sense(at, expected):
    assert offered(at) == expected


def test_nine_in_the_morning_is_that_of_the_company():
    with timezone.override(MADRID):
        now = datetime(2026, 3, 28, 20, tzinfo=MADRID)
        moment = snoozes.moment_of("tomorrow", now)
    assert moment is not None
    assert moment.astimezone(ZoneInfo("UTC")).hour == 7


def test_an_unknown_choice_is_none():
    assert snoozes.moment_of("never") is None


@pytest.mark.parametrize(("at", "until"), [("2026-03-29T00:40", "05:00"), ("2026-10-25T00:40", "03:00")])
def test_three_hours_are_three_hours_also_when_the_clocks_are_changed(at, until):
    with timezone.override(MADRID):
        now = datetime.fromisoformat(at).replace(tzinfo=MADRID)
        moment = snoozes.moment_of("later", now)
    assert moment is not None
    assert f"{moment:%H:%M}" == until
    assert moment.astimezone(UTC) - now.astimezone(UTC) == timedelta(hours=3, minutes=20)
