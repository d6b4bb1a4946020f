"""Reading people: the list of them, one of them with what the team knows, and where they have been."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db.models import Count, Max, Q, QuerySet

from . import payloads, shapes
from .findpeople import newest_with_words
from .loading import possible_duplicates
from .models import Agent, Contact, Conversation, Device, Message, Rating, Visit
from .paging import Page, newest_first, talked_first
from .queries import get_contact_for_team
from .words import words_of

_SHOWN, _LOOKED_AT = 5, 50


def contacts_page(agent: Agent, *, q: str = "", cursor: str | None = None, limit: int) -> Page:
    """Return a page of the tenant's people: those who talked, the latest first, then the others, newest first.

    `q` are words, or beginnings of words, of names, addresses, numbers and ids. Raises BadCursor.
    """
    people = Contact.objects.filter(tenant_id=agent.tenant_id, merged_into=None)
    if q.strip():
        page = _searched(people, agent.tenant_id, words_of(q), cursor, limit)
    else:
        page = talked_first(people, cursor, limit)
    return Page(_told(agent, page.items), page.next)


def contact_for_team(agent: Agent, contact_id: uuid.UUID) -> shapes.TeamContactPayload:
    """Return a person as the team knows them; a merged guest's id leads to the user. Raises NotFound."""
    return _told(agent, [get_contact_for_team(agent, contact_id)])[0]


def visits_page(agent: Agent, contact_id: uuid.UUID, *, cursor: str | None, limit: int) -> Page:
    """Return a page of where a person has been, newest first. Raises NotFound and BadCursor."""
    contact = get_contact_for_team(agent, contact_id)
    visits = Visit.objects.select_related("widget").filter(tenant_id=contact.tenant_id, contact=contact)
    page = newest_first(visits, "created_at", cursor, limit)
    return Page([payloads.visit(one) for one in page.items], page.next)


@dataclass(frozen=True, slots=True)
class About:
    """What the panel beside a conversation tells of its person, beyond their traits."""

    devices: int
    last_seen_at: datetime | None
    notes: list[Message]
    ratings: list[Rating]
    tags: list[str]


def about(contact: Contact) -> About:
    """Return what else is known of a person, in a constant number of queries. Of a browser no id is told."""
    owned = {"tenant_id": contact.tenant_id}
    browsers = Device.objects.filter(Q(contact=contact) | Q(user=contact), **owned, revoked_at=None)
    seen = browsers.aggregate(number=Count("id"), last=Max("last_seen_at"))
    notes = Message.objects.select_related("agent").filter(**owned, contact=contact, kind=Message.Kind.NOTE)
    notes = notes.filter(deleted_at=None, agent__isnull=False).order_by("-created_at", "-id")
    ratings = Rating.objects.filter(**owned, conversation__contact=contact).order_by("-created_at", "-id")
    marked = Conversation.objects.filter(**owned, contact=contact).order_by("-last_message_at", "-id")
    tags = {tag for names in marked.values_list("tags", flat=True)[:_LOOKED_AT] for tag in names}
    return About(seen["number"], seen["last"], list(notes[:_SHOWN]), list(ratings[:_SHOWN]), sorted(tags))


def _searched(
    people: QuerySet[Contact], tenant_id: uuid.UUID, asked: Sequence[str], cursor: str | None, limit: int
) -> Page:
    if not asked:
        return Page([], None)
    return talked_first(people, cursor, limit, partial(newest_with_words, tenant_id, asked))


def _told(agent: Agent, contacts: Sequence[Contact]) -> list[shapes.TeamContactPayload]:
    similar = possible_duplicates(agent.tenant_id, contacts)
    return [payloads.team_contact(one, similar.get(one.id, [])) for one in contacts]
