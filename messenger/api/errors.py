"""Exceptions → the one error shape of both APIs: drf-standardized-errors' plus the trace id."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from drf_standardized_errors.handler import exception_handler
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from curbe.logs import current_trace_id

from ..errors import Busy, DomainError, DraftChanged, NewerReply
from ..payloads import draft, team_message
from .parsing import PayloadTooLarge

log = structlog.get_logger(__name__)


class InvalidBody(ValidationError):
    """Well-formed JSON with values that cannot be accepted: permanent, never worth a retry."""

    status_code = 422


class InvalidQuery(ValidationError):
    """A query parameter that cannot be understood (S25)."""

    status_code = 400


def handle_exception(error: Exception, context: Any) -> Response | None:
    """Answer a failed API request. The database being away is a 503 that says when to come back."""
    if isinstance(error, OperationalError | InterfaceError):
        log.exception("database_unavailable")
        error = Busy()
    if isinstance(error, RequestDataTooBig):
        error = PayloadTooLarge()
    if isinstance(error, DomainError):
        return _answer_refusal(error)
    response = exception_handler(error, context)
    if response is not None:
        response.data["trace_id"] = current_trace_id()
        for told in response.data["errors"]:
            told["detail"] = _encodable(told["detail"])
    return response


def _encodable(text: str) -> str:
    """A sentence may quote what was sent, and of that a lone surrogate is no text that could be answered (S46)."""
    return str(text).encode("utf-8", "backslashreplace").decode()


def error_body(type_: str, code: str, detail: str, attr: str | None = None) -> dict[str, Any]:
    """Return the error shape for one error."""
    errors = [{"code": code, "detail": detail, "attr": attr}]
    return {"type": type_, "errors": errors, "trace_id": current_trace_id()}


def _answer_refusal(error: DomainError) -> Response:
    kind = "server_error" if error.status >= 500 else "validation_error" if error.attr else "client_error"
    response = Response(error_body(kind, error.code, error.detail, error.attr), status=error.status)
    if error.retry_after_s:
        response["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, DraftChanged):
        response.data["draft"] = draft(error.draft) if error.draft else None
    if isinstance(error, NewerReply):
        response.data["messages"] = [team_message(message) for message in error.messages]
    return response
