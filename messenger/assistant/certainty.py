"""How far what was found is to be trusted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

from .asking import Asked, Question
from .index import Index
from .ranking import Hit, surety

# A word says something that is neither everywhere in the help nor in everyday talk; more than so many prove no more.
_SAYS_SOMETHING, _STRANGE, _MOST_FOUND, _MOST_RANK = 0.3, 0.5, 5, 3.0


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for and against the best part being an answer."""

    rank: float
    lead: float  # On the next best article: how much of its rank, from 0 to 1.
    found: float  # By how many words the things are asked for that are there.
    coverage: float  # How much of what is asked for is there, from 0 to 1.
    named: float  # How much of it the title, the summary or the heading names, from 0 to 1.
    strange: float  # How many words the help does not know, and everyday talk neither.


# A logistic regression over questions of which it is known whether the help answers them.
_BIAS = -3.7
_WEIGHTS = Signs(rank=1.15, lead=1.4, found=0.6, coverage=0.7, named=1.7, strange=-0.36)


def certainty(question: Question, hits: Sequence[Hit], index: Index, marks: Mapping[str, float]) -> float:
    """Return how likely the best of the hits answers the question, from 0 to 1.

    Less so the more marks there are of a matter that people have to settle.
    """
    signs = astuple(signs_of(question, hits, index))
    score = _BIAS + sum(sign * weight for sign, weight in zip(signs, astuple(_WEIGHTS), strict=True))
    return round(math.prod(1 - weight for weight in marks.values()) / (1 + math.exp(-score)), 3)


def signs_of(question: Question, hits: Sequence[Hit], index: Index) -> Signs:
    """Return what speaks for and against the first of the hits."""
    best, asked = hits[0], question.asked
    found = [(one, surety(one, best, index)) for one in asked]
    names = index.told[best.article] | index.headed[best.part]
    others = [hit.rank for hit in hits if hit.article != best.article]
    return Signs(
        rank=min(best.rank, _MOST_RANK),
        lead=(best.rank - max(others, default=0.0)) / best.rank,
        found=min(sum(one.length for one, sure in found if sure and one.weight > _SAYS_SOMETHING), _MOST_FOUND),
        coverage=_share([(one, sure) for one, sure in found if sure or not one.is_aside]),
        named=_share([(one, _named(one, names)) for one in asked if not one.is_aside]),
        strange=sum(one.weight for one in asked if not one.is_known and one.weight > _STRANGE),
    )


def _named(one: Asked, names: frozenset[str]) -> float:
    return max((sure for term, sure in one.terms if term in names), default=0.0)


def _share(found: Sequence[tuple[Asked, float]]) -> float:
    """How much of what these ask for is there."""
    whole = sum(one.weight for one, _ in found)
    return sum(one.weight * sure for one, sure in found) / whole if whole else 0.0
