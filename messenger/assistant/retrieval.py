"""Looking up what the published help says to a question. Reads one tenant's articles; no model, no network."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..articles import language_for
from ..models import Tenant
from .asking import MOST_WORDS, Question, read, sentences_of
from .certainty import certainty
from .index import Index
from .language import language_of
from .manner import manner_of, marks_of
from .protocol import Finding, Passage
from .ranking import parts_within, rank
from .shelf import index_of
from .terms import words_in

# So much of a question is looked at, its beginning and its end, in characters.
_BEGINNING, _END = 3_000, 1_500
# A part is quoted with a second and a third one of its article that fit nearly as well.
_NEARLY = (0.6, 0.6)
# What a passage is worth that is no answer by itself: something to read for whoever writes one.
_ASIDE = 0.5
_MOST_PASSAGES = 6
# How sure it has to be of a second article, for what is asked besides.
_SURELY = 0.6
_CLAUSE = re.compile(r"[,;]?\s+(?:and|y|e)\s+(?=\S)|[?;]\s*|,\s+", re.IGNORECASE)


def look_up(tenant: Tenant, question: str, locale: str) -> Finding:
    """Return what the tenant's published articles say to a question, for somebody whose page is in `locale` (BCP 47).

    The language is the question's own where it tells; an article without a translation is read in the tenant's.
    """
    text = _shortened(question)
    words = words_in(text, MOST_WORDS)
    language = language_of(text, words, language_for(tenant, locale))
    manner = manner_of(text, words, language)
    if manner != "question":
        return Finding(manner, language, (), 0.0)
    return _found(text, words, language, index_of(tenant, language))


def _shortened(text: str) -> str:
    if len(text) <= _BEGINNING + _END:
        return text
    return f"{text[:_BEGINNING]}\n{text[-_END:]}"


def _found(text: str, words: Sequence[str], language: str, index: Index) -> Finding:
    question = read(text, language, index)
    hits = rank(question, index)
    if not hits:
        return Finding("question", language, (), 0.0)
    confidence = certainty(question, hits, index, marks_of(text, words, language))
    quoted = [*_best_parts(hits[0].article, question, index), *_besides(text, language, hits[0].article, index)]
    others = {hit.part: hit.rank / hits[0].rank for hit in hits if hit.part not in quoted}
    passages = [
        *(_passage(part, confidence, index) for part in quoted),
        *(_passage(part, confidence * _ASIDE * share, index) for part, share in others.items()),
    ]
    return Finding("question", language, tuple(passages[:_MOST_PASSAGES]), confidence)


def _best_parts(article: int, question: Question, index: Index) -> list[int]:
    """The part of an article that fits best, and one or two that fit nearly as well."""
    (best, most), *others = parts_within(article, question, index)
    return [best, *(part for (part, fit), nearly in zip(others, _NEARLY, strict=False) if fit >= nearly * most)]


def _besides(text: str, language: str, first: int, index: Index) -> list[int]:
    """The best part of another article, where something else is asked besides."""
    found: list[tuple[float, int]] = []
    for clause in _clauses(text, language):
        question = read(clause, language, index)
        hits = rank(question, index)
        if hits and hits[0].article != first and certainty(question, hits, index, {}) >= _SURELY:
            found.append((hits[0].rank, parts_within(hits[0].article, question, index)[0][0]))
    return [part for _, part in sorted(found, reverse=True)[:1]]


def _clauses(text: str, language: str) -> list[str]:
    """The parts of what is asked that may ask for different things; none when there is only one."""
    asking = " ".join(sentence for sentence, share in sentences_of(text, language) if share == 1)
    parts = [part for part in _CLAUSE.split(asking) if part and len(part.split()) > 3]
    return parts if 1 < len(parts) < 6 else []


def _passage(number: int, score: float, index: Index) -> Passage:
    part, head = index.parts[number], index.heads[index.owners[number]]
    return Passage(head.slug, head.locale, head.title, part.heading, part.text, round(score, 3))
