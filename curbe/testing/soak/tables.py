"""What the database holds, read past the product: the other witness of the checks."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psycopg


@dataclass(frozen=True, slots=True)
class Part:
    """A row of the thread."""

    id: str
    conversation_id: str
    seq: int
    visible_seq: int | None
    kind: str
    author_kind: str
    author_id: str
    key: str
    body: str


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation's own count of its parts."""

    id: str
    last_seq: int
    last_visible_seq: int


@dataclass(frozen=True, slots=True)
class Pointer:
    """A row of the log."""

    stream_id: str
    seq: int
    type: str
    entity_id: str


@dataclass(frozen=True, slots=True)
class Head:
    """A stream: its events are numbered min_seq + 1 to head_seq. Without a contact it is the team's."""

    id: str
    contact_id: str
    head_seq: int
    min_seq: int


@dataclass(frozen=True, slots=True)
class Position:
    """How far somebody has read. Of the two orders a visitor counts in the second."""

    conversation_id: str
    reader_kind: str
    reader_id: str
    last_read_seq: int
    last_read_visible_seq: int


@dataclass(frozen=True, slots=True)
class Tables:
    """All rows that the checks read."""

    parts: list[Part]
    threads: list[Thread]
    pointers: list[Pointer]
    heads: list[Head]
    positions: list[Position]


def read_tables(database_url: str) -> Tables:
    """In one transaction, so that all rows are of the same moment."""
    with closing(_connect(database_url)) as connection:
        cursor = connection.cursor()
        cursor.execute("BEGIN")
        return Tables(
            parts=[Part(*row) for row in _rows(cursor, _PARTS)],
            threads=[Thread(*row) for row in _rows(cursor, _THREADS)],
            pointers=[Pointer(*row) for row in _rows(cursor, _POINTERS)],
            heads=[Head(*row) for row in _rows(cursor, _HEADS)],
            positions=[Position(*row) for row in _rows(cursor, _POSITIONS)],
        )


_PARTS = """
    SELECT id, conversation_id, seq, visible_seq, kind, author_kind,
           CASE author_kind WHEN 'agent' THEN agent_id WHEN 'contact' THEN contact_id END, client_message_id, body
    FROM messenger_message
"""
_THREADS = "SELECT id, last_seq, last_visible_seq FROM messenger_conversation"
_POINTERS = "SELECT stream_id, seq, type, entity_id FROM messenger_event ORDER BY stream_id, seq"
_HEADS = "SELECT id, contact_id, head_seq, min_seq FROM messenger_stream"
_POSITIONS = """
    SELECT conversation_id, kind, CASE kind WHEN 'agent' THEN agent_id WHEN 'contact' THEN contact_id END,
           last_read_seq, last_read_visible_seq
    FROM messenger_readstate
"""
# Which columns of a query are ids: SQLite keeps them as 32 hexadecimal digits, PostgreSQL as UUIDs.
_IDS = {_PARTS: {0, 1, 6, 7}, _THREADS: {0}, _POINTERS: {0, 3}, _HEADS: {0, 1}, _POSITIONS: {0, 2}}


def _connect(url: str) -> Any:
    if url.startswith("sqlite"):
        return sqlite3.connect(urlsplit(url).path, isolation_level=None)
    return psycopg.connect(url, autocommit=True)


def _rows(cursor: Any, query: str) -> Iterator[list[Any]]:
    cursor.execute(query)
    ids = _IDS[query]
    for row in cursor.fetchall():
        yield [_id(value) if i in ids else value for i, value in enumerate(row)]


def _id(value: Any) -> str:
    """As the APIs write ids; empty for null."""
    return str(uuid.UUID(str(value))) if value else ""
