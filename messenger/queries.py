"""The read path: snapshots, pages, history and the log after a cursor. Constant numbers of queries, always by owner.

Everything that a client can page through is keyset-paged: a cursor is the sort key of the last row, never an offset.
"""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum, UUIDField, Value
from django.db.models.functions import Coalesce

from . import payloads
from .errors import DomainError, NotFound
from .models import (
    Agent,
    Contact,
    Conversation,
    Event,
    Message,
    Participant,
    ReadState,
    Stream,
    Team,
    Visit,
    Widget,
)
from .payloads import Facts

HISTORY = 50
PAGE = 25
_SNAPSHOT_CONVERSATIONS = 50
# A client that is further behind than this is told to take a snapshot instead.
MOST_BEHIND = 1000

T = TypeVar("T")


class BadCursor(DomainError):
    """A page cursor that this server did not make."""

    status = 400
    code = "invalid_cursor"
    detail = "This page cursor is not valid."


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list and the cursor of the next one, null at the end."""

    items: list[Any]
    next: str | None


# Widgets and tenants


def get_widget(widget_id: uuid.UUID) -> Widget:
    """Return an active widget of an active tenant. Raises NotFound with the code `widget_not_found`."""
    rows = Widget.objects.select_related("tenant").filter(id=widget_id, is_active=True, tenant__is_active=True)
    widget = rows.first()
    if widget is None:
        raise NotFound("There is no such widget.", code="widget_not_found")
    return widget


def is_online(tenant_id: uuid.UUID) -> bool:
    """Whether any agent of the tenant is available now."""
    agents = Agent.objects.filter(tenant_id=tenant_id, is_active=True)
    return agents.filter(availability=Agent.Availability.ONLINE).exists()


# What a contact may read


def visitor_snapshot(contact: Contact | None) -> dict[str, Any]:
    """Return the contact's part of a bootstrap. The cursor is read before the state, so replaying after it is safe."""
    if contact is None:
        nothing: dict[str, Any] = {"merged_from": [], "conversations": [], "messages": []}
        return {"contact": None, **nothing, "unread_count": 0, "cursor": None}
    cursor = contact_stream(contact).cursor
    conversations = conversations_of(contact).order_by("-last_message_at", "-id")[:_SNAPSHOT_CONVERSATIONS]
    facts = facts_of(contact.tenant_id, list(conversations))
    return {
        "contact": payloads.visitor_contact(contact),
        "merged_from": _merged_from(contact),
        "conversations": [payloads.visitor_conversation(one) for one in facts],
        "messages": history(contact, HISTORY),
        "unread_count": _unread_count(contact, facts),
        "cursor": cursor,
    }


def conversations_of(contact: Contact) -> QuerySet[Conversation]:
    """The conversations a contact may read: their own, and no others."""
    return _with_joins(Conversation.objects.filter(tenant_id=contact.tenant_id, contact=contact))


def get_conversation_for(contact: Contact | None, conversation_id: uuid.UUID) -> Conversation:
    """Return the contact's conversation; the only way for a visitor to get one. Raises NotFound."""
    conversation = conversations_of(contact).filter(id=conversation_id).first() if contact else None
    if conversation is None:
        raise NotFound()
    return conversation


def visitor_conversation(conversation: Conversation) -> payloads.ConversationPayload:
    """Return one conversation for its contact."""
    return payloads.visitor_conversation(facts_of(conversation.tenant_id, [conversation])[0])


def visitor_conversations(contact: Contact | None, cursor: str | None, limit: int) -> Page:
    """Return a page of the contact's conversations, newest activity first."""
    if contact is None:
        return Page([], None)
    page = _by_activity(conversations_of(contact), cursor, limit)
    return Page([payloads.visitor_conversation(one) for one in facts_of(contact.tenant_id, page.items)], page.next)


