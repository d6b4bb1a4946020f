"""Names of colleagues in a note's Markdown: `@` and a display name, marked wherever it is plain text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from markdown_it.rules_core import StateCore
from markdown_it.token import Token


def any_of(names: Collection[str]) -> re.Pattern[str] | None:
    """Return what finds `@` and one of the names, the longest that fits, not in the middle of a word."""
    longest_first = sorted((one for one in names if one), key=len, reverse=True)
    either = "|".join(re.escape(one) for one in longest_first)
    return re.compile(rf"(?<![\w@])@({either})(?!\w)", re.IGNORECASE) if either else None


def mark_names(state: StateCore) -> None:
    """A rule for markdown-it: mark whom `env["names"]` finds, and collect them, case-folded, in `env["found"]`."""
    names = state.env.get("names")
    if names is None:
        return
    for block in state.tokens:
        if block.type == "inline" and block.children:
            block.children = list(_marked(block.children, names, state.env["found"]))


def _marked(tokens: list[Token], names: re.Pattern[str], found: set[str]) -> Iterator[Token]:
    depth = 0
    for token in tokens:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "text" and not depth:
            yield from _split(token.content, names, found)
        else:
            yield token


def _split(text: str, names: re.Pattern[str], found: set[str]) -> Iterator[Token]:
    end = 0
    for match in names.finditer(text):
        found.add(match[1].casefold())
        yield _text(text[end : match.start()])
        yield Token("mark_open", "mark", 1)
        yield _text(match[0])
        yield Token("mark_close", "mark", -1)
        end = match.end()
    yield _text(text[end:])


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
