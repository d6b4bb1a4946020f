"""The help article that an answer of the assistant cites, for agents to read."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from messenger import articles

from . import screens
from .access import AgentRequest, agent_required


@require_safe
@agent_required
def article(request: AgentRequest, locale: str, slug: str) -> HttpResponse:
    """The article as visitors read it; one that was withdrawn since says so."""
    cited = articles.get_cited(request.agent, locale, slug)
    return render(request, "inbox/article.html", {**screens.frame(request.agent, "article"), "article": cited})
