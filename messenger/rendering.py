"""Text of people → the only HTML that any client inserts. Sanitised by nh3 whatever the author."""

from __future__ import annotations

import re
import unicodedata
from html import escape

import nh3
from linkify_it import LinkifyIt
from markdown_it import MarkdownIt

_LINK_REL = "noopener nofollow ugc"
_MARKDOWN_TAGS = set("a blockquote br code del em h1 h2 h3 h4 hr li ol p pre s strong ul".split())  # noqa: SIM905  Easier to read.
_linkify = LinkifyIt().add("ftp:", None).add("mailto:", "http:").add("mailto:", None).add("//", None)
_markdown_without_links = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("strikethrough")
_markdown = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True}).enable(
    ["linkify", "strikethrough"]
)
# Cheap sign that a text may hold a link at all; most messages do not, and sending is a hot path.
# Looking for links in a text made to look like nothing but links takes seconds; nobody writes so many.
_MOST_LINKS = 200
_MAYBE_LINK = re.compile(r"\.\S|://")


def render_plain(body: str) -> str:
    """Return a visitor's text as HTML: literal, with line breaks and links."""
    html = _link(body) if 0 < _possible_links(body) <= _MOST_LINKS else escape(body)
    return f"<p>{html.replace(chr(10), '<br>')}</p>"


def render_markdown(body: str) -> str:
    """Return an agent's or the assistant's Markdown as sanitised HTML. Images and raw HTML are not rendered."""
    renderer = _markdown if _possible_links(body) <= _MOST_LINKS else _markdown_without_links
    return nh3.clean(
        renderer.render(body),
        tags=_MARKDOWN_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=_LINK_REL,
    ).strip()


def _possible_links(body: str) -> int:
    return len(_MAYBE_LINK.findall(body))


def _link(body: str) -> str:
    parts, end = [], 0
    for match in _linkify.match(body) or []:
        if not _is_honest(match.raw):
            continue
        parts.append(escape(body[end : match.index]))
        parts.append(f'<a href="{escape(match.url)}" rel="{_LINK_REL}">{escape(match.raw)}</a>')
        end = match.last_index
    return "".join(parts) + escape(body[end:])


def _is_honest(url: str) -> bool:
    """A link that hides where it goes (user info, control or direction characters) stays text."""
    authority = url.split("://", 1)[-1].split("/", 1)[0]
    return "@" not in authority and not any(unicodedata.category(char) in {"Cc", "Cf"} for char in url)
