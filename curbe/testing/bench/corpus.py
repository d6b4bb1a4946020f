"""Much to search in, made fast and always the same: people, their conversations, and what was said in two languages.

Words are as common as they are in talk: some in every tenth message and more, thousands now and then, most hardly ever.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

from django.db import connection, transaction

from messenger.models import Contact, Conversation, Message, Tenant, Widget, new_id
from messenger.words import searchable

_COMMON = """
order pedido hello hola please gracias size talla delivery envío refund devolución today mañana address dirección
shoes zapatos blue azul invoice factura card tarjeta account cuenta thanks señor problem número
"""
# Said by everybody in the first fifth of the history, and by nobody since.
BYGONE = ["christmas", "navidad", "voucher", "cupón", "lockdown"]
_SYLLABLES = "ba ce di fo gu la me ni po ru sa te vi zo ña bré cón dal fer gim hos jun kal lor mun"
_NAMES = "Ana Begoña Carlos Dörte Elena Grace Íñigo José Lucía Marta Noah Olga Raúl Sofía Tomás Zoë"
_SURNAMES = "García Müller Núñez Hopper López Martín Ruiz Sánchez Torres Smith Weiß Ibáñez Peña Lovelace"
COMMON, SYLLABLES, NAMES, SURNAMES = (text.split() for text in (_COMMON, _SYLLABLES, _NAMES, _SURNAMES))
_MESSAGES_EACH = 10
_PEOPLE_EACH = 2.5
_START, _HISTORY = datetime(2024, 6, 1, tzinfo=UTC), timedelta(days=900)


def some_word(number: int) -> str:
    """The word of that number: short or long, with accents, and always the same."""
    digits = []
    while True:
        number, digit = divmod(number, len(SYLLABLES))
        digits.append(SYLLABLES[digit])
        if not number:
            return "".join(digits) + "x"


MEDIUM = [some_word(3_000 + i) for i in range(2_000)]
RARE = [some_word(90_000 + i * 7) for i in range(40_000)]
_MEDIUM_WEIGHTS = list(accumulate(1 / (rank + 10) for rank in range(len(MEDIUM))))


@dataclass(frozen=True)
class Said:
    """One message, before it is a row."""

    number: int
    at: datetime
    body: str


def said(messages: int, seed: int = 1) -> Iterator[Said]:
    """What was said, oldest first; the same for the same numbers."""
    chance = random.Random(seed)
    for number in range(messages):
        share = number / messages
        yield Said(number, _START + _HISTORY * share, " ".join(_words(chance, is_bygone=share < 0.2)))


def fill(tenant: Tenant, widget: Widget, messages: int, seed: int = 1) -> None:
    """Store so many messages of so many people as go with them, past the actions; on PostgreSQL."""
    conversations = max(1, messages // _MESSAGES_EACH)
    people = [_id(_START, i, seed, 1) for i in range(max(1, int(conversations / _PEOPLE_EACH)))]
    threads = [(_id(_START, i, seed, 2), people[i % len(people)]) for i in range(conversations)]
    _copy(Contact, _contacts(tenant, people))
    _copy(Conversation, _conversations(tenant, widget, threads))
    _copy(Message, _messages(tenant, threads, said(messages, seed), seed))


def fill_log(tenant: Tenant, widget: Widget, people: int, seed: int) -> None:
    """Store so many people, each with a conversation in which one thing was said; on PostgreSQL."""
    ids = [new_id() for _ in range(people)]
    threads = [(new_id(), person) for person in ids]
    messages = list(_messages(tenant, threads, said(people, seed), seed))
    last = {row["conversation_id"]: {"last_message_id": row["id"]} for row in messages}
    times = {row["contact_id"]: {"last_message_at": row["created_at"]} for row in messages}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")  # A conversation names its last message, which names it.
        _copy(Contact, (row | times[row["id"]] for row in _contacts(tenant, ids)))
        rows = _conversations(tenant, widget, threads)
        _copy(Conversation, (row | times[row["contact_id"]] | last[row["id"]] for row in rows))
        _copy(Message, iter(messages))


def _words(chance: random.Random, *, is_bygone: bool) -> list[str]:
    often = [word for word in COMMON if chance.random() < 0.16]
    sometimes = chance.choices(MEDIUM, cum_weights=_MEDIUM_WEIGHTS, k=5)
    words = [*often, *sometimes, *chance.choices(RARE, k=3)]
    if is_bygone:
        words += [word for word in BYGONE if chance.random() < 0.3]
    chance.shuffle(words)
    return words


def _contacts(tenant: Tenant, people: Sequence[uuid.UUID]) -> Iterator[dict[str, Any]]:
    for number, row_id in enumerate(people):
        first, last = NAMES[number % len(NAMES)], SURNAMES[number // len(NAMES) % len(SURNAMES)]
        name, email = f"{first} {last}", f"{searchable(first).strip()}.{searchable(last).strip()}.{number}@mail.example"
        shared = {"id": row_id, "tenant_id": tenant.id, "created_at": _START, "last_message_at": _START}
        words = searchable(f"{name} {email}")
        yield {**shared, "type": "lead", "name": name, "email": email, "words": words, "message_count": 1}


def _conversations(
    tenant: Tenant, widget: Widget, threads: Sequence[tuple[uuid.UUID, uuid.UUID]]
) -> Iterator[dict[str, Any]]:
    shared = {"tenant_id": tenant.id, "widget_id": widget.id, "status": "closed", "is_primary": False, "words": ""}
    clock = dict.fromkeys(("created_at", "last_message_at", "last_part_at", "closed_at"), _START)
    for row_id, contact_id in threads:
        yield {**shared, **clock, "id": row_id, "contact_id": contact_id}


def _messages(
    tenant: Tenant, threads: Sequence[tuple[uuid.UUID, uuid.UUID]], spoken: Iterator[Said], seed: int
) -> Iterator[dict[str, Any]]:
    for one in spoken:
        thread, person = threads[one.number % len(threads)]
        seq = one.number // len(threads) + 1
        place: dict[str, Any] = {
            "id": _id(one.at, one.number, seed, 3),
            "tenant_id": tenant.id,
            "conversation_id": thread,
        }
        place |= {"contact_id": person, "seq": seq, "visible_seq": seq, "created_at": one.at}
        text = {"body": one.body, "body_html": f"<p>{one.body}</p>", "words": searchable(one.body)}
        yield {**place, **text, "kind": "message", "author_kind": "contact"}


def _copy(model: Any, rows: Iterator[dict[str, Any]]) -> None:
    """COPY: the given columns, and what a new row of the model has in the others.

    Then ANALYZE, as after any bulk load: the checks of foreign keys choose their index by what is known of the rows.
    """
    fields = {field.attname: field for field in model._meta.concrete_fields}
    blank = model()
    plain = {name: field.get_db_prep_save(getattr(blank, name), connection) for name, field in fields.items()}
    names = ", ".join(f'"{field.column}"' for field in fields.values())
    with connection.cursor() as cursor, cursor.copy(f"COPY {model._meta.db_table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([row.get(name, plain[name]) for name in fields])
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {model._meta.db_table}")


def _id(at: datetime, number: int, seed: int, kind: int) -> uuid.UUID:
    """A UUIDv7 of that moment which no other row has."""
    milliseconds = int(at.timestamp() * 1000)
    return uuid.UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | kind << 56 | seed << 40 | number)
