"""The statements of the hot path, written by hand and run on both databases.

The ORM spends five times as long on building such a statement as PostgreSQL's driver on running it, and a send makes
ten: written out, a send costs less than twice a bare insert and update (`test_budgets.py` holds it to 2.5).
Whatever is not on that path uses the ORM.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from . import words
from .models import Conversation, Event, Message, VisitorToken, new_id

Row = tuple[Any, ...]


def find_sent(tenant_id: uuid.UUID, contact_id: uuid.UUID, key: uuid.UUID) -> tuple[uuid.UUID, str] | None:
    """Return (id, request hash) of what the contact sent under this key."""
    row = _first(
        "SELECT id, request_hash FROM messenger_message"
        " WHERE tenant_id = %s AND contact_id = %s AND client_message_id = %s AND author_kind = 'contact'",
        tenant_id,
        contact_id,
        key,
    )
    return (_as_uuid(row[0]), row[1]) if row else None


def count_message(
    tenant_id: uuid.UUID, contact_id: uuid.UUID, at: datetime, *, session: VisitorToken | None = None
) -> bool:
    """Move the chat log's columns of a contact, which also locks the row; false when it may not be.

    A merged contact is nobody any more, and nothing is said to or by one who was erased. With a session it is the
    contact who speaks: not when blocked, and only while the session is live and of the right kind. What is asked of the
    contact's own row holds for what it has become by the time the lock is granted; that the session is live, for the
    moment in which this statement began.
    """
    latest = "GREATEST" if connection.vendor == "postgresql" else "MAX"
    may_speak, values = "", [at, at, tenant_id, contact_id]
    if session is not None:
        may_speak = (
            " AND NOT blocked AND (type = 'user') = %s"
            " AND EXISTS (SELECT 1 FROM messenger_visitortoken WHERE id = %s AND revoked_at IS NULL)"
        )
        values += [session.assurance == VisitorToken.Assurance.VERIFIED, session.id]
    return _run(
        f"UPDATE messenger_contact SET message_count = message_count + 1,"
        f" last_message_at = {latest}(COALESCE(last_message_at, %s), %s)"
        f" WHERE tenant_id = %s AND id = %s AND merged_into_id IS NULL AND erased_at IS NULL{may_speak}",
        *values,
    )


def move_last_message(tenant_id: uuid.UUID, contact_id: uuid.UUID, at: datetime) -> None:
    """Move the chat log's sort of a locked contact to a message that was given a later time than it was counted at."""
    _run(
        "UPDATE messenger_contact SET last_message_at = %s WHERE tenant_id = %s AND id = %s AND last_message_at < %s",
        *(at, tenant_id, contact_id, at),
    )


def lock_conversation(tenant_id: uuid.UUID, contact_id: uuid.UUID, conversation_id: uuid.UUID) -> Conversation | None:
    """Return the contact's conversation, locked.

    `may_reply` tells whether the contact may say something, and `assistant_listens` whether that is to be answered.
    """
    lock = "FOR NO KEY UPDATE OF c" if connection.vendor == "postgresql" else ""
    rows = Conversation.objects.raw(
        "SELECT c.*, EXISTS (SELECT 1 FROM messenger_participant p WHERE p.tenant_id = c.tenant_id"
        " AND p.conversation_id = c.id AND p.contact_id = c.contact_id AND p.is_active AND p.can_reply) AS may_reply,"
        " EXISTS (SELECT 1 FROM messenger_participant a WHERE a.tenant_id = c.tenant_id AND a.conversation_id = c.id"
        " AND a.kind = 'assistant' AND a.is_active AND a.can_reply) AS assistant_listens"
        f" FROM messenger_conversation c WHERE c.tenant_id = %s AND c.id = %s AND c.contact_id = %s {lock}",
        _adapted([tenant_id, conversation_id, contact_id]),
    )
    return next(iter(rows), None)


def ask_assistant(row: Conversation, seq: int, at: datetime, due_at: datetime) -> None:
    """Have the assistant answer a part of a locked conversation: in the turn that is open, else in a new one.

    A turn that waits waits on, until nothing more was said for a moment.
    """
    _run(
        "INSERT INTO messenger_turn (id, tenant_id, conversation_id, cycle, asked_from, asked_to, asked_at, state,"
        " reason, due_at) VALUES (%s, %s, %s, %s, %s, %s, %s, 'waiting', '', %s)"
        " ON CONFLICT (tenant_id, conversation_id) WHERE state IN ('waiting', 'running', 'paused')"
        " DO UPDATE SET asked_to = excluded.asked_to, due_at = CASE WHEN messenger_turn.state = 'waiting'"
        " THEN excluded.due_at ELSE messenger_turn.due_at END",
        *(new_id(), row.tenant_id, row.id, row.cycle, seq, seq, at, due_at),
    )


