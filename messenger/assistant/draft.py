"""An answer while it is written: what of it may be shown already, and what it rests on.

A model's text is not to be trusted: the articles or the question may have told it what to write. Nothing is shown
that would have to be taken back, that leads to an address the articles do not name, or, in an answer to a question,
before there is a source for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .links import addresses, destinations, standing_in
from .prompt import UNKNOWN, as_given, speakable
from .protocol import Passage

_MARK = r"(?:\[\^?\d{1,2}(?:\s*[,;–-]\s*\^?\d{1,2})*\](?:\([^()\s]*\))?|【\d{1,2}[^】]{0,60}】)"
# Blanks are read from the first of them and never given back: there may be thousands.
_CITATION = re.compile(rf"(?<![ \t])[ \t]*+{_MARK}(?:[ \t]*+(?:[,;][ \t]*+)?{_MARK})*")
_SPAN = re.compile(r"(\d{1,2})(?:\s*[–-]\s*(\d{1,2}))?")
_LINK = re.compile(r"(?P<image>!?)\[(?P<label>[^\[\]]*)\]\((?P<target>[^()]*(?:\([^()]*\)[^()]*)*)\)")
_TAG = re.compile(r"<(?P<inner>[A-Za-z/!?][^<>]*)>")
_TOKEN = re.compile(rf"(?P<link>{_LINK.pattern})|(?P<citation>{_CITATION.pattern})|(?P<tag>{_TAG.pattern})")
# What the end of a text may still become with its next words, each within bounds: a lone bracket holds up nothing.
_UNSETTLED = [
    re.compile(pattern)
    for pattern in (
        r"(?:\A|(?<!\s)(?=\s))\s*+\S*+$",
        r"(?<!\s)\s*+!?\[[^\]]{0,400}+(?:\](?:\([^)]{0,2000}+(?:\)\S*)?|\S*))?$",
        rf"(?<!\s)(?:\s*+{_MARK}[,;]?)+\s*+(?:\[[^\]]{{0,20}}\]?\S*)?$",
        r"(?<!\s)\s*+<[A-Za-z/!?][^<>]{0,400}+(?:>\S*)?$",
        r"(?<!\s)\s*+【[^】]{0,60}(?:】\S*)?$",
    )
]
# What makes a link of a bracket that stands there for itself.
_HINGE = re.compile(r"\](?=[(:])")
_KEPT = re.compile("\ue000(\\d+)\ue001")
_OURS = re.compile("[\ue000\ue001]")
_EMPHASIS = "*_~`"
_UNEMPHATIC = str.maketrans("*`~\\", "    ")


class Draft:
    """`add` what comes, `finish` at its end; `shown` is the text so far, and only ever grows."""

    def __init__(self, passages: Sequence[Passage], *, needs_source: bool) -> None:
        given = as_given(passages)
        self._slugs = [passage.slug for passage, _text in given]
        self._links = standing_in(text for _passage, text in given)
        self._needs_source = needs_source
        self._pending = self._text = ""
        self.sources: list[str] = []  # Slugs in the order in which they were first cited.
        self.is_unknown = False  # The model said that it does not know, and whatever else it says is dropped.
        self.length = 0  # Of all that came.

    @property
    def shown(self) -> str:
        return self._text.strip() if self.sources or not self._needs_source else ""

    @property
    def is_safe(self) -> bool:
        """Whether all its links stand in the articles: the renderer's word, should it read a text as we did not."""
        return destinations(self.shown) <= self._links

    def add(self, piece: str) -> None:
        self.length += len(piece)
        self._pending += _OURS.sub("", speakable(piece))
        self._settle(min(_start_of(pattern, self._pending) for pattern in _UNSETTLED))

    def finish(self) -> None:
        """There is no more to come."""
        self._settle(len(self._pending))

    def _settle(self, end: int) -> None:
        settled, self._pending = self._pending[:end], self._pending[end:]
        if settled and not self.is_unknown:
            before, word, _after = settled.partition(UNKNOWN)
            self.is_unknown = bool(word)
            self._write(self._cleaned(before.rstrip("*_`\"'([") if word else before))

    def _write(self, text: str) -> None:
        is_hinge = self._text.endswith("]") and text.startswith(("(", ":"))
        self._text += f" {text}" if is_hinge else text

    def _cleaned(self, text: str) -> str:
        """Without marks, images, tags and links to elsewhere; the links that may stay are set aside meanwhile."""
        kept: list[str] = []
        text = _TOKEN.sub(lambda found: self._token(found, kept), text)
        text = self._without_addresses(_HINGE.sub("] ", text), kept)
        if not destinations(text) <= self._links:
            for start, end in reversed(addresses(text.translate(_UNEMPHATIC))):
                text = _cut(text, start, end, self._is_in_code)
        return _KEPT.sub(lambda found: kept[int(found[1])], text)

    def _token(self, found: re.Match[str], kept: list[str]) -> str:
        if found["citation"]:
            return self._cite(found["citation"])
        if found["tag"]:
            inner = found["inner"]
            return _set_aside(inner, kept) if self._may_lead(inner) else ""
        if found["image"]:
            return ""
        if found["label"].strip("^ ").isdigit():
            return self._cite(f"[{found['label']}]")
        return _set_aside(found["link"], kept) if self._may_lead(found["link"]) else found["label"]

    def _may_lead(self, link: str) -> bool:
        """Whether it is a link, and to an address of the articles."""
        leads = destinations(link)
        return bool(leads) and leads <= self._links

    def _cite(self, marks: str) -> str:
        """Note what is cited; the marks themselves go, because the sources stand below the answer by name."""
        for first, last in _SPAN.findall(marks):
            for number in range(int(first), int(last or first) + 1):
                if 1 <= number <= len(self._slugs) and self._slugs[number - 1] not in self.sources:
                    self.sources.append(self._slugs[number - 1])
        return ""

    def _without_addresses(self, text: str, kept: list[str]) -> str:
        """Bare addresses: those of the articles are set aside, the others cut."""
        for start, end in reversed(addresses(text)):
            address = text[start:end].rstrip(_EMPHASIS)
            if self._may_lead(address):
                text = text[:start] + _set_aside(address, kept) + text[start + len(address) :]
            else:
                text = _cut(text, start, end, self._is_in_code)
        return text

    @property
    def _is_in_code(self) -> bool:
        return self._text.count("`") % 2 == 1


def _start_of(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.search(text)
    return found.start() if found else len(text)


def _set_aside(link: str, kept: list[str]) -> str:
    kept.append(link)
    return f"\ue000{len(kept) - 1}\ue001"


def _cut(text: str, start: int, end: int, is_in_code: bool) -> str:
    """A bare name, such as settings.py, stays as code, which is no link. Whatever can carry a message goes."""
    name = text[start:end].rstrip(_EMPHASIS)
    before, after = text[:start], text[start + len(name) :]
    if any(char in name for char in "/@?#"):
        return before.rstrip(_EMPHASIS).rstrip(" \t") + after.lstrip(_EMPHASIS)
    return text if is_in_code or "`" in before else f"{before}`{name}`{after}"
