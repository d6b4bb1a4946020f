"""Looking for people and for what was said, and opening a thread in its middle."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render, resolve_url
from django.views.decorators.http import require_safe

from messenger import search as everything
from messenger.models import Agent

from . import screens
from .access import AgentRequest, agent_required
from .forms import SearchQuery
from .views import number_in, valid

_HITS = 25


@require_safe
@agent_required
def search(request: AgentRequest) -> HttpResponse:
    """The search, with what was found when the address says what to look for."""
    query = valid(SearchQuery(request.GET))
    context = {**screens.frame(request.agent, "search"), **_found(request.agent, query["q"], "")}
    return render(request, "inbox/search.html", context)


@require_safe
@agent_required
def hits(request: AgentRequest) -> HttpResponse:
    """What was found, for as far as somebody has typed; or the next page of it."""
    query = valid(SearchQuery(request.GET))
    q, cursor = query["q"], query["cursor"]
    template = "inbox/_hits.html" if cursor else "inbox/_found.html"
    response = render(request, template, _found(request.agent, q, cursor))
    if not cursor:
        address = resolve_url("inbox:search")
        response["HX-Replace-Url"] = f"{address}?{urlencode({'q': q})}" if q else address
    return response


@require_safe
@agent_required
def newer(request: AgentRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Later parts of a thread that was opened in its middle."""
    after = number_in(request, "after")
    return render(request, "inbox/_newer.html", screens.newer_parts(request.agent, conversation_id, after))


def _found(agent: Agent, q: str, cursor: str) -> dict[str, Any]:
    page = everything.search(agent, q, cursor=cursor or None, limit=_HITS)
    people = [hit for hit in page.items if hit["type"] == "contact"]
    messages = [hit for hit in page.items if hit["type"] == "message"]
    more = page.more_people
    return {"agent": agent, "q": q, "people": people, "more_people": more, "hits": messages, "next": page.next}
