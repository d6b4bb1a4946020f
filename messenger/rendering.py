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
_markdown = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True}).enable(
    ["linkify", "strikethrough"]
)
# Cheap sign that a text may hold a link at all; most messages do not, and sending is a hot path.
_MAYBE_LINK = re.compile(r"\.\S|://")


def render_plain(body: str) -> str:
    """Return a visitor's text as HTML: literal, with line breaks and http(s) links."""
    html = _link(body) if _MAYBE_LINK.search(body) else escape(body)
    return f"<p>{html.replace(chr(10), '<br>')}</p>"


def render_markdown(body: str) -> str:
    """Return an agent's or the assistant's Markdown as sanitised HTML. Images and raw HTML are not rendered."""
    return nh3.clean(
        _markdown.render(body),
        tags=_MARKDOWN_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=_LINK_REL,
    ).strip()


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
