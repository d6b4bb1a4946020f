"""Text of people → the only HTML that any client inserts. Sanitised by nh3 whatever the author."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from html import escape, unescape
from typing import Any
from urllib.parse import unquote

import nh3
from django.utils.html import strip_tags
from linkify_it import LinkifyIt
from markdown_it import MarkdownIt

from .names import any_of, mark_names

_LINK_REL = "noopener nofollow ugc"
_MARKDOWN_TAGS = set("a blockquote br code del em h1 h2 h3 h4 hr li ol p pre s strong ul".split())  # noqa: SIM905  Easier to read.
_linkify = LinkifyIt().add("ftp:", None).add("mailto:", "http:").add("mailto:", None).add("//", None)
# Where a link may lead: a host without user info, a mailbox, or a place of the reader's own site.
_HONEST = re.compile(r"https?://[^/?#@\\\s]+([/?#]\S*)?|mailto:\S+|[/#](?![/\\])\S*", re.IGNORECASE)
_USER_INFO = re.compile(r"https?://[^\s/?#]*@", re.IGNORECASE)
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# What stands on a line of its own, unlike what is bold.
_BLOCK = re.compile(r"<(?=/?(?:p|br|li|ul|ol|h\d|pre|blockquote|table|t[rdh])\b)")
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


class _Markdown(MarkdownIt):
    """Markdown in which a link that is not honest stays as it was typed."""

    def __init__(self, *without: str) -> None:
        super().__init__("commonmark", {"html": False, "linkify": True, "breaks": True})
        self.enable(["linkify", "strikethrough"]).disable(list(without))
        self.core.ruler.push("names", mark_names)

    def normalizeLink(self, url: str) -> str:  # noqa: N802  The library's name.
        return super().normalizeLink(url) if _is_honest(url) else ""

    def validateLink(self, url: str) -> bool:  # noqa: N802
        return bool(url) and super().validateLink(url)


_markdown = _Markdown()
_markdown_without_guesses = _Markdown("linkify")
_markdown_without_links = _Markdown("linkify", "link", "autolink", "reference")
# Cheap sign that a text may hold a link at all; most messages do not, and sending is a hot path.
# Looking for links in a text made to look like nothing but links takes seconds; nobody writes so many.
_MOST_LINKS = 200
_MAYBE_LINK = re.compile(r"\.\S|://")


def render_plain(body: str) -> str:
    """Return a visitor's text as HTML: literal, with line breaks and honest links (S39)."""
    has_links = 0 < _possible_links(body) <= _MOST_LINKS and not _is_veiled(body)
    html = _link(body) if has_links else escape(body)
    return f"<p>{html.replace(chr(10), '<br>')}</p>"


def render_markdown(body: str) -> str:
    """Return an agent's or the assistant's Markdown as sanitised HTML. Images and raw HTML are not rendered."""
    return nh3.clean(
        _renderer(body).render(body),
        tags=_MARKDOWN_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=_LINK_REL,
    ).strip()


def render_note(body: str, names: Collection[str]) -> tuple[str, set[str]]:
    """Return an agent's Markdown as sanitised HTML in which `@name` is marked, and the names that were found.

    `names` are case-folded. What is in code, or in a link, is no name.
    """
    if not body:
        return "", set()
    env: dict[str, Any] = {"names": any_of(names), "found": set()}
    html = nh3.clean(
        _renderer(body).render(body, env),
        tags=_MARKDOWN_TAGS | {"mark"},
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=_LINK_REL,
    )
    return html.strip(), env["found"]


def as_text(body_html: str) -> str:
    """Return what can be read of rendered HTML, on one line: whatever stands on a line of its own stands apart."""
    return " ".join(unescape(strip_tags(_BLOCK.sub(" <", body_html))).split())


def _renderer(body: str) -> MarkdownIt:
    text = unescape(body).replace("\\", "")  # As Markdown reads it: entities and escapes are characters.
    if _is_veiled(text) or _USER_INFO.search(text):
        return _markdown_without_links
    return _markdown if _possible_links(body) <= _MOST_LINKS else _markdown_without_guesses


def _possible_links(body: str) -> int:
    return len(_MAYBE_LINK.findall(body))


def _link(body: str) -> str:
    parts, end = [], 0
    for match in _linkify.match(body) or []:
        if match.schema == "mailto:" or not _is_honest(match.url):
            continue
        parts.append(escape(body[end : match.index]))
        parts.append(f'<a href="{escape(match.url)}" rel="{_LINK_REL}">{escape(match.raw)}</a>')
        end = match.last_index
    return "".join(parts) + escape(body[end:])


def _is_veiled(body: str) -> bool:
    """Whether a link may read otherwise than it leads: text that is turned round, or what nobody sees within it."""
    return not _TURNS.isdisjoint(body) or any(_MAYBE_LINK.search(word) and _hides(word) for word in body.split())


def _is_honest(url: str) -> bool:
    """A link that hides where it goes (user info, characters that nobody sees) stays text."""
    return _HONEST.fullmatch(url) is not None and not _hides(url) and not _hides(unquote(url), {"Cf"})


def _hides(text: str, categories: Collection[str] = ("Cc", "Cf")) -> bool:
    """Whether there are characters that nobody sees. An encoded line break is one of a text that a link carries."""
    return any(char in _BLANKS or unicodedata.category(char) in categories for char in text)
