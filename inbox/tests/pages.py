"""Reading pages like a browser: by elements, not by text."""

from __future__ import annotations

import re
import uuid
from html.parser import HTMLParser
from typing import Any

from django.test import Client

_EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def elements(response: Any) -> list[tuple[str, dict[str, str]]]:
    """Every element of the page with its attributes, in order."""
    parser = _Elements()
    parser.feed(response.content.decode())
    return parser.found


def ids_of(response: Any, prefix: str) -> list[str]:
    """The ids behind a prefix, such as the conversations of `row-…`, in order."""
    ids = (attrs.get("id", "") for _, attrs in elements(response))
    return [one.removeprefix(prefix) for one in ids if one.startswith(prefix)]


def text_of(response: Any) -> str:
    """The page without its tags, on one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def token(client: Client, url: str = "/inbox/") -> str:
    """The CSRF token that a page gives its scripts."""
    metas = [attrs for tag, attrs in elements(client.get(url)) if tag == "meta"]
    return next(attrs["content"] for attrs in metas if attrs.get("name") == "csrf-token")


def key() -> str:
    """A client_message_id."""
    return str(uuid.uuid4())
