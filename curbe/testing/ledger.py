"""What the tables hold, all of them: to compare, to search for what must not be there, and to check the log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import connection, models

from messenger.models import Conversation, Event, Message, Stream

Rows = dict[str, list[tuple[Any, ...]]]


def everything(*, but: Iterable[type[models.Model]] = ()) -> Rows:
    """Every row of every table of the messenger, by model name; `but` names the models that may differ."""
    chosen = [model for model in apps.get_app_config("messenger").get_models() if model not in set(but)]
    return {model.__name__: list(model._base_manager.order_by("pk").values_list()) for model in chosen}


def places_of(text: str) -> set[tuple[str, str]]:
    """(table, column) of every value in the database that contains the text, whatever the column's type."""
    with connection.cursor() as cursor:
        return found_in(cursor, connection.introspection.table_names(cursor), [text])[text]


def found_in(cursor: Any, tables: Iterable[str], texts: Iterable[str]) -> dict[str, set[tuple[str, str]]]:
    """For each text the (table, column) that hold it, looked for in every value of those tables of any database."""
    found: dict[str, set[tuple[str, str]]] = {text: set() for text in texts}
    for table in tables:
        cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  A name from the database's own catalogue.
        columns = [column[0] for column in cursor.description]
        for row in cursor.fetchall():
            for name, value in zip(columns, map(as_text, row), strict=True):
                for text in found:
                    if text in value:
                        found[text].add((table, name))
    return found


def as_text(value: Any) -> str:
    """A column's value as a searcher would print it; bytes as the text they may hold."""
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("latin-1")
    return str(value)


def told_to(stream: Stream, after: int = 0) -> list[str]:
    """The types of a stream's events after a seq, in their order."""
    events = Event.objects.filter(stream=stream, seq__gt=after)
    return list(events.order_by("seq").values_list("type", flat=True))


def assert_streams_have_no_holes() -> None:
    """I4: in every stream the events are 1..head."""
    for stream in Stream.objects.all():
        seqs = list(Event.objects.filter(stream=stream).order_by("seq").values_list("seq", flat=True))
        assert seqs == list(range(1, stream.head_seq + 1))


def assert_numbers_have_no_holes(conversation: Conversation) -> None:
    """I3: both orders count from 1 and agree."""
    parts = list(Message.objects.filter(conversation=conversation).order_by("seq"))
    visible = [part.visible_seq for part in parts if part.visible_seq is not None]
    assert [part.seq for part in parts] == list(range(1, len(parts) + 1))
    assert visible == list(range(1, len(visible) + 1))
    conversation.refresh_from_db()
    assert (conversation.last_seq, conversation.last_visible_seq) == (len(parts), len(visible))
