"""Response schemas for the OpenAPI document, taken from the payload types so that they cannot drift apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.plumbing import resolve_type_hint
from drf_spectacular.utils import OpenApiResponse, extend_schema

View = TypeVar("View", bound=Callable[..., Any])


def answers(
    hint: Any, *, status: int = 200, also: dict[int, str] | None = None, **options: Any
) -> Callable[[View], View]:
    """Describe a view's answer by a payload type; `also` names further statuses and what they mean."""
    body = resolve_type_hint(hint) if hint is not None else None
    responses: dict[int, Any] = {status: OpenApiResponse(body) if body else OpenApiResponse(description="No content")}
    for code, text in (also or {}).items():
        same = body if code < 300 else None
        responses[code] = OpenApiResponse(same, description=text)
    return extend_schema(responses=responses, **options)
