"""Who may see a screen, and how a screen says no. The tenant comes from the session alone (I8)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django_htmx.middleware import HtmxDetails

from messenger.api.agent.auth import TENANT_HEADER, agent_of_session
from messenger.errors import DomainError, NotFound
from messenger.hours import zone_of
from messenger.models import Agent

P = ParamSpec("P")


class AgentRequest(HttpRequest):
    """A request of a signed-in agent."""

    agent: Agent
    htmx: HtmxDetails


def agent_required(
    view: Callable[Concatenate[AgentRequest, P], HttpResponseBase],
) -> Callable[Concatenate[AgentRequest, P], HttpResponseBase]:
    """Let agents in. Others go to the login or, without a membership, to a page that says so.

    A page names the tenant it was rendered for; when that is not the session's any more it gets 409 `tenant_switched`.
    What is not the tenant's does not exist: 404. Nothing is cached, so that nothing is readable after signing out.
    """

    @wraps(view)
    @never_cache
    def guarded(request: AgentRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_login(request)
        agent = agent_of_session(request)
        if agent is None:
            return render(request, "inbox/stranger.html", status=403)
        if request.headers.get(TENANT_HEADER, str(agent.tenant_id)) != str(agent.tenant_id):
            return HttpResponse("tenant_switched", status=409, content_type="text/plain")
        request.agent = agent
        try:
            with timezone.override(zone_of(agent.tenant.time_zone)):
                return view(request, *args, **kwargs)
        except NotFound:
            return render(request, "inbox/missing.html", status=404)
        except DomainError as refusal:  # Handled: a refusal is an answer, and the status says which.
            return HttpResponse(refusal.detail, status=refusal.status, content_type="text/plain")

    return guarded


def _to_login(request: AgentRequest) -> HttpResponse:
    """A page is redirected; a part of a page cannot be, so it gets 401, which makes the page go there."""
    login = resolve_url("inbox:login")
    if request.htmx or TENANT_HEADER in request.headers:
        response = HttpResponse(status=401)
        response["HX-Redirect"] = login
        return response
    return redirect(f"{login}?next={quote(request.get_full_path())}")
