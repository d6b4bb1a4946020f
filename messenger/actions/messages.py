"""Saying something: a visitor's message, an agent's reply, a note for the team. All idempotent by client key (I2)."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from .. import payloads, statements
from ..errors import Forbidden, KeyReused, NewerReply, NotFound
from ..events import EventLog
from ..models import Agent, Contact, Conversation, Message, Participant
from ..principals import Visitor, require_person
from ..rendering import render_markdown, render_plain
from . import lifecycle
from .files import claim_files, hold_files
from .locks import (
    lock_contact,
    lock_conversation,
    lock_conversation_of,
    lock_for_team,
    not_available,
    owner_id_of,
    require_live,
)
from .parts import append_event, append_part, count_message, move_seen, read_own
from .verb import verb


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to say, rendered before any lock, with the key that makes saying it twice harmless."""

    client_message_id: uuid.UUID
    body: str
    body_html: str
    attachment_ids: Sequence[uuid.UUID] = ()

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
        require_person(by, lock_contact(contact.tenant_id, contact.id))
        require_live(by)
        raise not_available()


def say(events: EventLog, by: Visitor, conversation: Conversation, draft: Draft) -> Message:
    """Append a contact's message to a locked, writable conversation of a locked, counted contact."""
    if conversation.last_message_id is None:
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
    statements.save_moved(conversation)
    read_own(conversation, contact_id=conversation.contact_id)
    return message


@verb
def send_reply(
    events: EventLog, *, by: Agent, conversation_id: uuid.UUID, draft: Draft, last_seen_seq: int | None = None
) -> Sent:
    """Store an agent's reply once and return it. The agent joins, and the visitor's messages count as seen.

    Raises NotFound, KeyReused, or NewerReply when `last_seen_seq` is given and a colleague replied after it.
    """
    replay = _find_written(by, draft, Message.Kind.MESSAGE)
    if replay:
        return replay
    _count_for_owner(events, by.tenant_id, conversation_id)
    conversation = lock_conversation(by.tenant_id, conversation_id)
    if last_seen_seq is not None:
        _guard_collision(by, conversation, last_seen_seq)
    move_seen(events, conversation, by)
    _join(events, conversation, by)
    message = _write(events, conversation, by, draft, Message.Kind.MESSAGE)
    count_message(events, conversation, message)
    conversation.waiting_since = None
    conversation.first_reply_at = conversation.first_reply_at or message.created_at
    statements.save_moved(conversation)
    read_own(conversation, agent=by)
    return Sent(message, is_replay=False)


@verb
def add_note(events: EventLog, *, by: Agent, conversation_id: uuid.UUID, draft: Draft) -> Sent:
    """Store a note for the team once and return it. Nothing of it shows to the visitor (I9)."""
    replay = _find_written(by, draft, Message.Kind.NOTE)
    if replay:
        return replay
    conversation = lock_for_team(by.tenant_id, conversation_id)
    message = _write(events, conversation, by, draft, Message.Kind.NOTE)
    statements.save_moved(conversation)
    read_own(conversation, agent=by)
    return Sent(message, is_replay=False)


def _count_for_owner(events: EventLog, tenant_id: uuid.UUID, conversation_id: uuid.UUID) -> None:
    """Count a reply for the conversation's contact, which also locks it. Raises NotFound."""
    owner_id = owner_id_of(tenant_id, conversation_id)
    if not statements.count_message(tenant_id, owner_id, events.at):
        # Merged while we waited for the row: by now the conversation is the user's, and a user is never merged.
        statements.count_message(tenant_id, owner_id_of(tenant_id, conversation_id), events.at)


def _find_written(agent: Agent, draft: Draft, kind: str) -> Sent | None:
    owned = Message.objects.filter(tenant_id=agent.tenant_id, agent=agent, author_kind=Message.Author.AGENT)
    written = owned.filter(client_message_id=draft.client_message_id).values_list("id", "request_hash")
    for message_id, request_hash in written[:1]:
        return _replay(message_id, request_hash, draft.request_hash(kind))
    return None


def _replay(message_id: uuid.UUID, stored_hash: str, request_hash: str) -> Sent:
    if stored_hash != request_hash:
        raise KeyReused()
    message = Message.objects.select_related("agent", "contact", "conversation").get(id=message_id)
    return Sent(message, is_replay=True)


def _write(events: EventLog, conversation: Conversation, agent: Agent, draft: Draft, kind: str) -> Message:
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
    )
    claim_files(held, message)
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
    own = Participant.objects.filter(tenant_id=agent.tenant_id, conversation=conversation, agent=agent)
    participant = own.first() or lifecycle.new_agent_participant(events, conversation, agent)
    if not participant.can_reply:
        raise Forbidden()
    if participant.joined_at is None:
        participant.joined_at = events.at
        participant.save()
        append_event(events, conversation, "agent_joined", agent=agent)
