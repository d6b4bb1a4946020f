"""Words as they are compared with the words of the help: folded, stemmed, and by their sound."""

from __future__ import annotations

import re
from functools import lru_cache
from threading import Lock

import snowballstemmer

from ..words import folded

_WORD = re.compile(r"[^\W_]+")
_NOT = re.compile(r"n['\u2019]t\b")
_POSSESSIVE = re.compile(r"['\u2019](?:s|ll|re|ve|d|m)\b")
_STEMMERS = {"en": snowballstemmer.stemmer("english"), "es": snowballstemmer.stemmer("spanish")}
_PARTED_O, _PARTED_E = re.compile(r"(?<=[^aeiougq])ue(?=[^aeiou])"), re.compile(r"(?<=[^aeiou])ie(?=[^aeiou])")
_LOCK = Lock()  # A stemmer keeps the word it is at.
_LONGEST = 40
# What is written otherwise than it sounds, in the order in which it is to be replaced.
_SOUNDS = {
    "es": [
        (r"^ps", "s"),
        (r"qu(?=[ei])|k|c(?=[^eihs]|$)", "k"),
        (r"c(?=[ei])|z|x(?=[^aeiou])", "s"),
        (r"ch", "x"),
        (r"h", ""),
        (r"g(?=[ei])", "j"),
        (r"gu(?=[ei])", "g"),
        (r"v|w", "b"),
        (r"ll|i(?=[aeo])|y", "i"),
        (r"m(?=[bp])", "n"),
        (r"(.)\1+", r"\1"),
    ],
    "en": [
        (r"^kn", "n"),
        (r"^wr", "r"),
        (r"ph", "f"),
        (r"gh", ""),
        (r"ck|c(?=[^eihy]|$)|q", "k"),
        (r"c(?=[eiy])|z", "s"),
        (r"wh", "w"),
        (r"(.)\1+", r"\1"),
        (r"(?<=.)[aeiouy]+", "a"),
    ],
}
_PATTERNS = {language: [(re.compile(old), new) for old, new in rules] for language, rules in _SOUNDS.items()}


def words_in(text: str, most: int) -> list[str]:
    """Return the words of a text in their order, folded; "don't" is "do not". At most so many."""
    plain = _POSSESSIVE.sub("", _NOT.sub(" not", folded(text)))
    return [found[0][:_LONGEST] for _, found in zip(range(most), _WORD.finditer(plain), strict=False)]


@lru_cache(maxsize=50_000)
def stem(word: str, language: str) -> str:
    """Return what the forms of a folded word have in common, as far as Snowball knows.

    A Spanish vowel that parts under stress ("vuelve", "volver") is put together again.
    """
    with _LOCK:
        root = str(folded(_STEMMERS[language].stemWord(word)))
    return _PARTED_E.sub("e", _PARTED_O.sub("o", root)) if language == "es" else root


@lru_cache(maxsize=50_000)
def sound(word: str, language: str) -> str:
    """Return a key that words have in common which sound alike, or nearly so: "paqete" and "paquete"."""
    for pattern, new in _PATTERNS[language]:
        word = pattern.sub(new, word)
    return word
