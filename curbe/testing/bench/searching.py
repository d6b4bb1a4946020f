"""How long the search takes with half a million messages in it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from django.db import connection

from curbe.testing.bench import corpus
from curbe.testing.bench.questions import HARD, PEOPLE, QUESTIONS
from curbe.testing.cast import Company, make_company
from curbe.testing.clients import Desk
from curbe.testing.load.figures import Figure, p95
from messenger.wordtables import SEARCHED

_ROUNDS = 3
_MOST_MS = 150


def search(messages: int) -> list[Figure]:
    """Fill an empty PostgreSQL and ask: the large tenant, and a small one beside it, whose search the other's volume
    must not slow down. Times are those of `GET search`, from the request to the rendered answer, within the process.
    """
    large, small = make_company("harbor"), make_company("rival")
    started = time.perf_counter()
    with _without_indexes_of_words():
        corpus.fill(large.tenant, large.widget, messages, seed=1)
        corpus.fill(small.tenant, small.widget, messages // 100, seed=2)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    filled = Figure(f"filling it with {messages:,} messages", time.perf_counter() - started, "s")
    return [filled, *_asked("the 100 questions", large, QUESTIONS, _MOST_MS), *_further(large, small)]


@contextmanager
def _without_indexes_of_words() -> Iterator[None]:
    """They are made of all rows at once afterwards, which is sooner done."""
    with connection.cursor() as cursor:
        names = [f"{name}_words" for name in SEARCHED]
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = ANY(%s)", [names])
        definitions = [definition for (definition,) in cursor.fetchall()]
        cursor.execute(f"DROP INDEX {', '.join(names)}")
    yield
    with connection.cursor() as cursor:
        for definition in definitions:
            cursor.execute(definition)


def _further(large: Company, small: Company) -> list[Figure]:
    return [
        *_asked("words of two years ago", large, HARD),
        *_asked("people", large, PEOPLE, only="contact"),
        *_asked("the 100 questions, of the small tenant", small, QUESTIONS, _MOST_MS),
    ]


def _asked(
    what: str, company: Company, questions: Sequence[str], most: float | None = None, only: str | None = None
) -> list[Figure]:
    desk = company.desk()
    params = {"type": only} if only else {}
    for question in questions:
        _took(desk, question, params)
    spent = [_took(desk, question, params) for _ in range(_ROUNDS) for question in questions]
    whole, busy = [one for one, _ in spent], [one for _, one in spent]
    return [
        Figure(f"{what}: p50", median(whole), "ms"),
        Figure(f"{what}: p95", p95(whole), "ms", most),
        Figure(f"{what}: p50 of the processor's time, here and in the database", median(busy), "ms"),
        Figure(f"{what}: p95 of the processor's time, here and in the database", p95(busy), "ms"),
    ]


def _took(desk: Desk, question: str, params: dict[str, str]) -> tuple[float, float]:
    """Milliseconds on the clock, and of both processes' computing: what would remain on a machine with nothing else."""
    busy, started = _computing(), time.perf_counter()
    answer = desk.get("search", {"q": question, **params})
    spent = time.perf_counter() - started
    assert answer.status_code == 200, answer.content
    return spent * 1000, (_computing() - busy) * 1000


def _computing() -> float:
    """Seconds that this process and its database's have computed so far; of a database elsewhere, nothing is known."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    known = Path(f"/proc/{backend}/schedstat")
    there = int(known.read_text().split()[0]) / 1e9 if known.exists() else 0.0
    return time.process_time() + there
