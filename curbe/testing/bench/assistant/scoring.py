"""What was made of each question, and how often it was right."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

_FOLDER = Path(__file__).parent
Verdict = Literal["right", "wrong_article", "handed_off", "answered"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, what is to come of it, and what its answer has to cite and to hold."""

    id: str
    locale: str
    text: str
    expect: Literal["answer", "handoff", "smalltalk"]
    slugs: tuple[str, ...]
    must_contain: tuple[str, ...]
    kind: str

    @property
    def half(self) -> int:
        """0 or 1: parameters are fitted to the questions of one half and tried on those of the other."""
        return sha256(self.id.encode()).digest()[-1] % 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the assistant did: it answered with these words and sources, or, without a text, handed off."""

    text: str = ""
    slugs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scored:
    question: Question
    outcome: Outcome

    @property
    def verdict(self) -> Verdict:
        asked, got = self.question, self.outcome
        if asked.expect == "handoff":
            return "answered" if got.text else "right"
        if not got.text:
            return "handed_off"
        if asked.expect == "smalltalk":
            return "wrong_article" if got.slugs else "right"
        return "right" if set(asked.slugs) & set(got.slugs) else "wrong_article"

    @property
    def holds_all(self) -> bool:
        """Whether the answer has everything in it that was asked for."""
        return self.verdict == "right" and all(part in self.outcome.text for part in self.question.must_contain)


def questions(name: str) -> list[Question]:
    """The questions of a set: "questions" or "own_questions"."""
    rows = json.loads((_FOLDER / f"{name}.json").read_text("utf-8"))
    return [
        Question(**row | {"slugs": tuple(row["slugs"]), "must_contain": tuple(row["must_contain"])}) for row in rows
    ]


def articles() -> list[dict[str, str]]:
    """The help they are about, as fields of an article."""
    rows: list[dict[str, str]] = json.loads((_FOLDER / "articles.json").read_text("utf-8"))
    return rows


def ask(asked: Iterable[Question], assistant: Callable[[Question], Outcome]) -> list[Scored]:
    """What the assistant makes of each question."""
    return [Scored(one, assistant(one)) for one in asked]


def share(scored: Sequence[Scored], expect: str, verdict: Verdict) -> float:
    """The percentage of the questions of which something is expected that came out so."""
    own = [one for one in scored if one.question.expect == expect]
    return 100 * sum(one.verdict == verdict for one in own) / len(own) if own else 0.0


def share_holding(scored: Sequence[Scored]) -> float:
    """The percentage of the answerable questions of which the answer has everything in it."""
    own = [one for one in scored if one.question.expect == "answer"]
    return 100 * sum(one.holds_all for one in own) / len(own) if own else 0.0
