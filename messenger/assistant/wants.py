"""What kind of answer a question waits for, and which kinds a text has: "how much" is answered by an amount."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .lexicon import lexicon

_UNIT = (
    r"(?:working |business |calendar )?(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?"
    r"|segundos?|minutos?|horas?|días?|semanas?|mes(?:es)?|años?)\b"
)
_KINDS = {
    "money": re.compile(r"[€$£¥]\s?\d|\d\s?[€$£¥]|\b[A-Z]{3}\s?\d|\d\s?[A-Z]{3}\b|\b(?:free|gratis)\b", re.IGNORECASE),
    "span": re.compile(rf"\b\d+(?:[.,]\d+)?\s{_UNIT}", re.IGNORECASE),
    "figure": re.compile(r"\d"),
    "steps": re.compile(r"^\s*\d+[.)]\s", re.MULTILINE),
    "place": re.compile(r"\]\(|\S@\S|https?://"),
    "clock": re.compile(r"\b\d{1,2}(?:[:.]\d\d)?\s?[ap]\.?m\b|\b\d{1,2}:\d\d\b", re.IGNORECASE),
}


def kinds_of(text: str) -> frozenset[str]:
    """Return which kinds of answers there are in a text."""
    return frozenset(kind for kind, pattern in _KINDS.items() if pattern.search(text))


def wanted_by(stems: Sequence[str], language: str) -> frozenset[str]:
    """Return which kinds of answers a question waits for."""
    return frozenset(kind for kind, _ in lexicon(language).wants.within(stems))
