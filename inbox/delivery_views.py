"""The delivery self-test on the screen. Every agent sees what works; what to do is for admins."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from messenger import presence
from messenger.selftest import MOST_SKEW_S, Place, run_self_test

from . import screens
from .access import AgentRequest, agent_required
from .delivery_texts import delivery_texts


@require_safe
@agent_required
def delivery(request: AgentRequest) -> HttpResponse:
    """Run the checks, and leave to the page what only a browser can tell: its clock, and whether its socket hears."""
    address = urlsplit(request.build_absolute_uri("/"))
    place = Place(request.agent.tenant_id, f"{address.scheme}://{address.netloc}", request.get_host())
    context = {
        **screens.frame(request.agent, "delivery"),
        "findings": run_self_test(place),
        "server_time": round(timezone.now().timestamp() * 1000),
        "most_skew_s": MOST_SKEW_S,
        "delivery_texts": delivery_texts(),
    }
    return render(request, "inbox/delivery.html", context)


@require_POST
@agent_required
def echo(request: AgentRequest) -> HttpResponse:
    """Say to the team's sockets that the agent is there, as the page's own socket should then hear."""
    presence.agent_present(request.agent, is_active=True, last_active_at=timezone.now())
    response = HttpResponse(status=204)
    response["X-Server-Time"] = str(round(timezone.now().timestamp() * 1000))
    return response
