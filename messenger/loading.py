"""Rows with what their payloads need, in a constant number of queries whatever the number of rows."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet

from .models import Agent, Contact, Conversation, Message, Participant, ReadState
from .payloads import Facts

_MOST_SHARING = 500


def facts_of(tenant_id: uuid.UUID, rows: Sequence[Conversation], *, agent: Agent | None = None) -> list[Facts]:
    """Return the conversations with what their payloads need, in the same order, in a constant number of queries."""
    similar = possible_duplicates(tenant_id, [row.contact for row in rows]) if agent else {}
    shared = shared_facts(tenant_id, rows, similar)
    return own_facts(shared, agent) if agent else [facts for facts, _ in shared]


_Shared = list[tuple[Facts, dict[uuid.UUID, ReadState]]]


def shared_facts(
    tenant_id: uuid.UUID, rows: Sequence[Conversation], similar: Mapping[uuid.UUID, list[Contact]]
) -> _Shared:
    """What all readers share, and beside it the agents' own read states by agent. `similar` is for agents alone."""
    if not rows:
        return []
    ids = [row.id for row in rows]
    people, reads = defaultdict(list), defaultdict(list)
    joined = Participant.objects.select_related("agent").filter(tenant_id=tenant_id, conversation__in=ids)
    for participant in joined.order_by("created_at", "id"):
        people[participant.conversation_id].append(participant)
    for state in ReadState.objects.filter(tenant_id=tenant_id, conversation__in=ids):
        reads[state.conversation_id].append(state)
    return [_facts(row, people[row.id], reads[row.id], similar.get(row.contact_id, [])) for row in rows]


def _facts(
    row: Conversation, people: list[Participant], reads: list[ReadState], similar: list[Contact]
) -> tuple[Facts, dict[uuid.UUID, ReadState]]:
    contact_read = next((state for state in reads if state.contact_id), None)
    own = {state.agent_id: state for state in reads if state.agent_id}
    return Facts(row, people, contact_read, possible_duplicates=similar), own


def own_facts(shared: _Shared, agent: Agent) -> list[Facts]:
    """Return the facts of which some are the agent's own."""
    return [
        replace(one, own_read=own.get(agent.id), is_muted=_is_muted(one.participants, agent)) for one, own in shared
    ]


def _is_muted(people: Sequence[Participant], agent: Agent) -> bool:
    return any(one.agent_id == agent.id and not one.notifications_enabled for one in people)


def possible_duplicates(tenant_id: uuid.UUID, contacts: Sequence[Contact]) -> dict[uuid.UUID, list[Contact]]:
    """Return, per contact, others with the same unverified e-mail or phone: a hint for people, never a merge."""
    found = _sharing(tenant_id, "email", contacts) | _sharing(tenant_id, "phone", contacts)
    others = sorted(found.values(), key=lambda one: one.id)
    return {contact.id: [one for one in others if _is_similar(contact, one)] for contact in contacts}


def _sharing(tenant_id: uuid.UUID, trait: str, contacts: Sequence[Contact]) -> dict[uuid.UUID, Contact]:
    """Contacts with one of these values. One trait at a time, because no index serves "this or that"."""
    values = {value for contact in contacts if (value := getattr(contact, trait))}
    if not values:
        return {}
    sharing = Contact.objects.filter(tenant_id=tenant_id, merged_into=None, **{f"{trait}__in": values})
    return {one.id: one for one in sharing.order_by(trait, "id")[:_MOST_SHARING]}


def _is_similar(contact: Contact, other: Contact) -> bool:
    same_email = bool(contact.email) and contact.email == other.email
    same_phone = bool(contact.phone) and contact.phone == other.phone
    return contact.id != other.id and (same_email or same_phone)


def parts_of(conversation: Conversation) -> QuerySet[Message]:
    """All parts of a conversation that the caller was already allowed to have."""
    return with_authors(Message.objects.filter(tenant_id=conversation.tenant_id, conversation=conversation))


def with_authors(rows: QuerySet[Message]) -> QuerySet[Message]:
    return rows.select_related("agent", "contact").defer("words", "contact__words")


def with_joins(rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
    return rows.select_related(
        "contact",
        "widget",
        "team",
        "assignee",
        "seen_state",
        "seen_state__agent",
        "rating",
        "last_message",
        "last_message__agent",
        "last_message__contact",
    )


def by_id(rows: QuerySet[Any], ids: set[uuid.UUID]) -> dict[uuid.UUID, Any]:
    return {row.id: row for row in rows} if ids else {}
