"""What an admin does with people who are chosen in the chat log: by the same verbs as in the inbox.

The audit log keeps account of it. The administration's own log does not: it would keep their names for ever (S61).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db.models import QuerySet, UUIDField
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import actions, exports
from ..api.downloads import answer_archive
from ..models import Agent, Contact, User
from ..principals import System, memberships_of
from .base import ModelAdmin, one_line

# Each is a transaction of its own, while the viewer waits for the answer.
MOST_AT_ONCE = 200

Deed = Callable[[ModelAdmin, HttpRequest, QuerySet[Contact]], HttpResponseBase | None]


@admin.action(description=gettext_lazy("Export the selected person"))
def export(page: ModelAdmin, request: HttpRequest, chosen: QuerySet[Contact]) -> HttpResponseBase | None:
    """What is known of one person, as an archive to save."""
    people = list(_meant(chosen)[:2])
    if len(people) != 1:
        page.message_user(request, _("Choose one person: each has an archive of their own."), messages.ERROR)
        return None
    contact = actions.export_contact(by=_actor(request, people[0]), contact_id=people[0].pk)
    _tell_of_merged(page, request, chosen, people)
    return answer_archive(request, exports.name_of(contact), partial(exports.write_export, contact))


@admin.action(description=gettext_lazy("Block the selected people"))
def block(page: ModelAdmin, request: HttpRequest, chosen: QuerySet[Contact]) -> None:
    """Let them send nothing any more."""
    _set_blocked(page, request, chosen, blocked=True)


@admin.action(description=gettext_lazy("Unblock the selected people"))
def unblock(page: ModelAdmin, request: HttpRequest, chosen: QuerySet[Contact]) -> None:
    """Let them write again."""
    _set_blocked(page, request, chosen, blocked=False)


@admin.action(description=gettext_lazy("Erase the selected people"))
def erase(page: ModelAdmin, request: HttpRequest, chosen: QuerySet[Contact]) -> HttpResponse | None:
    """Empty everything that tells of them, once the viewer has seen who they are and is sure."""
    people = _at_once(page, request, chosen)
    if not people:
        return None
    if request.POST.get("is_sure") != "yes":
        return _ask(page, request, chosen, people)
    for contact in people:
        actions.erase_contact(by=_actor(request, contact), contact_id=contact.pk)
    page.message_user(request, _("People who were erased: {number}").format(number=len(people)))
    return None


DEEDS: list[Deed] = [export, block, unblock, erase]


def _meant(chosen: QuerySet[Contact]) -> QuerySet[Contact]:
    """The people whom a deed is done to, each once: a guest who was merged is the user by now."""
    ids = chosen.order_by().values(person=Coalesce("merged_into", "pk", output_field=UUIDField()))
    return Contact.objects.filter(pk__in=ids).select_related("tenant").order_by("pk")


def _set_blocked(page: ModelAdmin, request: HttpRequest, chosen: QuerySet[Contact], *, blocked: bool) -> None:
    people = _at_once(page, request, chosen)
    for contact in people:
        actions.block_contact(by=_actor(request, contact), contact_id=contact.pk, blocked=blocked)
    if people:
        _tell_of_merged(page, request, chosen, people)


def _at_once(page: ModelAdmin, request: HttpRequest, chosen: QuerySet[Contact]) -> list[Contact]:
    """The people whom a deed is done to; nobody, and a word on it, where too many were chosen."""
    if chosen.order_by()[: MOST_AT_ONCE + 1].count() <= MOST_AT_ONCE:
        return list(_meant(chosen))
    page.message_user(request, _("Choose at most {number} people at once.").format(number=MOST_AT_ONCE), messages.ERROR)
    return []


def _tell_of_merged(page: ModelAdmin, request: HttpRequest, chosen: QuerySet[Contact], people: list[Contact]) -> None:
    """Name the users to whom something was done although their guests were chosen."""
    users = set(chosen.filter(merged_into__isnull=False).values_list("merged_into", flat=True))
    names = ", ".join(one.display_name for one in people if one.pk in users)
    if names:
        text = _("For guests who were merged, this was done to the users they are now: {people}")
        page.message_user(request, text.format(people=one_line(names, 200)))


def _ask(page: ModelAdmin, request: HttpRequest, chosen: QuerySet[Contact], people: list[Contact]) -> HttpResponse:
    """Who would be erased, and a form that does it; what was chosen is looked for in the same list again."""
    context: dict[str, Any] = {
        **page.admin_site.each_context(request),
        "title": _("Erase these people?"),
        "opts": page.opts,
        "people": people,
        "chosen": chosen,
        "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/messenger/contact/erase.html", context)


def _actor(request: HttpRequest, contact: Contact) -> Agent | System:
    """The viewer's own part in the company; of a superuser who has none the audit log names the account."""
    own = memberships_of(request.user.pk) if isinstance(request.user, User) else []
    admins = (agent for agent in own if agent.is_admin and agent.tenant_id == contact.tenant_id)
    return next(admins, System(contact.tenant_id))
