"""The corpus of S38, and what tells whether a page took any of it for more than text.

Every payload of `xss.json` calls `__xss` when it runs. Nothing is searched for by its wording: of an element it is
asked whether the product makes such ones, of an address where it leads, of a link whether it vouches for anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).parent
CORPUS: dict[str, list[str]] = json.loads((HERE / "xss.json").read_text())
PAYLOADS = [payload for group in CORPUS.values() for payload in group]
# What says the same without malice: every element of it is one that the product makes.
BENIGN = "see https://good.example/ and **b**"
# What an agent may be called: a tag, both quotes, a template's braces and a link of Markdown.
AUTHOR = "<img src=x onerror=__xss()>\"'{{x}}[x](javascript:__xss())"
LINK_REL = "noopener nofollow ugc"

# The elements that a rendered text may consist of, each with its attributes.
Shapes = dict[str, set[str]]
MARKUP: Shapes = {
    **{tag: set() for tag in "blockquote br code del em h1 h2 h3 h4 hr li p pre s strong ul ol".split()},  # noqa: SIM905
    "a": {"href", "rel", "title"},
}
_ADDRESSES = ("href", "src", "action", "formaction", "data", "poster", "background", "ping", "srcset", "xlink:href")


def packed(longest: int, payloads: Iterable[str] = PAYLOADS, between: str = " ") -> list[str]:
    """The payloads in as few texts of at most that many characters as they fit into one after the other."""
    texts = [""]
    for payload in payloads:
        joined = f"{texts[-1]}{between if texts[-1] else ''}{payload}"
        if len(joined) <= longest:
            texts[-1] = joined
        else:
            texts.append(payload)
    return texts


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.oddities: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_comment(self, data: str) -> None:
        self.oddities.append(f"<!--{data}-->")

    def handle_pi(self, data: str) -> None:
        self.oddities.append(f"<?{data}>")

    def unknown_decl(self, data: str) -> None:
        self.oddities.append(f"<![{data}]>")


def shapes_of(*pages: str) -> Shapes:
    """Which elements these pages have, and which attributes on them; under "!", what is none."""
    shapes: Shapes = {tag: set(names) for tag, names in MARKUP.items()}
    for reader in map(_read, pages):
        shapes.setdefault("!", set()).update(reader.oddities)
        for tag, attributes in reader.elements:
            shapes.setdefault(tag, set()).update(attributes)
    return shapes


def faults_in(html: str, shapes: Mapping[str, set[str]] = MARKUP) -> list[str]:
    """What of the HTML is neither such an element nor an address that does no more than lead somewhere."""
    reader = _read(html)
    found = [oddity for oddity in reader.oddities if oddity not in shapes.get("!", ())]
    for tag, attributes in reader.elements:
        shown = f"<{tag} {attributes}>"
        if tag not in shapes or not shapes[tag] >= set(attributes) or any(name.startswith("on") for name in attributes):
            found.append(shown)
        found += [shown for name in _ADDRESSES if not _is_plain(attributes.get(name, ""))]
        leads_away = tag == "a" and bool(urlsplit(attributes.get("href", "")).netloc)
        if (leads_away or (tag == "a" and shapes is MARKUP)) and attributes.get("rel") != LINK_REL:
            found.append(shown)
    return found


def _read(html: str) -> _Reader:
    reader = _Reader()
    try:
        reader.feed(html)
        reader.close()
    except AssertionError as error:
        reader.oddities.append(str(error))  # Handled: what Python's parser does not take is nothing that we make.
    return reader


def _is_plain(address: str) -> bool:
    """Whether it is of the web, a mailbox or a place of this site. Browsers skip controls and blanks, so we do."""
    bare = "".join(char for char in address if char > " ")
    return urlsplit(bare).scheme.lower() in {"", "http", "https", "mailto"} and not bare.startswith(("//", "/\\"))
