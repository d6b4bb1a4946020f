"""Reports, which every agent of the tenant may see, as JSON and as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ... import report_cycles, reports, shapes
from ...errors import NotFound
from ...periods import Period, period_for
from ...sheets import as_csv
from ..fields import ListQuery, valid_query
from ..schema import answers
from .views import AgentView


class ReportQuery(ListQuery):
    """Which days of the company's calendar (by default the last 30), by what, and as what."""

    by = serializers.ChoiceField(choices=[*reports.BY, "cycle"], required=False, default="day")
    to = serializers.DateField(required=False, default=None, help_text="The last day of the period.")
    format = serializers.ChoiceField(choices=["json", "csv"], required=False, default="json")

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of the language."""
        first = serializers.DateField(required=False, default=None, help_text="The first day of the period.")
        return {"from": first, **super().get_fields()}


class ReportAnswer(TypedDict, total=False):
    """Totals and series; with `by=cycle` instead a page of the cycles behind them."""

    report: str
    time_zone: str
    by: str
    totals: dict[str, Any]
    series: list[dict[str, Any]]
    items: list[shapes.ReportCyclePayload]
    next: str | None


class ReportView(AgentView):
    """volume, first-response, resolution, csat or assistant."""

    @answers(
        ReportAnswer,
        also={400: "invalid_period, invalid_cursor", 404: "not_found"},
        parameters=[ReportQuery],
        operation_id="agent_report",
    )
    def get(self, request: Request, report: str) -> HttpResponseBase:
        if report not in reports.REPORTS:
            raise NotFound()
        query = valid_query(ReportQuery, request.query_params)
        period = period_for(self.agent.tenant, query["from"], query["to"])
        if query["format"] == "csv":
            return self._sheet(report, period, query["by"])
        if query["by"] == "cycle":
            page = report_cycles.cycle_page(
                report, self.agent.tenant, period, cursor=query.get("cursor"), limit=query["limit"]
            )
            return Response({"items": page.items, "next": page.next})
        return Response(reports.report(report, self.agent.tenant, period, query["by"]))

    def _sheet(self, report: str, period: Period, by: str) -> HttpResponse:
        is_cut = False
        if by == "cycle":
            cycles, is_cut = report_cycles.all_cycles(report, self.agent.tenant, period)
            rows, columns = [_flat(one) for one in cycles], list(_COLUMNS)
        else:
            told = reports.report(report, self.agent.tenant, period, by)
            rows, columns = told["series"], ["key", "label", *told["totals"]]
        response = HttpResponse(as_csv(rows, columns), content_type="text/csv; charset=utf-8")
        # Whoever opens the file later sees its name, and no header.
        part = f"-newest-{len(rows)}-only" if is_cut else ""
        name = f"{report}-by-{by}-{period.first}-{period.last}{part}.csv"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "private, no-store"
        return response


_COLUMNS = tuple(shapes.ReportCyclePayload.__annotations__)


def _flat(cycle: Mapping[str, Any]) -> dict[str, Any]:
    """People and teams by their names: a cell holds one value."""
    return dict(_cells(cycle))


def _cells(cycle: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in cycle.items():
        yield name, value["name"] if isinstance(value, dict) else value
