"""What is known of the two languages before any help is read: small lists, written for shops and their customers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..terms import sound, stem

LANGUAGES = ("en", "es")
_FOLDER = Path(__file__).parent
# The words of an expression may be so far apart: "send it all back".
_REACH = 3


@dataclass(frozen=True)
class Expressions:
    """What words and expressions stand for, by the stem they begin with."""

    by_first: dict[str, list[tuple[tuple[str, ...], str]]]

    def within(self, stems: Sequence[str]) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield what is expressed in a text, and by the words at which places."""
        begun = [place for place, first in enumerate(stems) if first in self.by_first]
        for place in begun:
            for rest, name in self.by_first[stems[place]]:
                places = _followed(stems, place, rest) if rest else (place,)
                if places is not None:
                    yield name, places


@dataclass(frozen=True)
class Lexicon:
    """Of one language."""

    stop: frozenset[str]
    stop_sounds: frozenset[str]
    everyday: frozenset[str]
    concepts: Expressions
    asked: Expressions  # What only counts in a question.
    manners: Expressions  # Of words as they are said: "you charge me" is no "you charged me".
    wants: Expressions
    words: tuple[str, ...]  # All of them, in order to tell a slip of the pen from another word.


@cache
def lexicon(language: str) -> Lexicon:
    """Return what is known of the language, "en" or "es"."""
    stop, everyday = _words(f"stop.{language}"), _words(f"everyday.{language}")
    lines = _lines("concepts", language)
    known = [word for _, _, words in lines for one in words for word in one.split("_")]
    return Lexicon(
        stop=frozenset(stop),
        stop_sounds=frozenset(sound(word, language) for word in stop if len(word) > 1),
        everyday=frozenset([*everyday, *(stem(word, language) for word in everyday)]),
        concepts=_expressions(lines, "=", language),
        asked=_expressions(lines, "<", language),
        manners=_expressions(_lines("manners", language), "="),
        wants=_expressions(_lines("wants", language), "=", language),
        words=tuple(sorted({*stop, *everyday, *known})),
    )


def _followed(stems: Sequence[str], place: int, rest: tuple[str, ...]) -> tuple[int, ...] | None:
    """The places of an expression that begins here, or None."""
    places = [place]
    for wanted in rest:
        near = range(places[-1] + 1, min(places[-1] + 1 + _REACH, len(stems)))
        found = next((at for at in near if stems[at] == wanted), None)
        if found is None:
            return None
        places.append(found)
    return tuple(places)


def _expressions(lines: Sequence[tuple[str, str, list[str]]], sign: str, stemmed_in: str | None = None) -> Expressions:
    by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for name, its_sign, expressions in lines:
        for expression in expressions if its_sign == sign else ():
            words = expression.split("_")
            first, *rest = (stem(word, stemmed_in) for word in words) if stemmed_in else words
            by_first.setdefault(first, []).append((tuple(rest), name))
    return Expressions(by_first)


def _lines(name: str, language: str) -> list[tuple[str, str, list[str]]]:
    """What the words stand for, the sign before them, and the language's words."""
    column = LANGUAGES.index(language)
    lines = (line.split(maxsplit=2) for line in _read(name))
    return [(concept, sign, words.split("|")[column].split()) for concept, sign, words in lines]


def _words(name: str) -> set[str]:
    return {word for line in _read(name) for word in line.split()}


def _read(name: str) -> list[str]:
    lines = (_FOLDER / f"{name}.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]
