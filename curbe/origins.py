"""Whose pages a request comes from: ours, or somebody else's."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def is_own_origin(request: HttpRequest) -> bool:
    """Whether an HTTP request comes from a page of ours, or from a program that sends no Origin."""
    origin = request.headers.get("Origin")
    return origin is None or is_own(origin, request.get_host())


def is_own(origin: str, host: str) -> bool:
    """Whether the origin is exactly this host (as the client addressed it) or the public address of the site.

    "null", other schemes, look-alikes and sibling hosts or ports are all somebody else (S28).
    """
    if origin == settings.PUBLIC_URL:
        return True
    schemes = {"https"} if settings.IS_HTTPS else {"http", "https"}
    return origin in {f"{scheme}://{host}" for scheme in schemes}
