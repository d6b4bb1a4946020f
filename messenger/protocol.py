"""What the protocol of the sockets says of a single frame: its form, its size, whom it names, and the close codes."""

from __future__ import annotations

import json
import random
import uuid
from typing import Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from .errors import NotFound, Unauthenticated
from .frames import FRAME_BYTES

# Sockets that have grown old, and those that come too late to a process that ends, come back within so long.
_RETURN_MS = 5_000
# What a client must not choose: whom it speaks for comes from its credentials.
_SUBJECT_KEYS = ("subject", "contact_id", "tenant_id", "company_id", "stream_id")


class Close:
    """Close codes: 4000–4499 mean "connect again", 4500–4999 "not with these credentials"."""

    SERVER_ERROR = 4000
    DRAINING = 4001
    MAX_AGE = 4002
    HELLO_TIMEOUT = 4003
    SLOW = 4008
    INSUFFICIENT_STATE = 4009
    TOKEN_EXPIRED = 4011
    NO_PONG = 4012
    RATE_LIMITED = 4013
    IDENTITY_CHANGED = 4014
    INVALID_TOKEN = 4500
    PROTOCOL_ERROR = 4501
    FORBIDDEN = 4503
    TOO_MANY_CONNECTIONS = 4504
    TENANT_DISABLED = 4505
    UPGRADE_REQUIRED = 4506
    TOO_LARGE = 1009


_CODE_OF_REFUSAL = {
    "session_expired": Close.TOKEN_EXPIRED,
    "identity_changed": Close.IDENTITY_CHANGED,
    "tenant_disabled": Close.TENANT_DISABLED,
}


class ClosedByUs(Exception):
    """Raised while handling a frame: the socket is closed with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


def code_of(refusal: Unauthenticated) -> int:
    """Return the most specific close code for credentials that are refused."""
    return _CODE_OF_REFUSAL.get(refusal.code, Close.INVALID_TOKEN)


def parse(text: str | None) -> dict[str, Any]:
    """Return the frame. Anything but a JSON object with a `t` is a protocol error (S30)."""
    if text is not None and len(text.encode()) > FRAME_BYTES:
        raise ClosedByUs(Close.TOO_LARGE)
    try:
        frame = json.loads(text or "")
    except (ValueError, RecursionError) as error:
        raise ClosedByUs(Close.PROTOCOL_ERROR) from error
    if not isinstance(frame, dict) or not isinstance(frame.get("t"), str):
        raise ClosedByUs(Close.PROTOCOL_ERROR)
    return frame


def claims(hello: dict[str, Any]) -> set[str]:
    """Return the ids of whoever a hello says that it is about."""
    return {str(hello[key]) for key in _SUBJECT_KEYS if key in hello}


def tab_of(hello: dict[str, Any]) -> str:
    """Return the id of the tab that says hello, or nothing when it gives none."""
    try:
        return str(uuid.UUID(str(hello.get("tab"))))
    except ValueError:
        return ""  # Handled: what is no id names nothing.


def conversation_id_of(frame: dict[str, Any]) -> uuid.UUID:
    """Return the conversation that a frame names. Raises NotFound when that is no id."""
    try:
        return uuid.UUID(str(frame.get("c")))
    except ValueError as error:
        raise NotFound() from error


def is_known_host(host: str | None) -> bool:
    """Whether the handshake was addressed to a name that is ours."""
    domain, _ = split_domain_port(host or "")
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def return_ms() -> int:
    """Return when a client that is sent away by itself may come back."""
    return random.randint(0, _RETURN_MS)  # noqa: S311  Jitter is no secret.
