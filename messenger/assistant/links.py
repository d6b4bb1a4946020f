"""Which links a text holds, told by the renderer that will show it: whatever it makes of it is what counts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape

from linkify_it import LinkifyIt

from ..rendering import render_markdown

_HREF = re.compile(r'<a href="([^"]*)"')
_linkify = LinkifyIt()


def destinations(text: str) -> frozenset[str]:
    """Where the links lead that a reader of this Markdown can follow."""
    return frozenset(unescape(href) for href in _HREF.findall(render_markdown(text)))


def addresses(text: str) -> list[tuple[int, int]]:
    """Where in a text there are addresses that become links by themselves, from the first to the last."""
    return [(found.index, found.last_index) for found in _linkify.match(text) or []]


def standing_in(texts: Iterable[str]) -> frozenset[str]:
    """Every destination that these texts name, as a link or as it is, in code too."""
    return frozenset().union(*(destinations(text) | _named_in(text) for text in texts))


def _named_in(text: str) -> frozenset[str]:
    return frozenset().union(*(destinations(text[start:end]) for start, end in addresses(text.replace("`", " "))))
