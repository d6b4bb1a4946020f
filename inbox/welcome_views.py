"""The first five minutes: a fresh install is given its company, and waits for the first page view of its site."""

from __future__ import annotations

from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from messenger import actions, install
from messenger.errors import Forbidden, NotFound
from messenger.first_run import is_fresh

from . import screens
from .access import AgentRequest, agent_required
from .welcome_forms import WelcomeForm


@require_safe
@never_cache
def front(request: HttpRequest) -> HttpResponse:
    """The front door: to the inbox, or where a fresh install begins."""
    return redirect("welcome" if is_fresh() else "inbox:home")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("code", "password")
def welcome(request: HttpRequest) -> HttpResponse:
    """Set a fresh install up. Once there is anybody this page does not exist; without the code nothing happens."""
    if not is_fresh():
        raise Http404
    if request.method != "POST":
        return render(request, "inbox/welcome.html", {"form": WelcomeForm()})
    form = WelcomeForm(request.POST)
    if not form.is_valid():
        return render(request, "inbox/welcome.html", {"form": form}, status=403 if form.is_strange else 422)
    try:
        agent, _widget = actions.found_company(
            tenant=form.tenant(), site=form.cleaned_data["site"], founder=form.founder()
        )
    except NotFound as error:
        raise Http404 from error  # Somebody was faster.
    login(request, agent.user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("inbox:install")


@require_safe
@agent_required
def installing(request: AgentRequest) -> HttpResponse:
    """The line to paste, and whether a page with it was seen. For admins, to whom widgets belong."""
    return _installing(request, "inbox/install.html", screens.frame(request.agent, "delivery"))


@require_safe
@agent_required
def first_view(request: AgentRequest) -> HttpResponse:
    """Whether a page was seen by now: asked for again and again until one was."""
    return _installing(request, "inbox/_first_view.html", {})


def _installing(request: AgentRequest, template: str, context: dict[str, object]) -> HttpResponse:
    if not request.agent.is_admin:
        raise Forbidden()
    widgets = install.widgets_to_paste(request.agent)
    return render(request, template, {**context, "widgets": widgets, "seen": install.first_seen(request.agent)})
