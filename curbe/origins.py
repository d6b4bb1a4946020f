"""Whose pages a request comes from: ours, or somebody else's."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def is_own_origin(request: HttpRequest) -> bool:
    """Whether an HTTP request comes from a page or frame of ours, or from a program that sends no Origin."""
    origin = request.headers.get("Origin")
    return origin is None or is_own_frame(origin, request.get_host())


def is_own_frame(origin: str, host: str) -> bool:
    """Whether the origin is one that the widget's frame has: one of ours, or WIDGET_ORIGIN."""
    return origin == settings.WIDGET_ORIGIN or is_own(origin, host)


def is_widget_host(host: str) -> bool:
    """Whether this host is the widget's alone (WIDGET_ORIGIN): nothing else is served there."""
    return bool(widget_base()) and host.lower() == urlsplit(settings.WIDGET_ORIGIN).netloc


def widget_base() -> str:
    """What goes before the path of a loader on our own pages: nothing, unless the widget has a host of its own."""
    return "" if settings.WIDGET_ORIGIN == settings.PUBLIC_URL else settings.WIDGET_ORIGIN


def is_own(origin: str, host: str) -> bool:
    """Whether the origin is exactly this host (as the client addressed it) or the public address of the site.

    "null", other schemes, look-alikes and sibling hosts or ports are all somebody else (S28).
    """
    if origin == settings.PUBLIC_URL:
        return True
    schemes = {"https"} if settings.IS_HTTPS else {"http", "https"}
    return origin in {f"{scheme}://{host}" for scheme in schemes}