def visitor_messages(conversation: Conversation, *, before: int | None, after: int | None, limit: int) -> Page:
    """Return visible parts, oldest first, in the visitor's numbering; without a bound the latest."""
    visible = parts_of(conversation).filter(visible_seq__isnull=False)
    rows, has_more = _parts(visible, "visible_seq", before, after, limit)
    return Page([payloads.visitor_message(row) for row in rows], "more" if has_more else None)


def history(contact: Contact, limit: int) -> list[payloads.MessagePayload]:
    """Return the contact's latest visible parts over all conversations, oldest first."""
    rows = _with_authors(Message.objects.filter(tenant_id=contact.tenant_id, contact=contact))
    latest = rows.filter(visible_seq__isnull=False).order_by("-created_at", "-id")[:limit]
    return [payloads.visitor_message(row) for row in reversed(latest)]


# What an agent may read


def get_conversation_for_team(agent: Agent, conversation_id: uuid.UUID) -> Conversation:
    """Return a conversation of the agent's tenant; another tenant's does not exist. Raises NotFound."""
    owned = _with_joins(Conversation.objects.filter(tenant_id=agent.tenant_id, id=conversation_id))
    conversation = owned.first()
    if conversation is None:
        raise NotFound()
    return conversation


def get_contact_for_team(agent: Agent, contact_id: uuid.UUID) -> Contact:
    """Return a contact of the agent's tenant. Raises NotFound."""
    contact = Contact.objects.filter(tenant_id=agent.tenant_id, id=contact_id).first()
    if contact is None:
        raise NotFound()
    return contact


def team_conversation(agent: Agent, conversation: Conversation) -> payloads.TeamConversationPayload:
    """Return one conversation as the agent sees it."""
    return team_conversations(agent, [conversation])[0]


def team_conversations(agent: Agent, rows: Sequence[Conversation]) -> list[payloads.TeamConversationPayload]:
    """Return conversations as the agent sees them."""
    return [payloads.team_conversation(one) for one in facts_of(agent.tenant_id, rows, agent=agent)]


def inbox_page(
    agent: Agent,
    *,
    status: str | None = None,
    assignee: str | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
) -> Page:
    """Return a page of the inbox, newest activity first. `assignee` is "me", "none" or an agent's id."""
    rows = _inbox(agent, status=status, assignee=assignee)
    page = _by_activity(_with_joins(rows), cursor, limit)
    return Page(team_conversations(agent, page.items), page.next)


def inbox_among(
    agent: Agent, ids: Iterable[uuid.UUID], *, status: str | None = None, assignee: str | None = None
) -> list[payloads.TeamConversationPayload]:
    """Return those of the conversations that a list holds, newest activity first: what a list on screen replaces."""
    rows = _with_joins(_inbox(agent, status=status, assignee=assignee)).filter(id__in=list(ids))
    return team_conversations(agent, list(rows.order_by("-last_message_at", "-id")))


VIEWS: dict[str, dict[str, str]] = {
    "mine": {"status": "open", "assignee": "me"},
    "unassigned": {"status": "open", "assignee": "none"},
    "all": {"status": "open"},
    "snoozed": {"status": "snoozed"},
    "closed": {"status": "closed"},
}
_COUNTED_UP_TO = 100


def team_snapshot(agent: Agent, view: str) -> dict[str, Any]:
    """Return what the inbox starts from: cursor first, then counts and the first page of a view."""
    cursor = team_stream(agent.tenant_id).cursor
    page = inbox_page(agent, status=VIEWS[view].get("status"), assignee=VIEWS[view].get("assignee"))
    return {
        "agent": payloads.agent(agent),
        "tenant": payloads.tenant(agent.tenant),
        "counts": view_counts(agent),
        "items": page.items,
        "next": page.next,
        "cursor": cursor,
    }


def view_counts(agent: Agent) -> dict[str, int]:
    """Return how many conversations each view holds, counted no further than 100 ("99+")."""
    return {name: _inbox(agent, **filters).order_by()[:_COUNTED_UP_TO].count() for name, filters in VIEWS.items()}


