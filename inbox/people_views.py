"""What an agent does with a person from the panel beside their conversation: by the same verbs as everybody."""

from __future__ import annotations

import uuid
from functools import partial

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from messenger import actions, exports
from messenger.actions.messages import Draft
from messenger.api.downloads import answer_archive
from messenger.errors import MailFailed, MailNotConfigured, TooManyRequests

from .access import AgentRequest, agent_required
from .forms import BlockForm, EraseForm, MailForm, OpeningForm, TraitsForm
from .views import BadRequest, typed, valid

ERASE = "ERASE"
_REFUSALS = {
    "mail_not_configured": gettext_lazy("This installation sends no e-mail yet. Whoever runs it can set EMAIL_URL."),
    "rate_limited": gettext_lazy("That is too much at once. Try again in a while."),
    "mail_failed": gettext_lazy("The e-mail could not be sent. Try again later."),
}


@require_POST
@agent_required
def traits(request: AgentRequest, contact_id: uuid.UUID) -> HttpResponse:
    """Correct what was said of a person."""
    said = typed(TraitsForm(request.POST))
    given = {name: value for name, value in said.items() if name in request.POST}
    actions.update_contact(by=request.agent, contact_id=contact_id, traits=given)
    return _done(request)


@require_POST
@agent_required
def block(request: AgentRequest, contact_id: uuid.UUID) -> HttpResponse:
    """Let a person send nothing any more, or again."""
    blocked = valid(BlockForm(request.POST))["blocked"]
    actions.block_contact(by=request.agent, contact_id=contact_id, blocked=blocked)
    return _done(request)


@require_POST
@agent_required
def write(request: AgentRequest, contact_id: uuid.UUID) -> HttpResponse:
    """Say something to a person, and go where it was said."""
    given = valid(OpeningForm(request.POST))
    draft = Draft.by_agent(given["key"], given["body"])
    is_new = given["new"] and not request.agent.tenant.is_single_thread
    started = actions.write_to_contact(by=request.agent, contact_id=contact_id, draft=draft, is_new=is_new)
    return _go(request, reverse("inbox:thread", args=[started.conversation.id]))


@require_POST
@agent_required
def export(request: AgentRequest, contact_id: uuid.UUID) -> HttpResponseBase:
    """What is known of a person, as an archive to save. By POST, because the audit log is written to."""
    contact = actions.export_contact(by=request.agent, contact_id=contact_id)
    return answer_archive(request, exports.name_of(contact), partial(exports.write_export, contact))


@require_POST
@agent_required
def erase(request: AgentRequest, contact_id: uuid.UUID) -> HttpResponse:
    """Erase a person, once the word is typed."""
    if valid(EraseForm(request.POST))["word"].strip().upper() != ERASE:
        raise BadRequest()
    actions.erase_contact(by=request.agent, contact_id=contact_id)
    return _go(request, reverse("inbox:home"))


@require_POST
@agent_required
def mail(request: AgentRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Send a conversation to somebody by e-mail; the answer is the line that says so."""
    email = typed(MailForm(request.POST))["email"]
    try:
        actions.mail_transcript(by=request.agent, conversation_id=conversation_id, email=email)
    except (MailNotConfigured, MailFailed, TooManyRequests) as refusal:  # Handled: said beside the button.
        return HttpResponse(_REFUSALS[refusal.code], content_type="text/plain; charset=utf-8")
    return HttpResponse(_("Sent to {email}.").format(email=escape(email)))


def _done(request: AgentRequest) -> HttpResponse:
    """A page with scripts reads what changed; one without begins at the list again."""
    if request.htmx:
        return HttpResponse(status=204)
    return redirect("inbox:home")


def _go(request: AgentRequest, address: str) -> HttpResponse:
    if not request.htmx:
        return redirect(address)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = address
    return response
