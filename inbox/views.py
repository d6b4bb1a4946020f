"""The agents' screens and parts of screens: check who asks, validate, one query or action, render."""

from __future__ import annotations

import uuid
from typing import Any, TypeVar

from django import forms
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from messenger import actions
from messenger.errors import DomainError, Invalid, NotFound
from messenger.models import User
from messenger.principals import SESSION_TENANT, memberships_of
from messenger.signing_in import with_status

from . import screens
from .access import AgentRequest, agent_required
from .forms import AssignForm, CloseForm, ListQuery, LiveQuery, LogQuery, SignInForm, TenantForm, ThreadQuery
from .lists import shown_list

F = TypeVar("F", bound=forms.Form)


class BadRequest(DomainError):
    """Parameters that no link or form of ours has."""

    status = 400
    code = "invalid"
    detail = "These parameters are not valid."


@method_decorator(never_cache, name="dispatch")
class SignIn(LoginView):
    """Sign in by e-mail address and password."""

    template_name = "inbox/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_invalid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        return with_status(super().form_invalid(form))


class SignOut(LogoutView):
    """Sign out; by POST only, so that no foreign page can do it."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        response: HttpResponse = super().post(request, *args, **kwargs)
        if isinstance(user, User):
            actions.end_agent_sockets(user)
        return response


@require_safe
@agent_required
def home(request: AgentRequest) -> HttpResponse:
    """The list, and no thread open."""
    return render(request, "inbox/home.html", _home(request))


@require_safe
@agent_required
def thread(request: AgentRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """A conversation beside the list; without the list when only the thread's place is asked for."""
    query = valid(ThreadQuery(request.GET))
    opened = screens.thread(request.agent, conversation_id, query["view"], query["at"])
    if request.htmx.target == "main":
        shown = {"query": shown_list(request.agent, query).query}
        return render(request, "inbox/_thread.html", {**shown, **opened})
    return render(request, "inbox/home.html", {**_home(request), **opened})


@require_safe
@agent_required
def rows(request: AgentRequest) -> HttpResponse:
    """The next page of the list."""
    query = valid(ListQuery(request.GET))
    shown = shown_list(request.agent, query)
    return render(request, "inbox/_rows.html", screens.conversation_list(request.agent, shown, query["cursor"]))


@require_safe
@agent_required
def live(request: AgentRequest) -> HttpResponse:
    """What changed: the page asks for this when the socket told it that something did."""
    return render(request, "inbox/_live.html", screens.news(request.agent, valid(LiveQuery(request.GET))))


@require_safe
@agent_required
def older(request: AgentRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Earlier parts of a thread."""
    before = number_in(request, "before")
    return render(request, "inbox/_older.html", screens.older_parts(request.agent, conversation_id, before))


@require_POST
@agent_required
def assign(request: AgentRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Give the conversation to an agent, to a team, or to nobody."""
    to = valid(AssignForm(request.POST))["to"]
    actions.assign(by=request.agent, conversation_id=conversation_id, to=to)
    return changed(request, conversation_id)


@require_POST
@agent_required
def close(request: AgentRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """End the conversation's cycle."""
    actions.close_conversation(by=request.agent, conversation_id=conversation_id, **valid(CloseForm(request.POST)))
    return changed(request, conversation_id)


@require_POST
@agent_required
def reopen(request: AgentRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Begin the conversation's next cycle."""
    actions.reopen_conversation(by=request.agent, conversation_id=conversation_id)
    return changed(request, conversation_id)


@require_safe
@agent_required
def log(request: AgentRequest) -> HttpResponse:
    """The chat log: one row per person."""
    query = valid(LogQuery(request.GET))
    context = {**screens.frame(request.agent, "log"), **screens.log_header(request.agent)}
    return render(request, "inbox/log.html", {**context, **screens.chat_log(request.agent, query["q"])})


@require_safe
@agent_required
def log_rows(request: AgentRequest) -> HttpResponse:
    """The next page of the chat log, or the first one of a search."""
    query = valid(LogQuery(request.GET))
    return render(request, "inbox/_log_rows.html", screens.chat_log(request.agent, query["q"], query["cursor"]))


@require_safe
@agent_required
def log_live(request: AgentRequest) -> HttpResponse:
    """What changed of the chat log."""
    return render(request, "inbox/_log_live.html", screens.chat_log_news(request.agent, valid(LogQuery(request.GET))))


@require_safe
@agent_required
def timeline(request: AgentRequest, contact_id: uuid.UUID) -> HttpResponse:
    """Everything a person said and was told, over all conversations."""
    cursor = valid(LogQuery(request.GET))["cursor"]
    return render(request, "inbox/_timeline.html", screens.timeline(request.agent, contact_id, cursor))


@require_POST
@agent_required
def switch_tenant(request: AgentRequest) -> HttpResponse:
    """Work in another company of the user's. Other tabs notice by the tenant their page names."""
    tenant_id = valid(TenantForm(request.POST))["tenant_id"]
    if tenant_id not in {one.tenant_id for one in memberships_of(request.agent.user_id)}:
        raise NotFound()
    request.session[SESSION_TENANT] = str(tenant_id)
    return redirect("inbox:home")


def _home(request: AgentRequest) -> dict[str, Any]:
    """The frame, the list that the address names, and what is above it."""
    framed = screens.frame(request.agent, "inbox")
    shown = shown_list(request.agent, valid(ListQuery(request.GET)))
    return {**framed, **screens.conversation_list(request.agent, shown), **screens.list_bar(request.agent, shown)}


def number_in(request: HttpRequest, name: str) -> int:
    """The number of a part in the address. Raises BadRequest for anything else."""
    given = request.GET.get(name, "")
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise BadRequest()
    return int(given)


def valid(form: F) -> dict[str, Any]:
    """The form's values. Raises BadRequest: our own pages never send anything else."""
    if not form.is_valid():
        raise BadRequest()
    return form.cleaned_data


def typed(form: F) -> dict[str, Any]:
    """What somebody has typed. Raises Invalid, which says what is wrong with the first field that cannot be read."""
    for name, errors in form.errors.items():
        raise Invalid(str(errors[0]), attr=name)
    return form.cleaned_data


def changed(request: AgentRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Done: a page with scripts reads what changed; one without gets the thread again."""
    if request.htmx:
        return HttpResponse(status=204)
    return redirect("inbox:thread", conversation_id)
