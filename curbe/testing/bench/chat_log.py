"""How long the chat log's first page takes with a hundred thousand people, side by side with a thousand."""

from __future__ import annotations

import time
from statistics import median

from django.db import connection

from curbe.testing.bench import corpus
from curbe.testing.cast import make_company
from curbe.testing.clients import Desk
from curbe.testing.load.figures import Figure

_FEW, _MANY = 1_000, 100_000
_ROUNDS = 40
_MOST_TIMES = 1.3


def chat_log() -> list[Figure]:
    """Fill two companies and ask for their logs in turns: `GET threads`, from the request to the rendered answer,
    within the process. The ratio is the median of those of neighbouring requests.
    """
    few, many = _log_of("village", _FEW, seed=3), _log_of("city", _MANY, seed=4)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    _took(few), _took(many)
    times = [(_took(few), _took(many)) for _ in range(_ROUNDS)]
    return [
        Figure(f"chat log with {_FEW:,} people: p50", median(short for short, _ in times), "ms"),
        Figure(f"chat log with {_MANY:,} people: p50", median(long for _, long in times), "ms"),
        Figure(
            "chat log: many people against few", median(long / short for short, long in times), "times", _MOST_TIMES
        ),
    ]


def _log_of(name: str, people: int, seed: int) -> Desk:
    """The desk of an agent of a company with so many people."""
    company = make_company(name)
    corpus.fill_log(company.tenant, company.widget, people, seed)
    return company.desk()


def _took(desk: Desk) -> float:
    started = time.perf_counter()
    answer = desk.get("threads")
    spent = time.perf_counter() - started
    assert len(answer.json()["items"]) == 25, answer.content
    return spent * 1000
