"""The doors of the reports: who may see what, which periods there are, what a CSV file holds."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from curbe.testing.clients import Desk
from messenger.models import Agent, Conversation, Cycle, Message, Rating, Team, Tenant
from messenger.periods import BadPeriod, Period, period_for
from messenger.reports import BY, REPORTS
from messenger.sheets import safe_cell

pytestmark = pytest.mark.django_db


@pytest.fixture
def rated(harbor, guest, desk, chat):
    """A conversation that was answered, closed and rated today."""
    thread = chat["conversation"]["id"]
    desk.reply(thread, "Hello")
    desk.post(f"conversations/{thread}/close")
    assert guest.put(f"conversations/{thread}/rating", {"cycle": 1, "score": 5}).status_code == 200
    return thread


def refusal(answer):
    return answer.status_code, answer.json()["errors"][0]["code"], answer.json()["errors"][0]["attr"]


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("by", [*BY, "cycle"])
def test_a_report_shows_its_tenant_alone(harbor, rival, rated, report, by):
    query = {"by": by}
    others = rival.desk().get(f"reports/{report}", query)
    own = harbor.desk(harbor.ben).get(f"reports/{report}", query)  # Every agent may see it.
    assert (others.status_code, own.status_code) == (200, 200)
    for secret in (rated, str(harbor.ada.id), "Ada"):
        assert secret not in others.content.decode()
    if by == "cycle":
        assert others.json()["items"] == []
    else:
        assert not any(others.json()["totals"].values())
        assert report == "assistant" or any(own.json()["totals"].values())  # The control.


def test_a_report_is_for_agents(harbor, guest, rated):
    assert Desk(bearer="").get("reports/volume").status_code == 401
    assert Desk(bearer=guest.bearer).get("reports/volume").status_code == 401
    assert harbor.desk().get("reports/moods").status_code == 404


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        ("2026-02-02", "2026-02-01", "invalid_period"),
        ("2024-01-01", "2026-01-01", "invalid_period"),
        ("0001-01-01", "0001-01-02", "invalid_period"),
        ("9999-12-30", "9999-12-31", "invalid_period"),
        ("yesterday", "2026-02-01", "invalid"),
    ],
)
def test_it_refuses_what_is_no_period(desk, first, last, code):
    assert refusal(desk.get("reports/volume", {"from": first, "to": last})) == (400, code, "from")
    assert desk.get("reports/volume", {"from": "2026-01-31", "to": "2026-02-01"}).status_code == 200  # The control.


def test_it_refuses_a_grouping_or_format_that_there_is_not(desk):
    assert refusal(desk.get("reports/volume", {"by": "mood"}))[::2] == (400, "by")
    assert refusal(desk.get("reports/volume", {"format": "pdf"}))[::2] == (400, "format")
    assert refusal(desk.get("reports/volume", {"by": "cycle", "cursor": "x"}))[:2] == (400, "invalid_cursor")


def test_a_period_is_at_most_a_year_and_by_default_thirty_days(harbor):
    first, last = date(2024, 1, 1), date(2024, 12, 31)
    assert len(period_for(harbor.tenant, first, last).days()) == 366
    with pytest.raises(BadPeriod):
        period_for(harbor.tenant, first, last + timedelta(days=1))
    usual = period_for(harbor.tenant)
    assert (usual.last, len(usual.days())) == (timezone.now().date(), 30)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Madrid", date(2026, 3, 29), 23),
        ("Europe/Madrid", date(2026, 10, 25), 25),
        ("America/Havana", date(2026, 3, 8), 23),  # Its first hour is missing.
        ("America/Havana", date(2026, 11, 1), 25),  # Its first hour comes twice.
        ("Pacific/Apia", date(2011, 12, 30), 0),  # Left out.
        ("Asia/Kolkata", date(2026, 3, 29), 24),
    ],
)
def test_a_day_lasts_as_long_as_the_clocks_say(harbor, zone, day, hours):
    period = period_for(Tenant(time_zone=zone), day, day)
    assert period.end - period.start == timedelta(hours=hours)
    assert period.start.astimezone(period.zone).date() in {day, day + timedelta(days=1)}


def test_a_company_without_a_zone_that_is_one_gets_utc(harbor):
    assert period_for(Tenant(time_zone="Mars/Olympus")).zone.key == "UTC"


def test_days_without_anything_are_there_too(desk, rated):
    today = timezone.now().date()
    series = desk.get("reports/volume", {"from": str(today - timedelta(days=2)), "to": str(today)}).json()["series"]
    assert [row["key"] for row in series] == [str(today - timedelta(days=ago)) for ago in (2, 1, 0)]
    assert [row["started"] for row in series] == [0, 0, 1]


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("by", [*BY, "cycle"])
def test_a_report_costs_the_same_whatever_it_counts(harbor, guest, desk, rated, count_queries, report, by):
    def ask():
        assert desk.get(f"reports/{report}", {"by": by}).status_code == 200

    ask()
    few = count_queries(ask)
    for number in range(5):
        browser = harbor.browser()
        thread = browser.start(f"Question {number}")["conversation"]["id"]
        harbor.desk(harbor.ben).reply(thread, "Hello")
        desk.post(f"conversations/{thread}/close")
    assert count_queries(ask) == few
    assert few <= 12


def test_a_rating_counts_for_the_team_that_closed(harbor, guest, desk, chat):
    thread, team = chat["conversation"]["id"], Team.objects.create(tenant=harbor.tenant, name="Returns")
    desk.post(f"conversations/{thread}/assign", {"team_id": str(team.id)})
    desk.reply(thread, "Hello")
    desk.post(f"conversations/{thread}/close")
    guest.put(f"conversations/{thread}/rating", {"cycle": 1, "score": 5})
    desk.post(f"conversations/{thread}/assign", {"team_id": None})  # Later, which changes nothing.
    for report in ("csat", "volume", "resolution"):
        (row,) = desk.get(f"reports/{report}", {"by": "team"}).json()["series"]
        assert (row["key"], row["label"]) == (str(team.id), "Returns")


# CSV


def sheet(answer):
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_a_sheet_holds_the_series(desk, rated):
    answer = desk.get("reports/csat", {"by": "agent", "format": "csv"})
    heading, ada = sheet(answer)
    assert heading[:5] == ["key", "label", "ratings", "mean_score", "happy"]
    assert ada[1:5] == ["Ada", "1", "5.0", "1"]
    assert 'attachment; filename="csat-by-agent-' in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "＝"])
def test_s45_no_cell_is_a_formula(harbor, guest, desk, rated, start):
    hostile = f'{start}HYPERLINK("https://evil.example")'
    Agent.objects.filter(id=harbor.ada.id).update(display_name=hostile)
    type(guest.contact).objects.filter(id=guest.contact.id).update(name=hostile)
    Rating.objects.update(remark=hostile)
    by_agent = sheet(desk.get("reports/volume", {"by": "agent", "format": "csv"}))
    (_, by_cycle) = sheet(desk.get("reports/csat", {"by": "cycle", "format": "csv"}))
    cells = [cell for row in [*by_agent, by_cycle] for cell in row if "HYPERLINK" in cell]
    assert len(cells) >= 4
    assert all(cell.startswith("'") for cell in cells)


def test_s45_what_is_no_formula_stays_as_it_is():
    assert [safe_cell(value) for value in ("Ada", "a=b", "", 3, -2.5, None)] == ["Ada", "a=b", "", 3, -2.5, ""]


def test_a_list_of_cycles_is_exported_whole(harbor, desk, monkeypatch):
    from messenger import report_cycles

    monkeypatch.setattr(report_cycles, "_BATCH", 2)
    for number in range(5):
        harbor.browser().start(f"Question {number}")
    heading, *rows = sheet(desk.get("reports/volume", {"by": "cycle", "format": "csv"}))
    assert (heading[0], len(rows)) == ("conversation_id", 5)


def test_a_list_that_was_cut_says_so_in_its_name(harbor, desk, monkeypatch):
    from messenger import report_cycles

    monkeypatch.setattr(report_cycles, "MOST_EXPORTED", 3)
    names = []
    for number in range(4):
        harbor.browser().start(f"Question {number}")
        answer = desk.get("reports/volume", {"by": "cycle", "format": "csv"})
        names.append(answer["Content-Disposition"].partition("-only")[0][-8:])
        assert len(sheet(answer)) - 1 == min(number + 1, 3)
    assert names[3] == "newest-3"
    assert "newest" not in "".join(names[:3])


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_the_list_of_a_report_is_what_it_counts(harbor, desk, limit):
    """Of what began before the period and was closed in it, and of what people alone have answered, too."""
    before, answered, fresh = (harbor.browser().start(text)["conversation"]["id"] for text in ("Old", "New", "Open"))
    desk.reply(answered, "Hello")
    Cycle.objects.filter(conversation=before).update(started_at=timezone.now() - timedelta(days=60))
    desk.post(f"conversations/{before}/close")
    assert listed(desk, "volume", limit) == [fresh, answered, before]
    totals = desk.get("reports/volume", {"by": "day"}).json()["totals"]
    assert (totals["started"], totals["closed"]) == (2, 1)
    for report, figure, those in (
        ("resolution", "resolved", [before]),
        ("first-response", "asked", [fresh, answered]),
        ("assistant", "answered", [answered]),
    ):
        assert listed(desk, report, limit) == those
        assert desk.get(f"reports/{report}", {"by": "day"}).json()["totals"][figure] == len(those)


def listed(desk, report, limit):
    """The conversations of all pages."""
    page = desk.get(f"reports/{report}", {"by": "cycle", "limit": limit}).json()
    found = page["items"]
    while page["next"]:
        page = desk.get(f"reports/{report}", {"by": "cycle", "limit": limit, "cursor": page["next"]}).json()
        found += page["items"]
    return [one["conversation_id"] for one in found]


# Cost


def test_a_report_walks_the_index_of_its_period(harbor, desk, chat):
    """The rest of history is not read: the plan names the index, and on SQLite nothing is scanned."""
    period = Period(date(2026, 1, 1), date(2026, 1, 31), period_for(harbor.tenant).zone)
    crowd(harbor, 3000)
    from messenger.reports import cycles_in, ratings_in

    plans = {
        "cycle_started": cycles_in(harbor.tenant.id, period, "started_at").values("cycle"),
        "cycle_ended": cycles_in(harbor.tenant.id, period, "closed_at").values("cycle"),
        "rating_given": ratings_in(harbor.tenant.id, period).values("score"),
    }
    for index, rows in plans.items():
        plan = rows.explain()
        assert index in plan, plan
        assert "Seq Scan" not in plan
        assert "SCAN" not in plan.upper().replace("INDEX SCAN", "").replace("BITMAP HEAP SCAN", "")


def crowd(company, number):
    """As many cycles, over some years."""
    template = Conversation.objects.get(tenant=company.tenant)
    start = datetime(2020, 1, 1, tzinfo=UTC)
    shared = {"tenant": company.tenant, "conversation": template}
    rows = [
        Cycle(
            **shared,
            cycle=number + 2,
            started_at=start + timedelta(hours=20 * number),
            closed_at=start + timedelta(hours=20 * number + 1),
        )
        for number in range(number)
    ]
    Cycle.objects.bulk_create(rows)
    told = {"kind": "event", "author_kind": "system", "event": {"name": "rated"}, "contact": template.contact}
    parts = [
        Message(**shared, **told, seq=row.cycle, visible_seq=row.cycle, created_at=row.closed_at) for row in rows[:1000]
    ]
    Message.objects.bulk_create(parts)
    Rating.objects.bulk_create(
        Rating(**shared, cycle=one.seq, score=3, part=one, created_at=one.created_at, updated_at=one.created_at)
        for one in parts
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
