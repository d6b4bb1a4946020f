"""What a request is answered in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class NeverRefusing(DefaultContentNegotiation):
    """By `Accept` where there is a choice. Some doors give files, and their clients ask for the kind of the file: they
    get it, and whatever goes wrong in JSON (RFC 9110, 12.5.1: a server may disregard the header).
    """

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer and its media type."""
        known: list[Any] = list(renderers)
        try:
            chosen: tuple[BaseRenderer, str] = super().select_renderer(request, known, format_suffix)
        except NotAcceptable:
            return known[0], known[0].media_type  # Handled: the first is what every client of ours can read.
        return chosen
