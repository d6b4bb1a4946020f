"""Every address this project answers at, as the URL configuration has it: what a written table is held against."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, resolve

_VARIABLE = re.compile(r"<(?:\w+:)?(\w+)>")
_GROUP = re.compile(r"\(\?P<(\w+)>[^)]*\)")


def routes_below(*prefixes: str) -> dict[str, str]:
    """Route → name of every pattern below the prefixes; the variables of a route stand in `<…>`, untyped."""
    found = _walk(get_resolver().url_patterns, "")
    return {route: name for route, name in found if route.startswith(prefixes)}


def variables_of(route: str) -> list[str]:
    """The names of what has to be filled in."""
    return _VARIABLE.findall(route)


def address_of(route: str, things: Mapping[str, Any]) -> str:
    """The path of a route with its variables filled in; KeyError names the one that nothing is known for."""
    return "/" + _VARIABLE.sub(lambda found: str(things[found[1]]), route)


def route_at(path: str) -> str:
    """The route that answers at a path, as `routes_below` writes it. Raises Resolver404."""
    return _plain(resolve(path).route)


def _walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[tuple[str, str]]:
    for one in patterns:
        route = before + _plain(str(one.pattern))
        if isinstance(one, URLResolver):
            yield from _walk(one.url_patterns, route)
        else:
            yield route, one.name or ""


def _plain(route: str) -> str:
    """Without the marks of a regular expression and the types of variables."""
    named = _GROUP.sub(r"<\1>", route.removeprefix("^").removesuffix("$"))
    return _VARIABLE.sub(r"<\1>", named)
