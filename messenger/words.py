"""Text as it is searched: without case, accents and the difference between ways to write the same character."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
# Nobody asks for more words than that; each is looked for by itself.
MOST_WORDS = 12


def searchable(text: str) -> str:
    """Return the words of a text, folded, with a space before each: " word" is found where a word begins so."""
    return "".join(f" {word}" for word in _WORD.findall(folded(text)))


def words_of(question: str) -> list[str]:
    """Return the words that a question asks for, folded, each once, at most 12."""
    return list(dict.fromkeys(_WORD.findall(folded(question))))[:MOST_WORDS]


def folded(text: str) -> str:
    """Return the text without case and accents (Unicode's compatibility decomposition)."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in apart if not unicodedata.combining(char))
