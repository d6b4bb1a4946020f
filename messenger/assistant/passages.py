"""An article in the parts that can answer a question: what stands below one heading, as it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Whoever asks reads that much, in characters; what is longer is two parts.
LONGEST_PART = 900
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$")
_FENCE = re.compile(r"^\s*(```|~~~)")


@dataclass(frozen=True, slots=True)
class Part:
    heading: str  # "" before the first.
    text: str


def parts_of(body: str) -> list[Part]:
    """Return the parts of an article's Markdown in their order, none of them empty or too long to be read."""
    return [Part(heading, text) for heading, block in _sections(body) for text in _portions(block)]


def _sections(body: str) -> Iterator[tuple[str, str]]:
    """What stands below each heading; a line within a fence of code is no heading."""
    heading, lines, is_code = "", list[str](), False
    for line in body.splitlines():
        is_code ^= _FENCE.match(line) is not None
        found = None if is_code else _HEADING.match(line)
        if found is None:
            lines.append(line)
            continue
        yield heading, "\n".join(lines)
        heading, lines = found[1], []
    yield heading, "\n".join(lines)


def _portions(text: str) -> Iterator[str]:
    """A text in portions that can be read, parted between paragraphs, else lines, else wherever it is too long."""
    whole = text.strip()
    for gap in ("\n\n", "\n"):
        if len(whole) <= LONGEST_PART:
            break
        before, _, after = whole[:LONGEST_PART].rpartition(gap)
        if before.strip():
            yield before.strip()
            yield from _portions(after + whole[LONGEST_PART:])
            return
    yield from (whole[at : at + LONGEST_PART] for at in range(0, len(whole), LONGEST_PART))