def save_moved(row: Conversation) -> None:
    """Write what appending a part and counting it moved in a locked conversation."""
    _run(
        "UPDATE messenger_conversation SET last_seq = %s, last_visible_seq = %s, rev = %s, visible_rev = %s,"
        " last_part_at = %s, last_message_id = %s, last_message_at = %s, contact_messages = %s, reply_messages = %s,"
        " waiting_since = %s, first_reply_at = %s WHERE tenant_id = %s AND id = %s",
        *(row.last_seq, row.last_visible_seq, row.rev, row.visible_rev),
        *(row.last_part_at, row.last_message_id, row.last_message_at, row.contact_messages, row.reply_messages),
        *(row.waiting_since, row.first_reply_at, row.tenant_id, row.id),
    )


def read_everything(row: Conversation, *, contact_id: uuid.UUID | None, agent_id: uuid.UUID | None) -> bool:
    """Move a read cursor to the conversation's end; false when that reader has no cursor yet."""
    own, reader = ("contact_id", contact_id) if contact_id else ("agent_id", agent_id)
    read = row.reply_messages if contact_id else row.contact_messages
    return _run(
        "UPDATE messenger_readstate SET last_read_seq = %s, last_read_visible_seq = %s, messages_read = %s,"
        f" version = version + 1, updated_at = %s WHERE tenant_id = %s AND conversation_id = %s AND {own} = %s",
        *(row.last_seq, row.last_visible_seq if contact_id else 0, read, row.last_part_at),
        *(row.tenant_id, row.id, reader),
    )


class Advanced(NamedTuple):
    """A stream whose head was moved, and where it is now."""

    id: uuid.UUID
    epoch: str
    head: int


def advance_stream(tenant_id: uuid.UUID, contact_id: uuid.UUID | None, count: int) -> Advanced:
    """Move a stream's head by `count`. The row stays locked until the commit."""
    owner = "contact_id IS NULL" if contact_id is None else "contact_id = %s"
    row = _first(
        f"UPDATE messenger_stream SET head_seq = head_seq + %s WHERE tenant_id = %s AND {owner}"
        " RETURNING id, epoch, head_seq",
        *(value for value in (count, tenant_id, contact_id) if value is not None),
    )
    if row is None:
        raise RuntimeError("A tenant or contact has no stream; both are created together.")
    return Advanced(_as_uuid(row[0]), row[1], row[2])


_EVENT_COLUMNS = (
    "id",
    "tenant_id",
    "stream_id",
    "seq",
    "type",
    "v",
    "conversation_id",
    "entity_id",
    "actor_kind",
    "actor_id",
    "created_at",
)


_MESSAGE_COLUMNS = (
    "id",
    "tenant_id",
    "conversation_id",
    "contact_id",
    "agent_id",
    "seq",
    "visible_seq",
    "cycle",
    "kind",
    "author_kind",
    "body",
    "body_html",
    "words",
    "files",
    "mentions",
    "client_message_id",
    "request_hash",
    "visit_id",
    "rev",
    "created_at",
)


def insert_events(events: Sequence[Event]) -> None:
    """Insert the pointers of one transaction."""
    _insert("messenger_event", _EVENT_COLUMNS, events)


def insert_message(message: Message) -> None:
    """Insert a message or a note of a person: no event, and neither edited nor deleted yet."""
    message.words = words.of_message(message)
    _insert("messenger_message", _MESSAGE_COLUMNS, [message])


def _insert(table: str, columns: Sequence[str], rows: Sequence[Event | Message]) -> None:
    marks = ", ".join([f"({', '.join(['%s'] * len(columns))})"] * len(rows))
    values = [getattr(row, name) for row in rows for name in columns]
    _run(f"INSERT INTO {table} ({', '.join(columns)}) VALUES {marks}", *values)


def _first(sql: str, *values: Any) -> Row | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, _adapted(values))
        row: Row | None = cursor.fetchone()
    return row


def _run(sql: str, *values: Any) -> bool:
    """Run a statement; whether it touched any row."""
    with connection.cursor() as cursor:
        cursor.execute(sql, _adapted(values))
        return bool(cursor.rowcount)


def _adapted(values: Iterable[Any]) -> list[Any]:
    """Parameters as the ORM would send them: SQLite knows neither UUIDs nor times."""
    if connection.vendor == "postgresql":
        return [connection.ops.adapt_json_value(value, None) if isinstance(value, list) else value for value in values]
    return [_as_text(value) for value in values]


def _as_text(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return value.hex
    if isinstance(value, list):
        return connection.ops.adapt_json_value(value, None)
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def _as_uuid(value: Any) -> uuid.UUID:
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)
