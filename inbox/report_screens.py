"""What the page of a report shows: totals, a chart per day, and the same figures as tables."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from messenger import report_cycles, reports
from messenger.models import Agent
from messenger.periods import Period

from .charts import columns
from .report_forms import CHOICES, PeriodForm
from .report_texts import TOLD, days_text, duration, written

_LATEST = 10


def report_page(agent: Agent, name: str, form: PeriodForm) -> dict[str, Any]:
    """Return everything of a report for the period in a checked form."""
    form.is_valid()
    period: Period = form.cleaned_data["period"]
    totals = reports.totals(name, agent.tenant, period)
    by_day = reports.series(name, agent.tenant, period, "day")
    told = TOLD[name]
    return {
        "report": name,
        "told": told,
        "period": period,
        "form": form,
        "choices": _choices(form),
        "tabs": [(key, one.name) for key, one in TOLD.items()],
        "query": _query(form, period),
        "export": f"from={period.first}&to={period.last}&format=csv",
        "totals": _cells(name, totals),
        "is_empty": not any(totals.values()),
        "chart": _chart(name, by_day),
        "tables": [_table(name, by, agent, period) for by in ("agent", "team")],
        "days": _rows(name, by_day, "day"),
        "figures": list(told.figures.values()),
        "latest": report_cycles.cycle_page(name, agent.tenant, period, cursor=None, limit=_LATEST).items,
    }


def _choices(form: PeriodForm) -> list[tuple[int, str, bool]]:
    """The usual periods; the one of 30 days is what the page opens with."""
    chosen = form.cleaned_data.get("days") or (0 if form.data.get("first") or form.data.get("last") else 30)
    return [(days, days_text(days), days == chosen) for days in CHOICES]


def _query(form: PeriodForm, period: Period) -> str:
    if days := form.cleaned_data.get("days"):
        return urlencode({"days": days})
    return urlencode({"first": period.first, "last": period.last}) if form.data else ""


def _cells(name: str, figures: dict[str, Any]) -> list[tuple[Any, str]]:
    return [(label, written(key, figures[key])) for key, label in TOLD[name].figures.items()]


def _chart(name: str, series: list[dict[str, Any]]) -> Any:
    told = TOLD[name]
    drawn = [(key, str(told.figures[key])) for key in told.drawn]
    text = duration if told.is_time else lambda value: f"{value:g}"
    return columns(series, drawn, label=lambda row: _day(row["key"]), text=text, is_time=told.is_time)


def _table(name: str, by: str, agent: Agent, period: Period) -> dict[str, Any]:
    series = reports.series(name, agent.tenant, period, by)
    heading = _("Agent") if by == "agent" else _("Team")
    return {"by": by, "heading": heading, "rows": _rows(name, series, by)}


def _rows(name: str, series: list[dict[str, Any]], by: str) -> list[tuple[str, list[str]]]:
    nobody = _("Nobody") if by == "agent" else _("No team")
    rows = []
    for row in series:
        label = _day(row["key"]) if by == "day" else row["label"] or nobody
        rows.append((label, [written(key, row[key]) for key in TOLD[name].figures]))
    return rows


def _day(key: str) -> str:
    return formats.date_format(date.fromisoformat(key), pgettext("Django's format of a day", "M j"))
