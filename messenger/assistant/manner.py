"""What sort of message it is: a question, a word of courtesy, a wish for a person; and what no text can settle."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .asking import is_everyday
from .lexicon import lexicon
from .protocol import Manner

# Nobody says more than that out of courtesy; whoever asks for a person in so few words asks for nothing else.
_MOST_COURTESY, _FEW = 14, 4
_SYMBOLS = 0x2000  # From here on: thumbs up, hearts, flags.
_MARKUP = re.compile(r"<\s*/?\s*[a-z!][^>]*>?", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
# A number by which a company knows an order, a case or a customer: "LB-20417", "order 8841", "#1234".
_REFERENCE = re.compile(
    r"\b[A-Z]{1,4}-?\d{4,}\b|#\d{3,}|\b(?:order|pedido|ticket|case|caso|invoice|factura)\s+(?:n\S{0,6}\s+)?\d{3,}"
)
_UNSETTLED = {
    "grave": 1.0,
    "twice": 1.0,
    "inspect": 0.6,
    "dealings": 0.7,
    "deed": 1.0,
    "command": 1.0,
    "unhelpful": 1.0,
}


def manner_of(text: str, words: Sequence[str], language: str) -> Manner:
    """Return what is asked of the assistant."""
    said = _said(words, language)
    if _is_courtesy(text, words, said, language):
        return "smalltalk"
    return "human_request" if _asks_for_somebody(words, said, language) else "question"


def marks_of(text: str, words: Sequence[str], language: str) -> dict[str, float]:
    """Return what makes it a matter for people, with how much it does from 0 to 1."""
    said = _said(words, language)
    marks = {name: weight for name, weight in _UNSETTLED.items() if name in said}
    if _REFERENCE.search(text):
        marks["reference"] = 0.7
    if _MARKUP.search(text) or _ADDRESS.search(text):
        marks["foreign"] = 0.8
    return marks


def _said(words: Sequence[str], language: str) -> dict[str, set[int]]:
    """What is expressed, by the places of its words."""
    found: dict[str, set[int]] = {}
    for name, places in lexicon(language).manners.within(words):
        found.setdefault(name, set()).update(places)
    return found


def _is_courtesy(text: str, words: Sequence[str], said: dict[str, set[int]], language: str) -> bool:
    """Whether nothing is said but words of courtesy, and small ones that ask for nothing."""
    if not words:
        return any(ord(char) > _SYMBOLS for char in text)
    kind, asking = said.get("courtesy", set()), said.get("interrogative", set())
    if not kind or len(words) > _MOST_COURTESY or "unhelpful" in said:
        return False
    small = {place for place, word in enumerate(words) if word in lexicon(language).stop} - asking
    return len(kind | said.get("civility", set()) | small) == len(words)


def _asks_for_somebody(words: Sequence[str], said: dict[str, set[int]], language: str) -> bool:
    """Whether somebody else is wanted; "when can I talk to somebody?" is a question."""
    if "when_where" in said and "surely" not in said:
        return False
    other = _others(words, said, language)
    if "surely" in said and ("reach" in said or len(words) <= _FEW):
        return "when_where" not in said or not other
    if "somebody" in said and "reachout" in said:
        return True
    return ("somebody" in said or "machine" in said) and ("reach" in said or len(words) <= _FEW) and not other


def _others(words: Sequence[str], said: dict[str, set[int]], language: str) -> list[str]:
    """The words that say something, and of something else."""
    known, places = lexicon(language), set().union(*said.values()) if said else set()
    return [
        word
        for place, word in enumerate(words)
        if place not in places and word not in known.stop and not is_everyday(word, language)
    ]
