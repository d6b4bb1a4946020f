"""What can happen, who learns of it, and how it gets into the log in commit order.

An event is a pointer to a row. Its audience is a property of its type and never an argument of the caller, so a note
cannot end up in a contact's stream by a slip.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

import structlog
from django.db import transaction

from . import nudges, statements
from .models import Event

log = structlog.get_logger(__name__)


class Audience(Enum):
    """Whose streams an event type is written to."""

    EVERYBODY = "contact and team"
    CONTACT = "contact"
    TEAM = "team"


class EventType(Enum):
    """Name on the wire, and audience. Two members may share a name when their audiences differ."""

    MESSAGE_CREATED = ("message.created", Audience.EVERYBODY)
    MESSAGE_UPDATED = ("message.updated", Audience.EVERYBODY)
    # Of a guest who turned out to be a user: the user's other devices get it, the team has it.
    MESSAGE_GAINED = ("message.updated", Audience.CONTACT)
    MESSAGE_DELETED = ("message.deleted", Audience.EVERYBODY)
    NOTE_CREATED = ("note.created", Audience.TEAM)
    NOTE_UPDATED = ("note.updated", Audience.TEAM)
    NOTE_DELETED = ("note.deleted", Audience.TEAM)
    CONVERSATION_STARTED = ("conversation.created", Audience.CONTACT)
    # An empty conversation exists for the visitor only; the team learns of it with its first message.
    CONVERSATION_LISTED = ("conversation.created", Audience.TEAM)
    CONVERSATION_UPDATED = ("conversation.updated", Audience.EVERYBODY)
    # Of one in which nothing was said, and of which the team therefore does not know.
    OWN_CONVERSATION_UPDATED = ("conversation.updated", Audience.CONTACT)
    # Of what a visitor is not shown, such as the team that has it.
    TEAM_CONVERSATION_UPDATED = ("conversation.updated", Audience.TEAM)
    READ_STATE_UPDATED = ("read_state.updated", Audience.EVERYBODY)
    SEEN_UPDATED = ("seen.updated", Audience.EVERYBODY)
    RATING_UPDATED = ("rating.updated", Audience.EVERYBODY)
    CONTACT_UPDATED = ("contact.updated", Audience.EVERYBODY)
    # What a visitor is not shown: a block, an attribute.
    TEAM_CONTACT_UPDATED = ("contact.updated", Audience.TEAM)
    CONTACT_ERASED = ("contact.erased", Audience.EVERYBODY)
    # Names the guest; the user's stream and the team learn of it.
    CONTACT_MERGED = ("contact.merged", Audience.EVERYBODY)
    # What everybody in the team works with: its teams, tags and shared views.
    SETTINGS_UPDATED = ("settings.updated", Audience.TEAM)
    STREAM_CLOSED = ("stream.closed", Audience.CONTACT)

    @property
    def wire(self) -> str:
        return self.value[0]

    @property
    def audience(self) -> Audience:
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who caused an event."""

    kind: str
    id: uuid.UUID | None = None


@dataclass(slots=True)
class _Entry:
    type: EventType
    entity_id: uuid.UUID
    conversation_id: uuid.UUID | None


@dataclass(slots=True)
class EventLog:
    """Collects what one verb changed; `flush` writes it as the last thing of the transaction."""

    tenant_id: uuid.UUID
    actor: Actor
    at: datetime
    _of_contact: dict[uuid.UUID, list[_Entry]] = field(default_factory=lambda: defaultdict(list))
    _of_team: list[_Entry] = field(default_factory=list)

    def add(
        self,
        type_: EventType,
        entity_id: uuid.UUID,
        *,
        contact_id: uuid.UUID | None = None,
        conversation_id: uuid.UUID | None = None,
    ) -> None:
        """Record that an entity changed: of this contact, unless the type is the team's alone."""
        entry = _Entry(type_, entity_id, conversation_id)
        if type_.audience is not Audience.TEAM:
            if contact_id is None:
                raise ValueError(f"{type_.wire} is also a contact's, and nobody was named.")
            self._of_contact[contact_id].append(entry)
        if type_.audience is not Audience.CONTACT:
            self._of_team.append(entry)

    def flush(self) -> None:
        """Advance the heads (contacts' streams in id order, the tenant's last) and insert the pointers."""
        batches = sorted(self._of_contact.items())
        rows = [row for contact_id, entries in batches for row in self._rows(contact_id, entries)]
        if self._of_team:
            rows += self._rows(None, self._of_team)
        if rows:
            statements.insert_events(rows)

    def _rows(self, contact_id: uuid.UUID | None, entries: list[_Entry]) -> list[Event]:
        stream = statements.advance_stream(self.tenant_id, contact_id, len(entries))
        first = stream.head - len(entries) + 1
        rows = [self._pointer(stream.id, seq, entry) for seq, entry in enumerate(entries, start=first)]
        transaction.on_commit(lambda: nudges.publish(contact_id or self.tenant_id, stream.epoch, rows), robust=True)
        return rows

    def _pointer(self, stream_id: uuid.UUID, seq: int, entry: _Entry) -> Event:
        return Event(
            tenant_id=self.tenant_id,
            stream_id=stream_id,
            seq=seq,
            type=entry.type.wire,
            conversation_id=entry.conversation_id,
            entity_id=entry.entity_id,
            actor_kind=self.actor.kind,
            actor_id=self.actor.id,
            created_at=self.at,
        )
