"""What the assistant asks of a provider, and what it gets back. A provider reads no database and writes nothing."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal, Protocol

# What is asked of the assistant: something to look up, a word of courtesy, or somebody else.
Manner = Literal["question", "smalltalk", "human_request"]


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a published article, as it is written (Markdown), and how well it fits from 0 to 1."""

    slug: str
    locale: str
    title: str
    heading: str  # Of the part of the article it stands in; "" before the first.
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Finding:
    """What the help says to a question: a few passages, the likeliest first, and how far they are to be trusted."""

    manner: Manner
    language: str  # The one it was asked in, as well as that can be told: "en" or "es".
    passages: tuple[Passage, ...]
    confidence: float  # From 0 to 1: how likely the first passages answer it.


@dataclass(frozen=True, slots=True)
class Said:
    """A part of the conversation in this cycle that its contact may read."""

    by: Literal["contact", "assistant", "agent"]
    text: str


@dataclass(frozen=True, slots=True)
class Inquiry:
    """All that a provider is told: nothing of anybody else, no note, no name, no address."""

    question: str  # What the contact wrote since the last answer, a line each.
    history: tuple[Said, ...]  # What was said before, the oldest first; a few thousand characters.
    finding: Finding
    company: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to be stored. Cites the slugs of passages it was given; none in a word of courtesy."""

    text: str  # Markdown
    slugs: tuple[str, ...]
    confidence: float
    model: str
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True, slots=True)
class Decline:
    """It does not know: somebody else has to answer."""

    reason: Literal["requested", "low_confidence"]


class ProviderFailed(Exception):
    """There is no answer, and not for want of knowledge: too slow, refused, cut off or not understood."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason  # For the log and the team: "timeout", "rate_limited", "cut_off" …


class Provider(Protocol):
    """Yields the whole answer so far, each a prolongation of the one before, and returns what came of it.

    Raises ProviderFailed, and at the latest after ASSISTANT_DEADLINE_S (a setting, in seconds). The caller may close
    it at any time.
    """

    name: str

    def answer(self, inquiry: Inquiry) -> Generator[str, None, Answer | Decline]: ...
