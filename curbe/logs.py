"""Structured logs, and the trace id that ties browser, HTTP, socket and broadcast together."""

from __future__ import annotations

import re
import secrets
from typing import Any

import structlog

_VALID_TRACE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


def new_trace_id(given: str | None = None) -> str:
    """Return the caller's trace id when it is 8 to 64 URL-safe characters, else a new one."""
    return given if given and _VALID_TRACE_ID.fullmatch(given) else secrets.token_hex(12)


def current_trace_id() -> str:
    """Return the trace id bound to this request, socket or command; empty outside of them."""
    return str(structlog.contextvars.get_contextvars().get("trace_id", ""))


_SERVERS = ("uvicorn.access", "uvicorn.error", "daphne", "django.channels.server")
_CLIENTS = ("openai", "httpx2", "httpcore2")
_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def logging_config(*, level: str, json: bool) -> dict[str, Any]:
    """Return Django's LOGGING: one line per event on standard error, JSON unless a person reads along."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer()
    quiet = {"handlers": ["console"], "level": "WARNING", "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    renderer,
                ],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["console"], "level": level},
        # The servers' own lines repeat what our events say, with addresses and whole URLs in them; those of clients
        # could tell what they send, and how they are let in.
        "loggers": dict.fromkeys((*_SERVERS, *_CLIENTS), quiet),
    }