def team_messages(conversation: Conversation, *, before: int | None, after: int | None, limit: int) -> Page:
    """Return parts, notes included, oldest first, in the team's numbering; without a bound the latest."""
    rows, has_more = _parts(parts_of(conversation), "seq", before, after, limit)
    return Page([payloads.team_message(row) for row in rows], "more" if has_more else None)


def chat_log(agent: Agent, *, q: str = "", cursor: str | None = None, limit: int = PAGE) -> Page:
    """Return a page of the chat log: one row per contact who said or was told something, newest first."""
    people = chat_log_contacts(agent.tenant_id, q)
    at, last_id = _decode(cursor)
    if at:
        people = people.filter(Q(last_message_at__lt=at) | Q(last_message_at=at, id__lt=last_id))
    contacts = list(people.order_by("-last_message_at", "-id")[: limit + 1])
    more = len(contacts) > limit
    contacts = contacts[:limit]
    rows = _chat_log_rows(agent, contacts)
    return Page(rows, _encode(contacts[-1].last_message_at, contacts[-1].id) if more else None)


def chat_log_among(agent: Agent, ids: Iterable[uuid.UUID], *, q: str = "") -> list[dict[str, Any]]:
    """Return the rows of those contacts that the chat log holds, newest first: what a log on screen replaces."""
    people = chat_log_contacts(agent.tenant_id, q).filter(id__in=list(ids))
    return _chat_log_rows(agent, list(people.order_by("-last_message_at", "-id")))


def chat_log_contacts(tenant_id: uuid.UUID, q: str = "") -> QuerySet[Contact]:
    """The people of the chat log, optionally only those whose name, e-mail or id contains `q`."""
    people = Contact.objects.filter(tenant_id=tenant_id, merged_into=None, last_message_at__isnull=False)
    if not q:
        return people
    text = Q(name__icontains=q) | Q(email__icontains=q) | Q(verified__name__icontains=q)
    return people.filter(text | Q(verified__email__icontains=q))


def count_people(tenant_id: uuid.UUID) -> int:
    """Return the number of people in the chat log: its header."""
    return chat_log_contacts(tenant_id).count()


