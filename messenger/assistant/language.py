"""Which of our languages a text is in, told by the small words that every sentence needs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .lexicon import LANGUAGES, lexicon

_SPANISH = re.compile(r"[¿¡ñ]", re.IGNORECASE)


def language_of(text: str, words: Sequence[str], otherwise: str) -> str:
    """Return "en" or "es"; `otherwise` when the text does not tell."""
    english, spanish = (_told(words, language) for language in LANGUAGES)
    spanish += 2 if _SPANISH.search(text) else 0
    if english == spanish:
        return otherwise if otherwise in LANGUAGES else LANGUAGES[0]
    return "en" if english > spanish else "es"


def _told(words: Sequence[str], language: str) -> float:
    known, others = (lexicon(one) for one in (language, *(one for one in LANGUAGES if one != language)))
    small = sum(word in known.stop and word not in others.stop for word in words)
    return small + 0.5 * sum(word in known.everyday and word not in others.everyday for word in words)
