"""How far everybody has read, and what the visitor may be told was seen. Cursors never move back (I6)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from .. import presence
from ..errors import NotFound
from ..events import EventLog, EventType
from ..models import Agent, Contact, Conversation, Message, ReadState, RevocationReason
from ..principals import Visitor, ended, require_person
from . import turns
from .locks import lock_for_team
from .parts import has_unseen, move_seen, record
from .verb import verb


@dataclass(frozen=True, slots=True)
class Read:
    """A read cursor in the caller's own numbering, and the unread messages beyond it."""

    last_read_seq: int
    unread: int


@verb
def mark_read_by_contact(events: EventLog, *, by: Visitor, conversation_id: uuid.UUID, up_to: int) -> Read:
    """Move the visitor's cursor up to a part they have rendered; beyond the end means the end. Raises NotFound.

    Of a blocked contact the team sees nothing new, so its cursor stays (S60).
    """
    if by.contact is None:
        raise NotFound()
    owned = Conversation.objects.filter(tenant_id=by.tenant_id, contact=by.contact, id=conversation_id)
    conversation = _with_later(owned, "visible_seq", up_to, Message.Author.AGENT, Message.Author.ASSISTANT)
    reached = min(up_to, conversation.last_visible_seq)
    own = ReadState.objects.filter(tenant_id=by.tenant_id, conversation=conversation, contact=by.contact)
    moved = _of_speaker(own.filter(last_read_visible_seq__lt=reached), by).update(
        last_read_seq=conversation.reached_seq,
        last_read_visible_seq=reached,
        messages_read=conversation.reply_messages - conversation.later,
        version=F("version") + 1,
    )
    state = own.select_related("contact").first()
    if state is None:
        raise ended(RevocationReason.IDENTITY_CHANGED)  # A merge has moved the conversation meanwhile.
    require_person(by, state.contact)
    if moved:
        record(events, EventType.READ_STATE_UPDATED, conversation, state.id)
    return Read(state.last_read_visible_seq, max(0, conversation.reply_messages - state.messages_read))


def mark_read_by_agent(*, by: Agent, conversation_id: uuid.UUID, up_to: int) -> Read:
    """Move the agent's own cursor. It is private to the agent: told to their other tabs, and logged nowhere."""
    owned = Conversation.objects.filter(tenant_id=by.tenant_id, id=conversation_id)
    conversation = _with_later(owned, "seq", up_to, Message.Author.CONTACT)
    shared = {"tenant_id": by.tenant_id, "conversation": conversation, "agent": by}
    ReadState.objects.bulk_create([ReadState(**shared, kind=ReadState.Kind.AGENT)], ignore_conflicts=True)
    own = ReadState.objects.filter(**shared)
    moved = own.filter(last_read_seq__lt=min(up_to, conversation.last_seq)).update(
        last_read_seq=min(up_to, conversation.last_seq),
        messages_read=conversation.contact_messages - conversation.later,
        version=F("version") + 1,
    )
    read = _read_now(own, conversation)
    if moved:
        presence.agent_read(by, conversation_id, read.last_read_seq, read.unread)
    return read


def mark_unread_by_agent(*, by: Agent, conversation_id: uuid.UUID, first_unread: int) -> Read:
    """Move the agent's own cursor back, to before that part: the one exception to I6. Parts later than it stay unread.

    A cursor that is before it already stays. Told to the agent's other tabs, and logged nowhere. Raises NotFound.
    """
    owned = Conversation.objects.filter(tenant_id=by.tenant_id, id=conversation_id)
    conversation = _with_later(owned, "seq", first_unread - 1, Message.Author.CONTACT)
    own = ReadState.objects.filter(tenant_id=by.tenant_id, conversation=conversation, agent=by)
    own.filter(last_read_seq__gte=first_unread).update(
        last_read_seq=first_unread - 1,
        messages_read=conversation.contact_messages - conversation.later,
        version=F("version") + 1,
    )
    read = _read_now(own, conversation)
    presence.agent_read(by, conversation_id, read.last_read_seq, read.unread, back=True)
    return read


@verb
def mark_seen(events: EventLog, *, by: Agent, conversation_id: uuid.UUID) -> None:
    """An agent types a message: what the contact said so far counts as seen (I11). Raises NotFound."""
    conversation = lock_for_team(by.tenant_id, conversation_id)
    move_seen(events, conversation, by)


def type_in(*, by: Agent, conversation_id: uuid.UUID, on: bool, kind: str) -> None:
    """An agent types, or stops: dots for the team and, for a message, dots and Seen for the visitor (I9, I11)."""
    owned = Conversation.objects.select_related("seen_state").filter(tenant_id=by.tenant_id, id=conversation_id)
    conversation = owned.first()
    if conversation is None:
        raise NotFound()
    if on and kind == Message.Kind.MESSAGE and has_unseen(conversation):
        mark_seen(by=by, conversation_id=conversation_id)
    if on and kind == Message.Kind.MESSAGE:
        turns.pause(conversation)
    presence.agent_typing(by, conversation, on=on, kind=kind)


def _of_speaker(states: QuerySet[ReadState], by: Visitor) -> QuerySet[ReadState]:
    """Only if the contact is not blocked, and is still of the kind that this session speaks for."""
    states = states.filter(contact__blocked=False)
    is_user = {"contact__type": Contact.Type.USER}
    return states.filter(**is_user) if by.is_verified else states.exclude(**is_user)


def _read_now(own: QuerySet[ReadState], conversation: Conversation) -> Read:
    """Return where an agent is, with what is unread by now: cursor and counter come from one statement.

    No event corrects an agent's count, so it must hold whatever was said since the cursor was moved.
    """
    state = own.select_related("conversation").first()
    if state is None:
        return Read(0, conversation.contact_messages)  # They have read nothing yet.
    return Read(state.last_read_seq, max(0, state.conversation.contact_messages - state.messages_read))


def _with_later(owned: QuerySet[Conversation], order: str, up_to: int, *authors: str) -> Any:
    """Return the conversation with `later`, the messages of these authors beyond `up_to`, and `reached_seq`.

    Counters and count come from one statement, so they are of one moment even while others write.
    """
    parts = Message.objects.filter(tenant_id=OuterRef("tenant_id"), conversation=OuterRef("id"))
    beyond = parts.filter(**{f"{order}__gt": up_to}, kind=Message.Kind.MESSAGE, author_kind__in=authors)
    count = beyond.order_by().values("conversation").annotate(n=Count("id")).values("n")
    reached = parts.filter(**{f"{order}__lte": up_to}).order_by(f"-{order}").values("seq")[:1]
    conversation = owned.annotate(
        later=Coalesce(Subquery(count, output_field=IntegerField()), 0), reached_seq=Coalesce(Subquery(reached), 0)
    ).first()
    if conversation is None:
        raise NotFound()
    return conversation
