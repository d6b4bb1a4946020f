"""How well the assistant's look-up and its embedded provider answer: fixed questions to the help of a made-up shop.

`questions` is the measure. The other sets were each written before anything was tried on them: `own_questions`,
`fresh_questions`, and `last_questions`, which are all put in quite other words than the help's. What is fitted is
fitted to half 0 of them all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median

from curbe.testing.bench.assistant import full_text, large
from curbe.testing.bench.assistant.scoring import (
    Outcome,
    Question,
    Scored,
    Verdict,
    ask,
    questions,
    share,
    share_holding,
)
from curbe.testing.bench.assistant.shop import answered, open_shop
from curbe.testing.load.figures import Figure, p95

SETS = ("questions", "own_questions", "fresh_questions", "last_questions")
# What is asked of it: of the answerable questions, and of those that nobody but people can answer.
LEAST_RIGHT, MOST_ANSWERED = 85, 5
_MOST_MS = 20
_ROUNDS = 3
_ANSWERABLE: list[tuple[str, Verdict]] = [
    ("right article", "right"),
    ("wrong article", "wrong_article"),
    ("handed off", "handed_off"),
]


def assistant() -> list[Figure]:
    """Ask a fresh tenant's help all questions, beside the plain search for their words; and how long that takes."""
    tenant = open_shop("lumbre")
    found = []
    for name in SETS:
        for who, one in (("look-up", partial(answered, tenant)), ("full text", partial(full_text.answered, tenant))):
            found += _table(
                f"{name}, {who}", ask(questions(name), one), is_held=name == "questions" and who == "look-up"
            )
    return [*found, *_times(partial(answered, tenant)), *large.times()]


def _table(what: str, scored: Sequence[Scored], *, is_held: bool) -> list[Figure]:
    groups = {"": scored}
    for part in ("half", "locale", "kind"):
        for value in sorted({getattr(one.question, part) for one in scored}):
            groups[f", {part} {value}"] = [one for one in scored if getattr(one.question, part) == value]
    return [
        figure
        for name, own in groups.items()
        for figure in _figures(f"{what}{name}", own, is_held=is_held and not name)
    ]


def _figures(what: str, scored: Sequence[Scored], *, is_held: bool) -> list[Figure]:
    expected = {one.question.expect for one in scored}
    figures = []
    if "answer" in expected:
        figures += [Figure(f"{what}: {name}", share(scored, "answer", verdict), "%") for name, verdict in _ANSWERABLE]
        figures.append(Figure(f"{what}: has all that was asked for", share_holding(scored), "%"))
    if "handoff" in expected:
        most = MOST_ANSWERED if is_held else None
        figures.append(Figure(f"{what}: answered, not handed off", share(scored, "handoff", "answered"), "%", most))
    if "smalltalk" in expected:
        figures.append(Figure(f"{what}: small talk right", share(scored, "smalltalk", "right"), "%"))
    return figures


def _times(one: Callable[[Question], Outcome]) -> list[Figure]:
    """Of each question, the shortest of some rounds: what others do on the machine is not measured."""
    asked = [question for name in SETS[:2] for question in questions(name)]
    spent = [min(_took(one, question) for _ in range(_ROUNDS)) for question in asked]
    return [
        Figure("look-up and answer, 24 articles: p50", median(spent), "ms"),
        Figure("look-up and answer, 24 articles: p95", p95(spent), "ms", _MOST_MS),
    ]


def _took(one: Callable[[Question], Outcome], question: Question) -> float:
    started = time.perf_counter()
    one(question)
    return (time.perf_counter() - started) * 1000
