"""What a question asks for: its words by how much they matter, with what else they may stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .index import Index
from .lexicon import Lexicon, lexicon
from .spelling import meant_by
from .terms import stem, words_in
from .wants import wanted_by

# So much of a question is looked at: words, and those of them that say something.
MOST_WORDS, MOST_ASKED = 400, 40
# How sure it is that somebody means it who says it so.
_SURE, _SYNONYM, _HINT = 1.0, 0.75, 0.5
# What a word matters that everybody uses, whatever the matter, and a small one that begins an expression.
_EVERYDAY, _UNKNOWN_EVERYDAY, _NUMBER, _SMALL = 0.4, 0.18, 0.15, 0.6
# What a sentence counts that only tells the circumstances; in a long story, less.
_ASIDE, _RAMBLING = 0.5, 0.2
_LONG = 45
_SENTENCE = re.compile(r"[¿¡]?[^.?!\n;¿¡]*(?:\.(?=\S)[^.?!\n;¿¡]*)*[.?!\n;]*")


@dataclass(frozen=True, slots=True)
class Asked:
    """A thing that is asked for."""

    word: str
    terms: tuple[tuple[str, float], ...]  # What is looked for, and how surely it is meant.
    weight: float
    is_known: bool  # To the help.
    is_aside: bool  # It tells the circumstances.
    length: int  # How many words it is expressed by.


@dataclass(frozen=True, slots=True)
class Question:
    """All that is asked for, and which kinds of answers are waited for."""

    asked: tuple[Asked, ...]
    wants: frozenset[str]


def read(text: str, language: str, index: Index) -> Question:
    """Return what is asked for, each thing once."""
    found: dict[str, Asked] = {}
    wants: frozenset[str] = frozenset()
    for sentence, share in sentences_of(text, language):
        words = [meant_by(word, language, index) for word in words_in(sentence, MOST_WORDS)]
        stems = [stem(word, language) for word, _ in words]
        wants |= wanted_by(stems, language) if share == 1 else frozenset()
        for one in _asked(words, stems, language, index, share):
            before = found.get(one.word)
            if before is None or before.weight < one.weight:
                found[one.word] = one
    return Question(tuple(found.values())[:MOST_ASKED], wants)


def sentences_of(text: str, language: str) -> list[tuple[str, float]]:
    """Return the sentences, with what each counts: whoever tells a story asks at its end, or with a question mark."""
    sentences = [one[0] for one in _SENTENCE.finditer(text) if one[0].strip()]
    asking = [one for one in sentences if "?" in one or "¿" in one] or sentences[-1:]
    if len(_content(" ".join(asking), language)) < 2:
        asking = sentences[-3:]
    aside = _RAMBLING if len(text.split()) > _LONG else _ASIDE
    return [(one, 1.0 if one in asking else aside) for one in sorted(sentences, key=lambda one: one not in asking)]


def is_everyday(word: str, language: str) -> bool:
    """Whether a word is one of everyday talk, whatever the matter."""
    everyday = lexicon(language).everyday
    return word in everyday or stem(word, language) in everyday


def _content(text: str, language: str) -> list[str]:
    known = lexicon(language)
    return [word for word in words_in(text, MOST_WORDS) if word not in known.stop and not is_everyday(word, language)]


def _asked(
    words: Sequence[tuple[str, float]], stems: Sequence[str], language: str, index: Index, share: float
) -> Iterator[Asked]:
    known = lexicon(language)
    meant, lengths, rest = _meant(stems, known, index)
    for place, (word, surety) in enumerate(words):
        is_small = word in known.stop
        if place not in meant and (is_small or place in rest):
            continue
        exact = [] if is_small else [(stems[place], surety)]
        terms = [*exact, *((f"#{name}", surety * sure) for name, sure in meant.get(place, ()))]
        is_known = any(term in index.in_articles for term, _ in terms)
        if is_known or not is_small:
            weight = _weight(word, language, terms, index, is_known) * (_SMALL if is_small else 1)
            yield Asked(stems[place], tuple(terms), share * weight, is_known, share < 1, lengths.get(place, 1))


def _meant(
    stems: Sequence[str], known: Lexicon, index: Index
) -> tuple[dict[int, list[tuple[str, float]]], dict[int, int], set[int]]:
    """What the words stand for and how many they are, by an expression's first place; and the places of the others."""
    found: dict[int, list[tuple[str, float]]] = {}
    lengths: dict[int, int] = {}
    rest: set[int] = set()
    for expressions, sure in ((known.concepts, _SYNONYM), (known.asked, _HINT)):
        for name, places in expressions.within(stems):
            found.setdefault(places[0], []).append((name, _SURE if len(places) > 1 else sure))
            if f"#{name}" in index.in_articles:
                lengths[places[0]] = max(len(places), lengths.get(places[0], 1))
                rest.update(places[1:])
    return found, lengths, rest


def _weight(word: str, language: str, terms: Sequence[tuple[str, float]], index: Index, is_known: bool) -> float:
    if word.isdigit() and not is_known:
        return _NUMBER
    everyday = is_everyday(word, language)
    if not is_known:
        return _UNKNOWN_EVERYDAY if everyday else 1.0
    rarity = max(index.rarity(term) for term, _ in terms if term in index.in_articles)
    return (0.2 + 0.8 * rarity) * (_EVERYDAY if everyday else 1.0)
