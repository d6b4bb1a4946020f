"""Which parts of the help answer what is asked, and how much of it they answer."""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .asking import Asked, Question
from .index import Index, Postings

# How much of a part's rank is its whole article's, and what it gains by having the kind of answer that is waited for.
_ARTICLE, _WANTED = 1.0, 0.25
# What a rare word is worth more than a frequent one.
_RARE = 0.7
# What a word counts that stands elsewhere in the article, for how much of the question a part answers.
_ELSEWHERE = 0.75
MOST_HITS = 8
# What a word tells that stands in every part of an article, how much less one that its title names, and what a part
# gains by being its first.
_COMMON, _TITLED, _EARLY = 0.6, 0.6, 0.3


@dataclass(frozen=True, slots=True)
class Hit:
    """A part of an article, and how much it and its article have of what is asked for."""

    part: int
    article: int
    rank: float


def rank(question: Question, index: Index) -> list[Hit]:
    """Return the likeliest parts, the best first."""
    parts = _sums(question.asked, index.in_parts, index)
    articles = _sums(question.asked, index.in_articles, index)
    own = {part: value * (1 + _WANTED * _suits(part, question, index)) for part, value in parts.items()}
    ranks = {part: value + _ARTICLE * articles.get(index.owners[part], 0.0) for part, value in own.items()}
    best = heapq.nlargest(MOST_HITS, ranks, key=lambda part: (ranks[part], -part))
    return [Hit(part, index.owners[part], ranks[part]) for part in best]


def _suits(part: int, question: Question, index: Index) -> float:
    """How much of the kinds of answers that are waited for it has, from 0 to 1."""
    whole = sum(index.worth.get(kind, 0.0) for kind in question.wants)
    return sum(index.worth[kind] for kind in question.wants & index.kinds[part]) / whole if whole else 0.0


def _sums(asked: Iterable[Asked], postings: Mapping[str, Postings], index: Index) -> dict[int, float]:
    sums: defaultdict[int, float] = defaultdict(float)
    for one in asked:
        for place, value in _values(one, postings, index).items():
            sums[place] += one.weight * value
    return sums


def _values(one: Asked, postings: Mapping[str, Postings], index: Index) -> dict[int, float]:
    """How much of a thing asked for is where; of several words for it, the one that says most."""
    values: dict[int, float] = {}
    for term, surety in one.terms:
        found = postings.get(term)
        if found is None:
            continue
        factor = surety * (1 - _RARE + _RARE * index.rarity(term))
        for place, weight in zip(found.places, found.weights, strict=True):
            if (value := factor * weight) > values.get(place, 0.0):
                values[place] = value
    return values


def parts_within(article: int, question: Question, index: Index) -> list[tuple[int, float]]:
    """Return an article's parts and how well each fits beside the others, the best first.

    What stands in every part of it tells none of them apart, however rare it is elsewhere.
    """
    own = list(_parts_of(article, index))
    fits = dict.fromkeys(own, 0.0)
    for one in question.asked:
        here = {part: value for part in own if (value := _value(one, part, index))}
        apart = _COMMON + math.log((1 + len(own)) / (1 + len(here)))
        if any(term in index.titled[article] for term, _ in one.terms):
            apart *= _TITLED
        for part, value in here.items():
            fits[part] += one.weight * value * apart
    gains = {
        part: (1 + _WANTED * _suits(part, question, index)) * (1 + _EARLY / (1 + at)) for at, part in enumerate(own)
    }
    return sorted(((part, fits[part] * gains[part]) for part in own), key=lambda one: -one[1])


def _parts_of(article: int, index: Index) -> range:
    return range(bisect_left(index.owners, article), bisect_left(index.owners, article + 1))


def _value(one: Asked, part: int, index: Index) -> float:
    """How much of a thing asked for stands in a part."""
    return max(
        (sure * index.in_parts[term].at(part) for term, sure in one.terms if term in index.in_parts), default=0.0
    )


def surety(one: Asked, hit: Hit, index: Index) -> float:
    """Return how surely it is this thing that stands in the part, or at least in its article, from 0 to 1."""
    here = _surest(one.terms, index.in_parts, hit.part)
    return max(here, _ELSEWHERE * _surest(one.terms, index.in_articles, hit.article))


def _surest(terms: Sequence[tuple[str, float]], postings: Mapping[str, Postings], place: int) -> float:
    return max((sure for term, sure in terms if term in postings and postings[term].at(place)), default=0.0)
