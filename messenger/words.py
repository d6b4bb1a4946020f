"""Text as it is searched: without case, accents and the difference between ways to write the same character."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

_WORD = re.compile(r"[^\W_]+")
# A word as it is written: an accent may stand behind its letter.
_WRITTEN = re.compile(r"[^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*")
# Nobody asks for more words than that; each is looked for by itself.
MOST_WORDS = 12
# Whoever looks for a longer word finds it by its beginning. An index of words has no room for any length.
LONGEST_WORD = 64
# Some characters fold into eighteen: even a text of nothing else fits into an index.
_MOST_CHARACTERS = 200_000
# The digits by which a phone number is also called at home, without its country.
_NATIONAL = 9


def searchable(text: str) -> str:
    """Return the words of a text, folded, with a space before each: " word" is found where a word begins so.

    There is none at the end, where a cut might leave one: PostgreSQL refuses an index of a word without a letter.
    """
    return "".join(f" {word[:LONGEST_WORD]}" for word in _WORD.findall(folded(text)))[:_MOST_CHARACTERS].rstrip()


def words_of(question: str) -> list[str]:
    """Return the words that a question asks for, folded, each once, at most 12."""
    found = (word[:LONGEST_WORD] for word in _WORD.findall(folded(question)))
    return list(dict.fromkeys(found))[:MOST_WORDS]


def folded(text: str) -> str:
    """Return the text without case and accents (Unicode's compatibility decomposition)."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in apart if not unicodedata.combining(char))


def places_of(words: list[str], text: str) -> list[tuple[int, int]]:
    """Return where the words stand in a text as it is written, as (start, end); the last one may be a beginning."""
    return [found.span() for found in _WRITTEN.finditer(text) if _is_one_of(words, found[0])]


def _is_one_of(words: list[str], written: str) -> bool:
    parts = _WORD.findall(folded(written))
    return any(part in words or part.startswith(words[-1]) for part in parts) if words else False


def of_message(row: Any) -> str:
    """What of a message is searched: what was said, as long as it is there to be read."""
    return "" if row.deleted_at or row.kind == "event" else searchable(row.body)


def of_conversation(row: Any) -> str:
    """What of a conversation is searched: its subject. Its messages have words of their own."""
    return searchable(row.subject)


def of_contact(row: Any) -> str:
    """What of a contact is searched: names, addresses and ids, proven or not, and numbers as people key them in."""
    told = [row.name, row.email, row.phone, row.external_id or ""]
    proven = [str(row.verified.get(name) or "") for name in ("name", "email", "phone")]
    numbers = [re.sub(r"\D", "", phone) for phone in (row.phone, proven[-1])]
    national = [number[-_NATIONAL:] for number in numbers]
    said = [searchable(one) for one in (*told, *proven, *numbers, *national)]
    return "".join(dict.fromkeys(one for one in said if one))