def timeline(contact: Contact, *, cursor: str | None = None, limit: int = HISTORY) -> Page:
    """Return parts of all the contact's conversations by time, newest page first, each page oldest first."""
    rows = _with_authors(Message.objects.filter(tenant_id=contact.tenant_id, contact=contact))
    at, last_id = _decode(cursor)
    if at:
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, id__lt=last_id))
    found = list(rows.order_by("-created_at", "-id")[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    next_ = _encode(found[-1].created_at, found[-1].id) if more else None
    return Page([payloads.team_message(row) for row in reversed(found)], next_)


def other_conversations(conversation: Conversation, limit: int) -> list[Conversation]:
    """Return the contact's other conversations in which something was said, newest activity first."""
    said = Conversation.objects.filter(tenant_id=conversation.tenant_id, contact=conversation.contact_id)
    others = said.filter(last_message__isnull=False).exclude(id=conversation.id)
    return list(others.select_related("last_message").order_by("-last_message_at", "-id")[:limit])


def visits_of(contact: Contact, limit: int) -> list[Visit]:
    """Return the contact's latest page views, newest first."""
    visits = Visit.objects.filter(tenant_id=contact.tenant_id, contact=contact)
    return list(visits.select_related("widget").order_by("-created_at")[:limit])


def agents_of(tenant_id: uuid.UUID) -> QuerySet[Agent]:
    """The tenant's active agents by name."""
    return Agent.objects.filter(tenant_id=tenant_id, is_active=True).order_by("display_name", "id")


def teams_of(tenant_id: uuid.UUID) -> QuerySet[Team]:
    """The tenant's teams by name."""
    return Team.objects.filter(tenant_id=tenant_id).order_by("name")


# The log


def contact_stream(contact: Contact) -> Stream:
    """Return the contact's stream with its present head."""
    return Stream.objects.select_related("contact").get(tenant_id=contact.tenant_id, contact=contact)


def team_stream(tenant_id: uuid.UUID) -> Stream:
    """Return the tenant's stream with its present head."""
    return Stream.objects.get(tenant_id=tenant_id, contact=None)


def heads_of(stream_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[str, int]]:
    """Return (epoch, head) of the streams: what the sweeper compares."""
    rows = Stream.objects.filter(id__in=list(stream_ids)).values_list("id", "epoch", "head_seq")
    return {stream_id: (epoch, head) for stream_id, epoch, head in rows}


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in a stream, as clients carry it: `"<epoch>:<seq>"`."""

    epoch: str
    seq: int

    @classmethod
    def parse(cls, text: object) -> Cursor | None:
        """Return the cursor, or None when the text is not one."""
        epoch, colon, seq = text.partition(":") if isinstance(text, str) else ("", "", "")
        if not (epoch and colon and seq.isascii() and seq.isdigit() and len(seq) <= 18):
            return None
        return cls(epoch, int(seq))


ResyncReason = Literal["epoch", "too_old", "ahead", "too_many"]


def resync_reason(stream: Stream, cursor: Cursor | None) -> ResyncReason | None:
    """Return why a client at this cursor must take a snapshot, or None when the log can bring it up to date."""
    if cursor is None or cursor.epoch != stream.epoch:
        return "epoch"
    if cursor.seq > stream.head_seq:
        return "ahead"
    if cursor.seq < stream.min_seq:
        return "too_old"
    return "too_many" if stream.head_seq - cursor.seq > MOST_BEHIND else None


@dataclass(frozen=True, slots=True)
class LogItem:
    """One event as it is sent. A null payload: there is nothing to tell this audience, but the seq is covered."""

    seq: int
    type: str
    v: int
    at: str
    payload: dict[str, Any] | None

    def as_json(self, epoch: str) -> dict[str, Any]:
        return {
            "id": f"{epoch}:{self.seq}",
            "seq": self.seq,
            "type": self.type,
            "v": self.v,
            "at": self.at,
            "payload": self.payload,
        }


def events_after(stream: Stream, seq: int, limit: int, *, agent: Agent | None = None) -> list[LogItem]:
    """Return the events after `seq`, projected from the present rows for a contact or, with `agent`, for that agent."""
    return events_for(stream, seq, limit, agents=[agent] if agent else [])[agent.id if agent else None]


def events_for(
    stream: Stream, seq: int, limit: int, *, agents: Sequence[Agent]
) -> dict[uuid.UUID | None, list[LogItem]]:
    """Return the events after `seq` for each of several readers, read from the log once."""
    return project(stream, list(_events(stream).filter(seq__gt=seq).order_by("seq")[:limit]), agents=agents)


def project(stream: Stream, rows: Sequence[Event], *, agents: Sequence[Agent]) -> dict[uuid.UUID | None, list[LogItem]]:
    """Return what each reader gets to see of these events; a contact's stream has one reader, named None.

    Entities are loaded in bulk: the number of queries depends neither on the number of events nor of agents.
    """
    loaded = _load(stream, rows, agents)
    readers: list[uuid.UUID | None] = [one.id for one in agents] if stream.contact_id is None else [None]
    return {reader: [_item(row, loaded, reader) for row in rows] for reader in readers}


@dataclass(slots=True)
class _Loaded:
    """The present rows that a batch of events points at, by reader where readers differ."""

    is_team: bool
    messages: dict[uuid.UUID, Message]
    contacts: dict[uuid.UUID, Contact]
    facts: dict[uuid.UUID | None, dict[uuid.UUID, Facts]]


def _events(stream: Stream) -> QuerySet[Event]:
    return Event.objects.filter(tenant_id=stream.tenant_id, stream=stream)


def _load(stream: Stream, rows: Sequence[Event], agents: Sequence[Agent]) -> _Loaded:
    wanted: dict[str, set[uuid.UUID]] = defaultdict(set)
    for row in rows:
        wanted[row.type.split(".")[0]].add(row.entity_id)
    message_ids = wanted["message"] | wanted["note"]
    conversation_ids = {row.conversation_id for row in rows if row.conversation_id}
    tenant_id = stream.tenant_id
    return _Loaded(
        is_team=stream.contact_id is None,
        messages=_by_id(_with_authors(Message.objects.filter(tenant_id=tenant_id, id__in=message_ids)), message_ids),
        contacts=_contacts(stream, wanted["contact"]),
        facts=_facts_per_reader(stream, conversation_ids, agents),
    )


def _contacts(stream: Stream, ids: set[uuid.UUID]) -> dict[uuid.UUID, Contact]:
    """A contact's own stream speaks of nobody else, and came with its contact."""
    if stream.contact is not None:
        return {stream.contact.id: stream.contact}
    return _by_id(Contact.objects.filter(tenant_id=stream.tenant_id, id__in=ids), ids)


def _by_id(rows: QuerySet[Any], ids: set[uuid.UUID]) -> dict[uuid.UUID, Any]:
    return {row.id: row for row in rows} if ids else {}


def _facts_per_reader(
    stream: Stream, conversation_ids: set[uuid.UUID], agents: Sequence[Agent]
) -> dict[uuid.UUID | None, dict[uuid.UUID, Facts]]:
    owned = _with_joins(Conversation.objects.filter(tenant_id=stream.tenant_id, id__in=conversation_ids))
    rows = list(owned) if conversation_ids else []
    if stream.contact_id is not None:
        return {None: {one.conversation.id: one for one in facts_of(stream.tenant_id, rows)}}
    shared = _shared_facts(stream.tenant_id, rows, with_duplicates=True)
    return {agent.id: {one.conversation.id: one for one in _own_facts(shared, agent)} for agent in agents}


def _item(row: Event, loaded: _Loaded, reader: uuid.UUID | None) -> LogItem:
    facts = loaded.facts.get(reader, {}).get(row.conversation_id) if row.conversation_id else None
    payload = _payload(row, loaded, facts)
    return LogItem(row.seq, row.type, row.v, payloads.timestamp(row.created_at), payload)


def _payload(row: Event, loaded: _Loaded, facts: Facts | None) -> dict[str, Any] | None:
    entity = row.type.split(".")[0]
    if entity == "contact":
        contact = loaded.contacts.get(row.entity_id)
        return {"contact": _contact(contact, loaded.is_team)} if contact else None
    if facts is None:
        return None
    if entity == "read_state":
        return payloads.read_state(facts, for_team=loaded.is_team)
    if entity == "seen":
        return payloads.seen(facts, for_team=loaded.is_team)
    conversation = payloads.team_conversation(facts) if loaded.is_team else payloads.visitor_conversation(facts)
    if entity == "conversation":
        return {"conversation": conversation}
    message = loaded.messages.get(row.entity_id)
    if message is None:
        return None
    as_message = payloads.team_message if loaded.is_team else payloads.visitor_message
    return {"message": as_message(message), "conversation": conversation}


def _contact(contact: Contact, is_team: bool) -> dict[str, Any]:
    return dict(payloads.team_contact(contact, []) if is_team else payloads.visitor_contact(contact))


# Loading


def facts_of(tenant_id: uuid.UUID, rows: Sequence[Conversation], *, agent: Agent | None = None) -> list[Facts]:
    """Return the conversations with what their payloads need, in the same order, in a constant number of queries."""
    shared = _shared_facts(tenant_id, rows, with_duplicates=agent is not None)
    return _own_facts(shared, agent) if agent else [facts for facts, _ in shared]


_Shared = list[tuple[Facts, dict[uuid.UUID, ReadState]]]


def _shared_facts(tenant_id: uuid.UUID, rows: Sequence[Conversation], *, with_duplicates: bool) -> _Shared:
    """What all readers share, and beside it the agents' own read states by agent."""
    if not rows:
        return []
    ids = [row.id for row in rows]
    people, reads = defaultdict(list), defaultdict(list)
    joined = Participant.objects.select_related("agent").filter(tenant_id=tenant_id, conversation__in=ids)
    for participant in joined.order_by("created_at", "id"):
        people[participant.conversation_id].append(participant)
    for state in ReadState.objects.filter(tenant_id=tenant_id, conversation__in=ids):
        reads[state.conversation_id].append(state)
    similar = possible_duplicates(tenant_id, [row.contact for row in rows]) if with_duplicates else {}
    return [_facts(row, people[row.id], reads[row.id], similar.get(row.contact_id, [])) for row in rows]


def _facts(
    row: Conversation, people: list[Participant], reads: list[ReadState], similar: list[Contact]
) -> tuple[Facts, dict[uuid.UUID, ReadState]]:
    contact_read = next((state for state in reads if state.contact_id), None)
    own = {state.agent_id: state for state in reads if state.agent_id}
    return Facts(row, people, contact_read, possible_duplicates=similar), own


def _own_facts(shared: _Shared, agent: Agent) -> list[Facts]:
    return [
        Facts(one.conversation, one.participants, one.contact_read, own.get(agent.id), one.possible_duplicates)
        for one, own in shared
    ]


def possible_duplicates(tenant_id: uuid.UUID, contacts: Sequence[Contact]) -> dict[uuid.UUID, list[Contact]]:
    """Return, per contact, others with the same unverified e-mail or phone: a hint for people, never a merge."""
    emails = {contact.email for contact in contacts if contact.email}
    phones = {contact.phone for contact in contacts if contact.phone}
    if not emails and not phones:
        return {}
    others = Contact.objects.filter(tenant_id=tenant_id, merged_into=None)
    found = list(others.filter(Q(email__in=emails) | Q(phone__in=phones)).order_by("id")[:200])
    return {contact.id: [one for one in found if _is_similar(contact, one)] for contact in contacts}


def _is_similar(contact: Contact, other: Contact) -> bool:
    same_email = bool(contact.email) and contact.email == other.email
    same_phone = bool(contact.phone) and contact.phone == other.phone
    return contact.id != other.id and (same_email or same_phone)


def parts_of(conversation: Conversation) -> QuerySet[Message]:
    """All parts of a conversation that the caller was already allowed to have."""
    return _with_authors(Message.objects.filter(tenant_id=conversation.tenant_id, conversation=conversation))


def _with_authors(rows: QuerySet[Message]) -> QuerySet[Message]:
    return rows.select_related("agent", "contact")


def _with_joins(rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
    return rows.select_related(
        "contact",
        "widget",
        "team",
        "assignee",
        "seen_state",
        "seen_state__agent",
        "last_message",
        "last_message__agent",
        "last_message__contact",
    )


def _inbox(agent: Agent, *, status: str | None = None, assignee: str | None = None) -> QuerySet[Conversation]:
    rows = Conversation.objects.filter(tenant_id=agent.tenant_id, last_message__isnull=False)
    if status:
        rows = rows.filter(status=status)
    if assignee == "none":
        return rows.filter(assignee=None)
    if assignee:
        return rows.filter(assignee=agent.id if assignee == "me" else uuid.UUID(assignee))
    return rows


def _merged_from(contact: Contact) -> list[str]:
    """Ids of guests who turned out to be this user. Only users have any."""
    if contact.type != Contact.Type.USER:
        return []
    merged = Contact.objects.filter(tenant_id=contact.tenant_id, merged_into=contact)
    return [str(contact_id) for contact_id in merged.order_by("id").values_list("id", flat=True)]


def _unread_count(contact: Contact, facts: list[Facts]) -> int:
    """The sum over all conversations, counted from the facts when they are all there."""
    if len(facts) < _SNAPSHOT_CONVERSATIONS:
        return sum(payloads.visitor_conversation(one)["unread_count"] for one in facts)
    states = ReadState.objects.filter(tenant_id=contact.tenant_id, contact=contact)
    total = states.aggregate(n=Sum(F("conversation__reply_messages") - F("messages_read")))
    return int(total["n"] or 0)


def _chat_log_rows(agent: Agent, contacts: list[Contact]) -> list[dict[str, Any]]:
    latest = Conversation.objects.filter(tenant_id=agent.tenant_id, contact=OuterRef("contact"))
    newest = latest.filter(last_message__isnull=False).order_by("-last_message_at", "-id").values("last_message")[:1]
    ids = [contact.id for contact in contacts]
    owned = Conversation.objects.filter(tenant_id=agent.tenant_id, contact__in=ids, last_message__isnull=False)
    own = ReadState.objects.filter(tenant_id=agent.tenant_id, conversation=OuterRef("id"), agent=agent)
    read = Coalesce(Subquery(own.values("messages_read")[:1]), Value(0))
    totals = (
        owned.order_by()
        .values("contact")
        .annotate(
            unread=Sum(F("contact_messages") - read),
            open=Sum(_is_open()),
            newest=Subquery(newest, output_field=UUIDField()),
        )
    )
    by_contact = {row["contact"]: row for row in totals}
    wanted = {row["newest"] for row in by_contact.values()}
    messages = _by_id(_with_authors(Message.objects.filter(tenant_id=agent.tenant_id, id__in=wanted)), wanted)
    similar = possible_duplicates(agent.tenant_id, contacts)
    return [_chat_log_row(one, by_contact.get(one.id), messages, similar.get(one.id, [])) for one in contacts]


def _is_open() -> Any:
    from django.db.models import Case, IntegerField, When

    not_closed = When(~Q(status=Conversation.Status.CLOSED), then=Value(1))
    return Case(not_closed, default=Value(0), output_field=IntegerField())


def _chat_log_row(
    contact: Contact, totals: Any, messages: dict[uuid.UUID, Message], similar: list[Contact]
) -> dict[str, Any]:
    last = messages.get(totals["newest"]) if totals else None
    return {
        "contact": payloads.team_contact(contact, similar),
        "display_name": payloads.display_name(contact),
        "identity_type": "guest" if contact.type == Contact.Type.ANONYMOUS else contact.type,
        "last_message": payloads.team_message(last) if last else None,
        "last_message_at": payloads.timestamp(contact.last_message_at) if contact.last_message_at else None,
        "message_count": contact.message_count,
        "unread_count": totals["unread"] if totals else 0,
        "open": bool(totals and totals["open"]),
    }


# Paging


def _parts(
    rows: QuerySet[Message], order: str, before: int | None, after: int | None, limit: int
) -> tuple[list[Message], bool]:
    """Return parts oldest first and whether there are more in the direction of the walk."""
    if after is not None:
        found = list(rows.filter(**{f"{order}__gt": after}).order_by(order)[: limit + 1])
        return found[:limit], len(found) > limit
    if before is not None:
        rows = rows.filter(**{f"{order}__lt": before})
    found = list(rows.order_by(f"-{order}")[: limit + 1])
    return found[:limit][::-1], len(found) > limit


def _by_activity(rows: QuerySet[Conversation], cursor: str | None, limit: int) -> Page:
    at, last_id = _decode(cursor)
    if at:
        rows = rows.filter(Q(last_message_at__lt=at) | Q(last_message_at=at, id__lt=last_id))
    found = list(rows.order_by("-last_message_at", "-id")[: limit + 1])
    next_ = _encode(found[limit - 1].last_message_at, found[limit - 1].id) if len(found) > limit else None
    return Page(found[:limit], next_)


def _encode(at: datetime | None, row_id: uuid.UUID) -> str | None:
    if at is None:
        return None
    return base64.urlsafe_b64encode(json.dumps([at.isoformat(), str(row_id)]).encode()).decode().rstrip("=")


def _decode(cursor: str | None) -> tuple[datetime | None, uuid.UUID | None]:
    """Return the sort key in a page cursor. Raises BadCursor for one that we did not make."""
    if not cursor:
        return None, None
    try:
        at, row_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        parsed = datetime.fromisoformat(at)
        if parsed.tzinfo is None:
            raise BadCursor()
        return parsed, uuid.UUID(row_id)
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise BadCursor() from error
