"""The page of the reports. Every agent of a company may look at them."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from messenger.errors import NotFound
from messenger.reports import REPORTS

from . import screens
from .access import AgentRequest, agent_required
from .report_forms import PeriodForm
from .report_screens import report_page


@require_safe
@agent_required
def report(request: AgentRequest, name: str = "volume") -> HttpResponse:
    """One of the reports over a period."""
    if name not in REPORTS:
        raise NotFound()
    form = PeriodForm(request.agent.tenant, request.GET)
    context = {**screens.frame(request.agent, "reports"), **report_page(request.agent, name, form)}
    return render(request, "inbox/reports.html", context)
