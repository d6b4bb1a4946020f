"""Reading the log: a stream's head, and the events after a cursor as each reader may see them."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import QuerySet

from . import payloads
from .errors import IdentityChanged
from .loading import by_id, own_facts, possible_duplicates, shared_facts, with_authors, with_joins
from .models import Agent, Contact, Conversation, Event, Message, Stream
from .payloads import Facts

# A client that is further behind than this is told to take a snapshot instead.
MOST_BEHIND = 1000
_MERGED = "contact.merged"
# What belongs to a conversation and is told without it.
_STATES: dict[str, Callable[..., dict[str, Any] | None]] = {
    "read_state": payloads.read_state,
    "seen": payloads.seen,
    "rating": payloads.rated,
}


def contact_stream(contact: Contact) -> Stream:
    """Return the contact's stream with its present head. Raises IdentityChanged when the contact was removed."""
    stream = Stream.objects.filter(tenant_id=contact.tenant_id, contact=contact).first()
    if stream is None:
        raise IdentityChanged()
    return stream


def contact_streams(contacts: Sequence[Contact]) -> dict[uuid.UUID, Stream]:
    """Return the streams of contacts by their ids, with their present heads, in one query."""
    tenants, ids = {one.tenant_id for one in contacts}, {one.id for one in contacts}
    rows = Stream.objects.filter(tenant_id__in=tenants, contact_id__in=ids) if ids else ()
    return {row.subject_id: row for row in rows}


def team_stream(tenant_id: uuid.UUID) -> Stream:
    """Return the tenant's stream with its present head."""
    return Stream.objects.get(tenant_id=tenant_id, contact=None)


def heads_of(stream_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[str, int]]:
    """Return (epoch, head) of the streams: what the sweeper compares."""
    rows = Stream.objects.filter(id__in=list(stream_ids)).values_list("id", "epoch", "head_seq")
    return {stream_id: (epoch, head) for stream_id, epoch, head in rows}


def owner_of(stream: Stream) -> Contact | None:
    """Return whose stream it is, as they are now; None for the team's.

    A guest's stream becomes a user's by a login. What was read of it may be sent to a session only if, after the
    reading, the session still speaks for the owner: then nothing of the user was in it.
    """
    if stream.contact_id is None:
        return None
    return Contact.objects.filter(tenant_id=stream.tenant_id, id=stream.contact_id).first()


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


class Pruned(Exception):
    """The log does not go back to this position any more."""


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
    """Return the events after `seq` for each of several readers, read from the log once.

    Raises Pruned when retention has removed the first of them meanwhile: what is left would be a partial range.
    """
    rows = list(_events(stream).filter(seq__gt=seq).order_by("seq")[:limit])
    if rows and rows[0].seq != seq + 1:
        raise Pruned()
    return project(stream, rows, agents=agents)


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
    # Other contacts who may be the same person, for the team.
    similar: dict[uuid.UUID, list[Contact]]
    facts: dict[uuid.UUID | None, dict[uuid.UUID, Facts]]


def _events(stream: Stream) -> QuerySet[Event]:
    return Event.objects.filter(tenant_id=stream.tenant_id, stream=stream)


def _load(stream: Stream, rows: Sequence[Event], agents: Sequence[Agent]) -> _Loaded:
    wanted: dict[str, set[uuid.UUID]] = defaultdict(set)
    for row in rows:
        wanted[row.type.split(".")[0]].add(row.entity_id)
    message_ids = wanted["message"] | wanted["note"]
    conversation_ids = {row.conversation_id for row in rows if row.conversation_id}
    tenant_id, is_team = stream.tenant_id, stream.contact_id is None
    threads = _conversations(stream, conversation_ids)
    contacts = _contacts(stream, wanted["contact"], threads)
    people = [*contacts.values(), *(one.contact for one in threads)]
    similar = possible_duplicates(tenant_id, people) if is_team else {}
    return _Loaded(
        is_team=is_team,
        messages=by_id(with_authors(Message.objects.filter(tenant_id=tenant_id, id__in=message_ids)), message_ids),
        contacts=contacts,
        similar=similar,
        facts=_facts_per_reader(stream, threads, similar, agents),
    )


def _conversations(stream: Stream, ids: set[uuid.UUID]) -> list[Conversation]:
    owned = with_joins(Conversation.objects.filter(tenant_id=stream.tenant_id, id__in=ids))
    if stream.contact_id is not None:
        owned = owned.filter(contact=stream.contact_id)  # What a merge took away is not this reader's any more.
    return list(owned) if ids else []


def _contacts(stream: Stream, ids: set[uuid.UUID], rows: Sequence[Conversation]) -> dict[uuid.UUID, Contact]:
    """The people of the events. A contact's own stream speaks of nobody else, and its conversations come with them."""
    if stream.contact_id is not None:
        own = rows[0].contact if rows else owner_of(stream) if ids else None
        return dict.fromkeys(ids, own) if own else {}
    people = Contact.objects.select_related("merged_into").filter(tenant_id=stream.tenant_id, id__in=ids)
    return {contact_id: one.merged_into or one for contact_id, one in by_id(people, ids).items()}


def _facts_per_reader(
    stream: Stream,
    rows: Sequence[Conversation],
    similar: Mapping[uuid.UUID, list[Contact]],
    agents: Sequence[Agent],
) -> dict[uuid.UUID | None, dict[uuid.UUID, Facts]]:
    shared = shared_facts(stream.tenant_id, rows, similar)
    if stream.contact_id is not None:
        return {None: {facts.conversation.id: facts for facts, _ in shared}}
    return {agent.id: {one.conversation.id: one for one in own_facts(shared, agent)} for agent in agents}


def _item(row: Event, loaded: _Loaded, reader: uuid.UUID | None) -> LogItem:
    facts = loaded.facts.get(reader, {}).get(row.conversation_id) if row.conversation_id else None
    payload = _payload(row, loaded, facts)
    return LogItem(row.seq, row.type, row.v, payloads.timestamp(row.created_at), payload)


def _payload(row: Event, loaded: _Loaded, facts: Facts | None) -> dict[str, Any] | None:
    entity = row.type.split(".")[0]
    if entity == "stream":
        return {"reason": "merged"}
    if entity == "settings":
        return {}  # What changed is asked for; a list of it would be as long as the lists themselves.
    if entity == "contact":
        return _contact_event(row, loaded)
    if facts is None:
        return None
    if (state := _STATES.get(entity)) is not None:
        return state(facts, for_team=loaded.is_team)
    conversation = payloads.team_conversation(facts) if loaded.is_team else payloads.visitor_conversation(facts)
    if entity == "conversation":
        return {"conversation": conversation}
    message = loaded.messages.get(row.entity_id)
    if message is None:
        return None
    as_message = payloads.team_message if loaded.is_team else payloads.visitor_message
    return {"message": as_message(message), "conversation": conversation}


def _contact_event(row: Event, loaded: _Loaded) -> dict[str, Any] | None:
    """A person as they are now. After a merge that is the user, whom the guest's id leads to."""
    contact = loaded.contacts.get(row.entity_id)
    if contact is None:
        return None
    similar = loaded.similar.get(contact.id, [])
    person = payloads.team_contact(contact, similar) if loaded.is_team else payloads.visitor_contact(contact)
    payload = {"contact": person}
    return {"from": str(row.entity_id), "into": str(contact.id), **payload} if row.type == _MERGED else payload
