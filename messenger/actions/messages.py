"""Saying something: a visitor's message, an agent's reply, a note for the team. All idempotent by client key (I2)."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from .. import payloads, statements
from ..errors import Forbidden, Invalid, KeyReused, NewerReply, NotFound
from ..events import EventLog
from ..models import Agent, Contact, Conversation, Message
from ..principals import Visitor
from ..rendering import render_markdown, render_plain
from . import lifecycle, turns
from .drafts import drop_sent
from .files import claim_files, hold_files
from .locks import (
    erased,
    lock_conversation,
    lock_conversation_of,
    lock_own_contact,
    lock_to_write,
    not_available,
    owner_id_of,
    require_live,
)
from .mentioning import as_json, name_agents, read_note
from .parts import append_event, append_part, count_message, move_seen, read_own
from .routing import ensure_participant, route
from .verb import verb


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to say, rendered before any lock, with the key that makes saying it twice harmless."""

    client_message_id: uuid.UUID
    body: str
    body_html: str
    attachment_ids: Sequence[uuid.UUID] = ()
    # Of the kept draft that it was made of, which goes when it is sent.
    kept_version: int | None = None

    @classmethod
    def by_visitor(cls, client_message_id: uuid.UUID, body: str, attachment_ids: Sequence[uuid.UUID] = ()) -> Draft:
        return cls(client_message_id, body, render_plain(body) if body else "", tuple(attachment_ids))

    @classmethod
    def by_agent(cls, client_message_id: uuid.UUID, body: str, attachment_ids: Sequence[uuid.UUID] = ()) -> Draft:
        return cls(client_message_id, body, render_markdown(body) if body else "", tuple(attachment_ids))

    def request_hash(self, kind: str = Message.Kind.MESSAGE) -> str:
        said = "\0".join([kind, self.body, *map(str, self.attachment_ids)])
        return hashlib.sha256(said.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Sent:
    """The stored message, and whether it had been stored before."""

    message: Message
    is_replay: bool


@verb
def send_message(events: EventLog, *, by: Visitor, conversation_id: uuid.UUID, draft: Draft) -> Sent:
    """Store a visitor's message once and return it.

    A closed conversation is reopened, a snoozed one wakes; past the tenant's reopening days the message opens a new
    conversation instead. Raises NotFound, Forbidden (blocked) or KeyReused.
    """
    if by.contact is None:
        raise NotFound()
    replay = find_sent(by.contact, draft)
    if replay:
        return replay
    count_and_lock(events, by, by.contact)
    conversation = lock_conversation_of(by.contact, conversation_id)
    conversation = lifecycle.writable(events, by, by.contact, conversation)
    return Sent(say(events, by, conversation, draft), is_replay=False)


def find_sent(contact: Contact, draft: Draft) -> Sent | None:
    """Return what the contact sent under this key. Raises KeyReused when it was something else."""
    sent = statements.find_sent(contact.tenant_id, contact.id, draft.client_message_id)
    return _replay(*sent, draft.request_hash()) if sent else None


def count_and_lock(events: EventLog, by: Visitor, contact: Contact) -> None:
    """Count a message of the contact: the update is also the lock that everything below it needs.

    Raises Unauthenticated when the contact has become somebody else, and Forbidden when it is blocked (S60).
    """
    if not statements.count_message(contact.tenant_id, contact.id, events.at, session=by.token):
        lock_own_contact(by, contact.id)
        require_live(by)
        raise not_available()


def say(events: EventLog, by: Visitor, conversation: Conversation, draft: Draft) -> Message:
    """Append a contact's message to a locked, writable conversation of a locked, counted contact."""
    require_text(draft.body, draft.attachment_ids)
    is_first = conversation.last_message_id is None
    if is_first:
        lifecycle.list_for_team(events, conversation)
    held = hold_files(draft.attachment_ids, tenant_id=by.tenant_id, contact=conversation.contact)
    message = append_part(
        events,
        conversation,
        visible=True,
        author_kind=Message.Author.CONTACT,
        body=draft.body,
        body_html=draft.body_html,
        client_message_id=draft.client_message_id,
        request_hash=draft.request_hash(),
        visit_id=by.token.visit_id,
        files=[payloads.file_facts(one) for one in held],
    )
    claim_files(held, message)
    count_message(events, conversation, message)
    if is_first:
        route(events, conversation)
    statements.save_moved(conversation)
    read_own(conversation, contact_id=conversation.contact_id)
    if conversation.assistant_listens:
        turns.ask(conversation, message)
    return message


def require_text(body: str, files: Sequence[object]) -> None:
    """Raise Invalid for a message that would say nothing: neither a word nor a file."""
    if not body.strip() and not files:
        raise Invalid("A message needs some text.", code="blank", attr="body")


@verb
def send_reply(
    events: EventLog, *, by: Agent, conversation_id: uuid.UUID, draft: Draft, last_seen_seq: int | None = None
) -> Sent:
    """Store an agent's reply once and return it. The agent joins, and the visitor's messages count as seen.

    Raises NotFound, KeyReused, Invalid for a person who was erased, and NewerReply when `last_seen_seq` is given and a
    colleague replied after it.
    """
    replay = _find_written_in(conversation_id, by, draft, Message.Kind.MESSAGE)
    if replay:
        return replay
    _count_for_owner(events, by.tenant_id, conversation_id)
    conversation = lock_conversation(by.tenant_id, conversation_id)
    if last_seen_seq is not None:
        _guard_collision(by, conversation, last_seen_seq)
    return Sent(reply(events, conversation, by, draft), is_replay=False)


def reply(events: EventLog, conversation: Conversation, by: Agent, draft: Draft) -> Message:
    """Append an agent's message to a locked conversation of a locked, counted contact."""
    move_seen(events, conversation, by)
    _join(events, conversation, by)
    message = _write(events, conversation, by, draft, Message.Kind.MESSAGE)
    count_message(events, conversation, message)
    if conversation.first_reply_at is None:
        turns.yield_to_person(conversation)
    conversation.waiting_since = None
    conversation.first_reply_at = conversation.first_reply_at or message.created_at
    statements.save_moved(conversation)
    read_own(conversation, agent=by)
    return message


@verb
def add_note(events: EventLog, *, by: Agent, conversation_id: uuid.UUID, draft: Draft) -> Sent:
    """Store a note for the team once and return it. Nothing of it shows to the visitor (I9).

    Raises NotFound, KeyReused, and Invalid for a person who was erased.
    """
    replay = _find_written_in(conversation_id, by, draft, Message.Kind.NOTE)
    if replay:
        return replay
    noted = read_note(by, draft.body)
    conversation = lock_to_write(by.tenant_id, conversation_id)
    rendered, named = replace(draft, body_html=noted.body_html), as_json(noted.agent_ids)
    message = _write(events, conversation, by, rendered, Message.Kind.NOTE, mentions=named)
    name_agents(message, noted.agent_ids, message.created_at)
    statements.save_moved(conversation)
    read_own(conversation, agent=by)
    return Sent(message, is_replay=False)


def _count_for_owner(events: EventLog, tenant_id: uuid.UUID, conversation_id: uuid.UUID) -> None:
    """Count a reply for the conversation's contact, which also locks it. Raises NotFound, and Invalid when erased."""
    for _ in range(2):  # Merged while we waited for the row? Then it is the user's by now, and a user is never merged.
        if statements.count_message(tenant_id, owner_id_of(tenant_id, conversation_id), events.at):
            return
    raise erased()


def find_written(agent: Agent, draft: Draft, kind: str) -> Sent | None:
    """Return what the agent wrote under this key. Raises KeyReused when it was something else."""
    owned = Message.objects.filter(tenant_id=agent.tenant_id, agent=agent, author_kind=Message.Author.AGENT)
    written = owned.filter(client_message_id=draft.client_message_id).values_list("id", "request_hash")
    for message_id, request_hash in written[:1]:
        return _replay(message_id, request_hash, draft.request_hash(kind))
    return None


def _find_written_in(conversation_id: uuid.UUID, agent: Agent, draft: Draft, kind: str) -> Sent | None:
    """Return what the agent wrote under this key here. Raises KeyReused when it was elsewhere or something else."""
    found = find_written(agent, draft, kind)
    if found and found.message.conversation_id != conversation_id:
        raise KeyReused()
    return found


def _replay(message_id: uuid.UUID, stored_hash: str, request_hash: str) -> Sent:
    # Of what was removed nothing is known any more, and it is not said again.
    if stored_hash and stored_hash != request_hash:
        raise KeyReused()
    message = Message.objects.select_related("agent", "contact", "conversation").filter(id=message_id).first()
    if message is None:
        raise NotFound()
    return Sent(message, is_replay=True)


def _write(events: EventLog, conversation: Conversation, agent: Agent, draft: Draft, kind: str, **more: Any) -> Message:
    require_text(draft.body, draft.attachment_ids)
    held = hold_files(draft.attachment_ids, tenant_id=agent.tenant_id, agent=agent)
    message = append_part(
        events,
        conversation,
        visible=kind == Message.Kind.MESSAGE,
        kind=kind,
        author_kind=Message.Author.AGENT,
        agent=agent,
        body=draft.body,
        body_html=draft.body_html,
        client_message_id=draft.client_message_id,
        request_hash=draft.request_hash(kind),
        files=[payloads.file_facts(one) for one in held],
        **more,
    )
    claim_files(held, message)
    drop_sent(agent, conversation.id, draft.kept_version)
    return message


def _guard_collision(agent: Agent, conversation: Conversation, last_seen_seq: int) -> None:
    replies = Message.objects.select_related("agent", "contact", "conversation").filter(
        tenant_id=agent.tenant_id, conversation=conversation, kind=Message.Kind.MESSAGE, seq__gt=last_seen_seq
    )
    newer = replies.filter(author_kind=Message.Author.AGENT).exclude(agent=agent).order_by("seq")
    if found := list(newer[:20]):
        raise NewerReply(found)


def _join(events: EventLog, conversation: Conversation, agent: Agent) -> None:
    """The agent's first reply: they become an active participant and the visitor is told."""
    participant = ensure_participant(events, conversation, agent)
    if not participant.can_reply:
        raise Forbidden()
    if participant.joined_at is None:
        participant.joined_at = events.at
        participant.save()
        append_event(events, conversation, "agent_joined", agent=agent)
