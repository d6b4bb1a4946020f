"""System checks: settings that would break a promise fail loudly, with the remedy."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Advice
from django.db import connections
from django.utils.module_loading import import_string

from .assistant.providers import REMEDY, SHIPPED

_SHORTEST_KEY, _FEWEST_CHARACTERS = 32, 10
_LARGEST_FACTOR = 100
_LONGEST_WAIT_S = 120
_NAMES_AT_HOME = (".localhost", ".local", ".test", ".internal")
_NEW_KEY = "Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"


@register(Tags.database)
def durable_commits(databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """An acknowledged message must survive a crash (I1): PostgreSQL has to commit synchronously."""
    return [message for alias in databases or () for message in _durability_of(alias)]


@register()
def fit_for_the_internet(**_kwargs: Any) -> list[CheckMessage]:
    """In production unsafe settings stop the start (S64): with https, or where the internet reaches PUBLIC_URL."""
    return _unsafe_settings() if _is_production() else []


@register(deploy=True)
def would_be_fit_for_the_internet(**_kwargs: Any) -> list[CheckMessage]:
    """The same on demand, by `check --deploy`, where the other check does not say it already."""
    return [] if _is_production() else _unsafe_settings()


@register()
def assistant_can_answer(**_kwargs: Any) -> list[CheckMessage]:
    """A provider that is there, and has what it needs. Without importing the one that takes a second to import."""
    found = [_provider_fault(), _deadline_fault()]
    return [one for one in (*found, *_openai_faults()) if one]


def _provider_fault() -> CheckMessage | None:
    chosen = settings.ASSISTANT_PROVIDER
    fault = f"ASSISTANT_PROVIDER is {chosen!r}, and there is no such provider."
    return _error(chosen not in SHIPPED and not _can_import(chosen), "E020", fault, REMEDY)


def _can_import(path: str) -> bool:
    try:
        return callable(import_string(path))
    except ImportError:
        return False  # Handled: said with its remedy.


def _deadline_fault() -> CheckMessage | None:
    fault = "ASSISTANT_DEADLINE_S is not a number of seconds to wait."
    remedy = f"Set it to more than 0 and at most {_LONGEST_WAIT_S}, or remove it for 20."
    return _error(not 0 < settings.ASSISTANT_DEADLINE_S <= _LONGEST_WAIT_S, "E021", fault, remedy)


def _openai_faults() -> list[CheckMessage | None]:
    if settings.ASSISTANT_PROVIDER != "openai":
        return []
    address = urlsplit(settings.OPENAI_BASE_URL)
    return [
        _error(
            not settings.ASSISTANT_MODEL,
            "E022",
            "ASSISTANT_PROVIDER is openai, and ASSISTANT_MODEL is not set.",
            "Set ASSISTANT_MODEL to the name of a model that the server at OPENAI_BASE_URL has.",
        ),
        _error(
            not settings.OPENAI_API_KEY,
            "E023",
            "ASSISTANT_PROVIDER is openai, and OPENAI_API_KEY is not set.",
            "Set OPENAI_API_KEY to the server's key, or to any word where it asks for none.",
        ),
        _error(
            address.scheme not in {"http", "https"} or not address.hostname,
            "E024",
            "OPENAI_BASE_URL is not an address.",
            "Set it to a scheme, a host and a path, such as https://api.openai.com/v1, or remove it.",
        ),
    ]


def _is_production() -> bool:
    return settings.IS_HTTPS or not _is_at_home((urlsplit(settings.PUBLIC_URL).hostname or "").rstrip("."))


def _is_at_home(host: str) -> bool:
    """Whether only this machine, its network or its neighbouring containers can mean it."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith(_NAMES_AT_HOME)  # Handled: it is a name.


def _unsafe_settings() -> list[CheckMessage]:
    found: list[CheckMessage | None] = [
        _key_fault(),
        _error(settings.DEBUG, "E012", "DEBUG shows source code and settings to anybody.", "Remove DEBUG."),
        _error(
            (settings.RATE_LIMITS or math.inf) > _LARGEST_FACTOR,
            "E013",
            "RATE_LIMITS is off, or so large that it limits nothing.",
            f"Remove RATE_LIMITS, or set a factor of at most {_LARGEST_FACTOR}.",
        ),
        _error(
            not settings.IS_HTTPS,
            "E014",
            "PUBLIC_URL is not https: conversations and passwords could be read and changed on their way.",
            "Put a proxy with TLS in front, as docker-compose.yml does, and set PUBLIC_URL=https://…",
        ),
    ]
    return [one for one in found if one] + _pepper_warning() + _proxy_warning() + _widget_warning()


def _key_fault() -> CheckMessage | None:
    """A key that every copy of the repository, or anybody who guesses, could have."""
    if not settings.IS_SECRET_KEY_SET:
        fault = "SECRET_KEY is not set: each machine would make one of its own and forget it with its disk."
        return _error(True, "E010", fault, _NEW_KEY)
    key = settings.SECRET_KEY
    letters = re.sub(r"[\W_]", "", key).lower()
    is_weak = len(key) < _SHORTEST_KEY or len(set(key)) < _FEWEST_CHARACTERS
    is_known = key.startswith("django-insecure") or "changeme" in letters
    return _error(is_weak or is_known, "E011", "SECRET_KEY can be guessed.", _NEW_KEY)


def _pepper_warning() -> list[CheckMessage]:
    if settings.IS_PEPPER_SET:
        return []
    fault = "PEPPER is not set: changing SECRET_KEY would make every visitor a stranger."
    return [Advice(fault, hint=f"Set it once and keep it. {_NEW_KEY}", id="messenger.W010")]


def _proxy_warning() -> list[CheckMessage]:
    is_behind_one = settings.IS_HTTPS or settings.SECURE_PROXY_SSL_HEADER
    if settings.TRUSTED_PROXIES or not is_behind_one:
        return []
    fault = "TRUSTED_PROXIES is empty: behind a proxy all people share its address, and the limits of one."
    remedy = "Set TRUSTED_PROXIES to the addresses or networks of the proxies in front, such as 10.0.0.0/8."
    return [Advice(fault, hint=remedy, id="messenger.W011")]


def _widget_warning() -> list[CheckMessage]:
    if urlsplit(settings.WIDGET_ORIGIN).hostname != urlsplit(settings.PUBLIC_URL).hostname:
        return []
    fault = "WIDGET_ORIGIN is empty, or has the host of PUBLIC_URL: a flaw in the widget would be one in the inbox."
    remedy = "Point a second host name at this server and set WIDGET_ORIGIN=https://widget.example.com"
    return [Advice(fault, hint=remedy, id="messenger.W012")]


def _error(is_wrong: bool, number: str, fault: str, remedy: str) -> CheckMessage | None:
    return Error(fault, hint=remedy, id=f"messenger.{number}") if is_wrong else None


def _durability_of(alias: str) -> list[CheckMessage]:
    connection = connections[alias]
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        row = cursor.fetchone()
    if row and row[0] != "off":
        return []
    return [
        Error(
            "PostgreSQL runs with synchronous_commit off: an acknowledged message could be lost.",
            hint="Set synchronous_commit = on for this database or role.",
            id="messenger.E001",
        )
    ]
