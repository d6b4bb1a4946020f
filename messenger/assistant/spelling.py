"""Slips of the pen: the known word that somebody meant who wrote one that is not known."""

from __future__ import annotations

import re
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from .index import Index
from .lexicon import lexicon
from .terms import sound, stem

_SURETY = 0.85
# A word of so many letters may have one of them wrong, and a longer one two.
_ONE_SLIP, _TWO_SLIPS = 4, 7
_DOUBLED = re.compile(r"(.)\1+")


def meant_by(word: str, language: str, index: Index) -> tuple[str, float]:
    """Return the word that is meant, and how surely: the word itself where it, or none like it, is known."""
    if word.isdigit() or _is_known(word, language, index):
        return word, 1.0
    found = _sounding(word, language, index) or _looking(word, language, index)
    return (found, _SURETY) if found else (word, 1.0)


def _is_known(word: str, language: str, index: Index) -> bool:
    known = lexicon(language)
    if word in known.stop or word in known.everyday or word in index.vocabulary:
        return True
    root = stem(word, language)
    return root in known.everyday or root in index.in_articles or root in known.concepts.by_first


def _sounding(word: str, language: str, index: Index) -> str | None:
    if language != "es" or len(word) < 2:
        return None  # English is written by its sound too seldom, and too many words share one.
    key = sound(word, language)
    own = _sounds(language).get(key)
    return index.by_sound[language].get(key) if own is None and len(word) > 2 else own


def _looking(word: str, language: str, index: Index) -> str | None:
    """The nearest word that begins with the same sound."""
    first = sound(word, language)[:1]
    slips = (len(word) >= _ONE_SLIP) + (len(word) >= _TWO_SLIPS)
    if not slips:
        return None
    near = [
        (_distance(word, str(found), slips), str(found))
        for words in (_beginnings(language).get(first, ()), index.by_beginning(language).get(first, ()))
        for found, _, _ in process.extract(word, words, scorer=OSA.distance, score_cutoff=slips, limit=5)
    ]
    most = slips + (0.5 if len(word) > _ONE_SLIP + 1 else 0)
    return min((one for one in near if one[0] <= most), default=(0.0, None))[1]


def _distance(word: str, known: str, slips: int) -> float:
    """A letter that is missing, doubled or at its neighbour's place is a likelier slip than another letter."""
    if _DOUBLED.sub(r"\1", word) == _DOUBLED.sub(r"\1", known):
        return 0.5
    is_shuffled = sorted(word) == sorted(known)
    return OSA.distance(word, known, score_cutoff=slips) + (0.5 if len(word) == len(known) and not is_shuffled else 0)


@cache
def _sounds(language: str) -> dict[str, str]:
    return {sound(word, language): word for word in reversed(lexicon(language).words)}


@cache
def _beginnings(language: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in lexicon(language).words:
        if len(word) > 2:
            found.setdefault(sound(word, language)[:1], []).append(word)
    return found
