"""The part of a text in which somebody finds their words again, and where in it these stand."""

from __future__ import annotations

from collections.abc import Sequence

from .models import Message
from .rendering import as_text
from .shapes import Excerpt
from .words import places_of

_LONGEST, _LEAD_IN = 180, 50


def of_part(part: Message, words: Sequence[str]) -> Excerpt:
    """Return what can be read of a part around the first of the words."""
    return around(as_text(part.body_html), words)


def around(text: str, words: Sequence[str]) -> Excerpt:
    """Return at most 180 characters of a text, with the first of the words in it, and the places of all of them.

    Places count characters (Unicode code points) of the excerpt.
    """
    places = places_of(list(words), text)
    start = _beginning(text, places[0][0]) if places and len(text) > _LONGEST else 0
    end = start + _LONGEST
    before, after = "…" if start else "", "…" if end < len(text) else ""
    moved = len(before) - start
    inside = [[first + moved, last + moved] for first, last in places if first >= start and last <= end]
    return {"text": f"{before}{text[start:end]}{after}", "highlights": inside}


def _beginning(text: str, at: int) -> int:
    """Some way before a place, where a word begins; so late that the end of the text fills the excerpt."""
    earliest = min(max(0, at - _LEAD_IN), len(text) - _LONGEST)
    gap = text.find(" ", earliest, at)
    return gap + 1 if earliest and gap >= 0 else earliest
