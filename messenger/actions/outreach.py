"""The team speaks first: a conversation that an agent begins with a person."""

from __future__ import annotations

import uuid

from django.db.models import Q

from .. import statements
from ..errors import Invalid, KeyReused, SingleThread
from ..events import EventLog, EventType
from ..models import Agent, Contact, Conversation, Message, Widget
from . import lifecycle
from .conversations import Started, unused
from .locks import lock_conversation, require_present
from .messages import Draft, find_written, reply
from .parts import record
from .people import lock_person
from .verb import verb


@verb
def write_to_contact(
    events: EventLog,
    *,
    by: Agent,
    contact_id: uuid.UUID,
    draft: Draft,
    is_new: bool = False,
    client_conversation_id: uuid.UUID | None = None,
    widget_id: uuid.UUID | None = None,
) -> Started:
    """Say something to a person: in the conversation that is open with them, or in one that begins with it.

    `is_new` asks for one of its own. The visitor finds it in their messenger at once, wherever it is open. A widget is
    the one named, that of their latest conversation or page view, or the tenant's first. Sent again under its key it
    is the same message. Raises NotFound, SingleThread, TooManyOpen, KeyReused, and Invalid without a widget or for
    somebody who was erased.
    """
    replay = find_written(by, draft, Message.Kind.MESSAGE)
    if replay:
        found: Conversation = replay.message.conversation
        _require_same_person(found, contact_id)
        return Started(found.contact, found, replay.message, created=False)
    contact = lock_person(by.tenant_id, contact_id)
    require_present(contact)
    conversation, created = _find_or_begin(events, by, contact, is_new, client_conversation_id, widget_id)
    statements.count_message(by.tenant_id, contact.id, events.at)
    conversation = lock_conversation(by.tenant_id, conversation.id)
    conversation.contact = contact
    if conversation.is_closed:
        lifecycle.reopen(events, conversation, agent=by)
    if conversation.last_message_id is None:
        lifecycle.list_for_team(events, conversation)
        _take(events, conversation, by)
    message = reply(events, conversation, by, draft)
    return Started(contact, conversation, message, created=True, is_new_conversation=created)


def _take(events: EventLog, conversation: Conversation, by: Agent) -> None:
    """A conversation that the visitor opened, and in which nothing was said, is whose it is who writes first."""
    if conversation.assignee_id or conversation.team_id:
        return
    conversation.assignee = by
    Conversation.objects.filter(tenant_id=by.tenant_id, id=conversation.id).update(assignee=by)
    record(events, EventType.CONVERSATION_UPDATED, conversation)


def _require_same_person(conversation: Conversation, contact_id: uuid.UUID) -> None:
    """Raise KeyReused when what was written went to somebody else. Who was merged is who they were merged into."""
    own = Q(id=conversation.contact_id) | Q(merged_into=conversation.contact_id)
    if not Contact.objects.filter(own, tenant_id=conversation.tenant_id, id=contact_id).exists():
        raise KeyReused()


def _find_or_begin(
    events: EventLog,
    by: Agent,
    contact: Contact,
    is_new: bool,
    client_conversation_id: uuid.UUID | None,
    widget_id: uuid.UUID | None,
) -> tuple[Conversation, bool]:
    owned = Conversation.objects.filter(tenant_id=by.tenant_id, contact=contact)
    if client_conversation_id and (known := owned.filter(client_conversation_id=client_conversation_id).first()):
        return known, False
    if is_new and by.tenant.is_single_thread:
        raise SingleThread()
    open_ones = lifecycle.open_conversations(contact)
    existing = unused(open_ones, client_conversation_id) if is_new else _to_continue(by, contact, open_ones)
    if existing:
        return existing if existing.is_closed else lifecycle.promote(events, existing, open_ones), False
    lifecycle.refuse_too_many(open_ones)
    lifecycle.demote(events, open_ones)
    widget = _widget_for(contact, widget_id)
    made = lifecycle.insert_conversation(
        events, contact, widget=widget, client_conversation_id=client_conversation_id, assignee=by
    )
    return made, True


def _to_continue(by: Agent, contact: Contact, open_ones: list[Conversation]) -> Conversation | None:
    if by.tenant.is_single_thread:
        return lifecycle.main_thread(contact)
    return next((one for one in open_ones if one.is_primary), None) or next(iter(open_ones), None)


def _widget_for(contact: Contact, widget_id: uuid.UUID | None) -> Widget:
    """The one asked for; else where the person was last; else the tenant's first. Raises Invalid when there is none."""
    active = Widget.objects.filter(tenant_id=contact.tenant_id, is_active=True)
    if widget_id:
        widget = active.filter(id=widget_id).first()
    else:
        talked = contact.conversations.filter(tenant_id=contact.tenant_id).order_by("-last_message_at", "-id")
        looked = contact.visits.filter(tenant_id=contact.tenant_id).order_by("-created_at", "-id")
        last = [*talked.values_list("widget_id", flat=True)[:1], *looked.values_list("widget_id", flat=True)[:1]]
        usable = {one.id: one for one in active.order_by("created_at", "id")}
        widget = next((usable[one] for one in last if one in usable), next(iter(usable.values()), None))
    if widget is None:
        raise Invalid("There is no widget in which this person could read it.", code="no_widget", attr="widget_id")
    return widget
