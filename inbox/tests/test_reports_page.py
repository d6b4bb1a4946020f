"""The page of the reports: the same figures as the API, drawn and in tables, for every agent of the company."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from inbox.charts import columns
from inbox.report_forms import PeriodForm
from inbox.report_screens import report_page
from inbox.report_texts import TOLD, duration
from inbox.tests.pages import elements, text_of
from messenger import reports
from messenger.models import Cycle
from messenger.periods import period_for
from messenger.reports import REPORTS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def rated(harbor, guest, desk, chat):
    thread = chat["conversation"]["id"]
    desk.reply(thread, "Hello")
    desk.post(f"conversations/{thread}/close")
    guest.put(f"conversations/{thread}/rating", {"cycle": 1, "score": 5, "remark": "<b>Quick!</b>"})
    earlier = Cycle.objects.get().started_at - timedelta(hours=1)
    Cycle.objects.update(started_at=earlier, first_contact_at=earlier)  # Or they would have waited for no time.
    return thread


def test_it_tells_of_every_report_and_every_figure(harbor):
    period = period_for(harbor.tenant)
    assert set(TOLD) == set(REPORTS)
    for name, told in TOLD.items():
        known = set(reports.report(name, harbor.tenant, period, "day")["totals"])
        assert set(told.figures) | {"happy"} == known | {"happy"}
        assert set(told.drawn) <= set(told.figures)


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_drawn_and_told_in_tables(ada, rated, name):
    page = ada.get(f"/inbox/reports/{name}/")
    found = elements(page)
    links = [attrs["href"] for tag, attrs in found if tag == "a" and "format=csv" in attrs.get("href", "")]
    assert page.status_code == 200
    assert [link.partition("?")[2].partition("&")[0] for link in links] == ["by=agent", "by=team", "by=day", "by=cycle"]
    assert all(ada.get(link).status_code == 200 for link in links)
    assert name == "assistant" or any(tag == "rect" and "series-" in attrs.get("class", "") for tag, attrs in found)
    assert {"title", "desc"} <= {tag for tag, _ in found} or name == "assistant"
    assert "Ada" in text_of(page)


def test_the_page_counts_its_totals_once(harbor, rated):
    form = PeriodForm(harbor.tenant, {})
    with CaptureQueriesContext(connection) as made:
        report_page(harbor.ada, "volume", form)
    counts = [one["sql"] for one in made.captured_queries if "COUNT(" in one["sql"]]
    assert len(counts) == 2 * 4, "what began and what ended: in all, by day, by agent and by team"


def test_a_remark_is_shown_as_text(ada, rated):
    html = ada.get("/inbox/reports/csat/").content.decode()
    assert "&lt;b&gt;Quick!&lt;/b&gt;" in html
    assert f"/inbox/c/{rated}/" in html


def test_no_style_and_no_script_stands_in_the_page(ada, rated):
    found = elements(ada.get("/inbox/reports/"))
    assert not [attrs for _, attrs in found if "style" in attrs or any(name.startswith("on") for name in attrs)]
    assert not [attrs for tag, attrs in found if tag == "script" and "src" not in attrs and "json" not in attrs["type"]]


def test_an_empty_period_says_so(ada, rated):
    assert "Nothing to count" in text_of(ada.get("/inbox/reports/?first=2020-01-01&last=2020-01-31"))
    assert "Nothing to count" not in text_of(ada.get("/inbox/reports/?days=7"))  # The control.


@pytest.mark.parametrize("query", ["first=2026-02-02&last=2026-02-01", "first=2020-01-01&last=2026-01-01", "days=8"])
def test_what_is_no_period_is_told_beside_the_usual_one(ada, rated, query):
    page = ada.get(f"/inbox/reports/?{query}")
    assert page.status_code == 200
    assert "Volume" in text_of(page)
    assert "days" in query or "at most a year apart" in text_of(page)


def test_the_page_is_for_agents_of_the_company_alone(client, ada, rival_agent, rated):
    assert client.get("/inbox/reports/").status_code == 302
    assert rated not in rival_agent.get("/inbox/reports/").content.decode()
    assert rated in ada.get("/inbox/reports/").content.decode()
    assert ada.get("/inbox/reports/moods/").status_code == 404


def test_the_page_costs_the_same_whatever_it_shows(ada, harbor, desk, rated, count_queries):
    few = count_queries(lambda: ada.get("/inbox/reports/first-response/"))
    for number in range(12):
        desk.reply(harbor.browser().start(f"Question {number}")["conversation"]["id"], "Hello")
    assert count_queries(lambda: ada.get("/inbox/reports/first-response/")) <= few
    assert few <= 40


def test_a_chart_has_round_steps_and_stacked_columns():
    rows = [{"key": "a", "new": 3, "reopened": 1}, {"key": "b", "new": 0, "reopened": 0}]
    series = [("new", "New"), ("reopened", "Reopened")]
    chart = columns(rows, series, label=lambda row: row["key"], text=lambda value: f"{value:g}")
    assert chart is not None
    assert [mark.text for mark in chart.grid] == ["0", "1", "2", "3", "4"]
    below, above = chart.bars
    assert above.y + above.height == pytest.approx(below.y)
    assert (below.title, above.title) == ("a · New: 3", "a · Reopened: 1")
    assert columns(rows[1:], series, label=str, text=str) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (90_000, "1 d 1 h"),
        (3601, "1 h"),
    ],
)
def test_durations_are_told_in_their_largest_units(seconds, text):
    with translation.override("en"):
        assert duration(seconds) == text
