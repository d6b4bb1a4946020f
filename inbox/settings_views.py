"""An agent's own settings, and the texts to answer with."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from messenger import actions, composing, payloads
from messenger.errors import DomainError

from . import screens
from .access import AgentRequest, agent_required
from .settings_forms import AvailabilityForm, PreferencesForm, SavedReplyForm
from .views import valid

_MOST_REPLIES = 100


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def settings(request: AgentRequest) -> HttpResponse:
    """How the agent likes to work. Scripts save each change at once; without them there is a button."""
    present: dict[str, Any] = {**payloads.preferences(composing.preferences_of(request.agent))}
    form = PreferencesForm(request.POST or None, initial=present)
    if request.method == "POST" and form.is_valid():
        actions.set_preferences(by=request.agent, fields=form.cleaned_data)
        return HttpResponse(status=204) if request.htmx else redirect("inbox:settings")
    return render(request, "inbox/settings.html", {**screens.frame(request.agent, "settings"), "form": form})


@require_POST
@agent_required
def availability(request: AgentRequest) -> HttpResponse:
    """Say whether the agent answers at the moment."""
    agent = actions.set_availability(by=request.agent, **valid(AvailabilityForm(request.POST)))
    if request.htmx:
        return render(request, "inbox/_availability.html", {"agent": agent})
    return redirect("inbox:home")


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def replies(request: AgentRequest) -> HttpResponse:
    """The saved replies, and keeping another one."""
    return _replies(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def reply(request: AgentRequest, reply_id: uuid.UUID) -> HttpResponse:
    """One saved reply to change. Raises NotFound for another's."""
    return _replies(request, reply_id)


@require_POST
@agent_required
def forget_reply(request: AgentRequest, reply_id: uuid.UUID) -> HttpResponse:
    """Remove a saved reply."""
    actions.delete_saved_reply(by=request.agent, reply_id=reply_id)
    return redirect("inbox:replies")


def _replies(request: AgentRequest, reply_id: uuid.UUID | None) -> HttpResponse:
    """The list beside a form: empty, or of the reply that is changed. What cannot be kept is said beside its field."""
    known = composing.get_saved_reply_for(request.agent, reply_id) if reply_id else None
    chosen: dict[str, Any] | None = {**payloads.saved_reply(known)} if known else None
    form = SavedReplyForm(request.POST or None, initial=chosen, is_admin=request.agent.is_admin)
    if request.method == "POST" and form.is_valid() and _keep(request, reply_id, form):
        return redirect("inbox:replies")
    page = composing.saved_replies_page(request.agent, cursor=request.GET.get("cursor"), limit=_MOST_REPLIES)
    shown = {"form": form, "chosen": chosen, "replies": page.items, "next": page.next}
    return render(request, "inbox/replies.html", {**screens.frame(request.agent, "settings"), **shown})


def _keep(request: AgentRequest, reply_id: uuid.UUID | None, form: SavedReplyForm) -> bool:
    fields: dict[str, Any] = form.cleaned_data
    try:
        if reply_id:
            actions.update_saved_reply(by=request.agent, reply_id=reply_id, fields=fields)
        else:
            actions.create_saved_reply(by=request.agent, fields=fields)
    except DomainError as refusal:  # Handled: said where it belongs.
        form.refuse(refusal)
        return False
    return True
