"""What an agent does with a conversation, or with many; keeping lists; and finding things by their names."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django import forms
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from messenger import actions, bulk

from . import screens
from .access import AgentRequest, agent_required
from .forms import (
    AssignForm,
    BulkForm,
    CloseForm,
    ColleagueForm,
    FindForm,
    ListQuery,
    MuteForm,
    PriorityForm,
    ReopenForm,
    SavedViewForm,
    SnoozeForm,
    SubjectForm,
    TagForm,
)
from .lists import shown_list
from .views import changed, valid

# The forms of the verbs over many conversations.
_FORMS: dict[str, type[forms.Form]] = {
    "assign": AssignForm,
    "close": CloseForm,
    "reopen": ReopenForm,
    "snooze": SnoozeForm,
    "tag": TagForm,
    "untag": TagForm,
    "priority": PriorityForm,
    "participants": ColleagueForm,
}


@require_POST
@agent_required
def snooze(request: AgentRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Put the conversation off."""
    until = valid(SnoozeForm(request.POST))["until"]
    actions.snooze_conversation(by=request.agent, conversation_id=conversation_id, until=until)
    return changed(request, conversation_id)


@require_POST
@agent_required
def tag(request: AgentRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Mark the conversation, with a tag that there is or a new one."""
    name = valid(TagForm(request.POST))["name"]
    actions.tag_conversation(by=request.agent, conversation_id=conversation_id, name=name)
    return changed(request, conversation_id)


@require_POST
@agent_required
def untag(request: AgentRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Take a tag off the conversation."""
    name = valid(TagForm(request.POST))["name"]
    actions.untag_conversation(by=request.agent, conversation_id=conversation_id, name=name)
    return changed(request, conversation_id)


@require_POST
@agent_required
def priority(request: AgentRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Say how urgent the conversation is."""
    fields = valid(PriorityForm(request.POST))
    actions.describe_conversation(by=request.agent, conversation_id=conversation_id, fields=fields)
    return changed(request, conversation_id)


@require_POST
@agent_required
def subject(request: AgentRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Say what the conversation is about."""
    fields = valid(SubjectForm(request.POST))
    actions.describe_conversation(by=request.agent, conversation_id=conversation_id, fields=fields)
    return changed(request, conversation_id)


@require_POST
@agent_required
def invite(request: AgentRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Let a colleague take part."""
    agent_id = valid(ColleagueForm(request.POST))["agent_id"]
    actions.add_participant(by=request.agent, conversation_id=conversation_id, agent_id=agent_id)
    return changed(request, conversation_id)


@require_POST
@agent_required
def mute(request: AgentRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Be told of the conversation no more, or again. No log tells the page of it, so the answer does."""
    on = valid(MuteForm(request.POST))["on"]
    actions.mute_conversation(by=request.agent, conversation_id=conversation_id, on=on)
    response = changed(request, conversation_id)
    response["HX-Trigger"] = json.dumps({"curbe:muted": {"conversation": str(conversation_id), "on": on}})
    return response


@require_POST
@agent_required
def change_many(request: AgentRequest) -> HttpResponse:
    """Do one thing to many conversations; the answer says what came of it for each."""
    chosen = valid(BulkForm(request.POST))
    given = valid(_FORMS[chosen["verb"]](request.POST))
    arguments = {"fields": given} if chosen["verb"] == "priority" else given
    outcomes = bulk.change_each(by=request.agent, verb=chosen["verb"], ids=chosen["ids"], arguments=arguments)
    return JsonResponse({"items": outcomes})


@require_POST
@agent_required
def keep_view(request: AgentRequest) -> HttpResponse:
    """Keep the list that the page's address names."""
    shown = shown_list(request.agent, valid(ListQuery(request.GET)))
    filters: dict[str, Any] = {**shown.filters, "sort": shown.sort}
    view = actions.create_view(by=request.agent, fields={**valid(SavedViewForm(request.POST)), "filters": filters})
    return _to_list(request, f"?view=all&saved={view.id}")


@require_POST
@agent_required
def forget_view(request: AgentRequest, view_id: uuid.UUID) -> HttpResponse:
    """Keep a list no longer."""
    actions.delete_view(by=request.agent, view_id=view_id)
    return _to_list(request, "")


@require_safe
@agent_required
def find(request: AgentRequest) -> HttpResponse:
    """People and conversations whose name or subject says so: lines of the command bar."""
    return render(
        request, "inbox/_commands_found.html", screens.found(request.agent, valid(FindForm(request.GET))["q"])
    )


def _to_list(request: AgentRequest, query: str) -> HttpResponse:
    response = redirect("inbox:home")
    address = f"{response['Location']}{query}"
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    response["Location"] = address
    return response
