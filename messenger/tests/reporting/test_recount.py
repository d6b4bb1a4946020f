"""Every report says what a recount of the threads says, wherever the days begin and the clocks are changed."""

from __future__ import annotations

from datetime import date

import pytest

from curbe.testing.scale import repetitions
from messenger.models import ContactMerge, Cycle
from messenger.reports import BY, REPORTS

from .playing import live
from .recounting import Recount, rounds_of

pytestmark = pytest.mark.django_db

PERIODS = [
    (date(2026, 3, 1), date(2026, 11, 30)),
    (date(2026, 3, 8), date(2026, 3, 8)),  # In Havana its first hour is missing.
    (date(2026, 3, 29), date(2026, 3, 29)),  # In Madrid 23 hours.
    (date(2026, 10, 25), date(2026, 10, 25)),  # In Madrid 25 hours.
    (date(2026, 11, 1), date(2026, 11, 1)),  # In Havana its first hour comes twice.
    (date(2026, 10, 31), date(2026, 11, 2)),
]


@pytest.mark.parametrize("seed", range(repetitions(small=1, full=5)))
def test_every_report_agrees_with_a_recount_of_the_threads(harbor, rival, seed):
    lives = [live(harbor, "Europe/Madrid", seed, 70), live(rival, "America/Havana", seed + 100, 70)]
    for life in lives:
        rounds = rounds_of(life)
        assert len(rounds) == Cycle.objects.filter(tenant=life.company.tenant).count()
        desk = life.company.desk()
        for first, last in PERIODS:
            recount = Recount(life, rounds, first, last)
            for report in REPORTS:
                for by in BY:
                    told = desk.get(f"reports/{report}", {"by": by, "from": str(first), "to": str(last)}).json()
                    compare(told, recount, report, by)
                compare_list(desk, recount, report)
    assert_it_was_worth_it(lives)


def compare(told, recount, report, by):
    where = f"{report} by {by}, {recount.first}–{recount.last}, {recount.zone}"
    everything = recount.figures(report, "all").get("all")
    if everything:
        assert told["totals"] == close_to(everything), where
    counted = recount.figures(report, by)
    shown = {row.pop("key"): row for row in told["series"] if row.pop("label") is not None}
    assert set(counted) <= set(shown), where
    for key, row in shown.items():
        if key in counted:
            assert row == close_to(counted[key]), f"{where}: {key}"
        else:
            assert not any(row.values()), f"{where}: {key}"  # A day on which nothing happened.
    assert by == "day" or set(shown) == set(counted), where


def close_to(figures):
    """Durations are whole seconds, shares have four digits."""
    rounded = {name: 0.51 if name.endswith("_s") else 0.0001 for name in figures}
    return {
        name: value if value is None else pytest.approx(value, abs=rounded[name]) for name, value in figures.items()
    }


def compare_list(desk, recount, report):
    """The cycles behind the figures, page after page, are the very ones that were counted."""
    query = {"by": "cycle", "from": str(recount.first), "to": str(recount.last), "limit": 7}
    listed, cursor = [], None
    while True:
        page = desk.get(f"reports/{report}", {**query, **({"cursor": cursor} if cursor else {})}).json()
        listed += [(one["conversation_id"], one["cycle"]) for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    counted = {(str(row.conversation_id), row.cycle) for _, row in recount.grouped(report, "all").get("all", [])}
    assert sorted(listed) == sorted(counted), report


def assert_it_was_worth_it(lives):
    """The control: what was played has the cases that the test is about."""
    rounds = [one for life in lives for one in rounds_of(life)]
    assert len(rounds) > 30
    assert any(one.cycle > 2 for one in rounds)
    assert any(one.spam for one in rounds)
    assert any(one.assisted and one.replied_at for one in rounds)
    assert any(one.asked_at and not one.replied_at for one in rounds)
    assert any(one.replied_at and not one.asked_at for one in rounds)
    assert any(one.closed_at and one.closed_at.month != one.started_at.month for one in rounds)
    assert ContactMerge.objects.exists()
