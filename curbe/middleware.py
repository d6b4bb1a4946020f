"""What surrounds every request: a trace id, one header that nobody else sends, and the static files.

Each works in a synchronous and in an asynchronous chain. Under ASGI the whole chain is asynchronous, so a request that
waits for events holds no thread.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import isawaitable
from typing import Any

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from whitenoise.middleware import WhiteNoiseMiddleware

from curbe.logs import new_trace_id
from curbe.origins import is_widget_host

GetResponse = Callable[[HttpRequest], Any]

_NOTHING = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


@sync_and_async_middleware
def trace(get_response: GetResponse) -> GetResponse:
    """Bind a trace id to everything logged while a request is answered, and return it as `X-Trace-Id`."""

    def traced(response: HttpResponseBase, trace_id: str) -> HttpResponseBase:
        response.headers["X-Trace-Id"] = trace_id
        return response

    async def answer_async(request: HttpRequest) -> HttpResponseBase:
        trace_id = new_trace_id(request.headers.get("X-Trace-Id"))
        with structlog.contextvars.bound_contextvars(trace_id=trace_id):
            return traced(await get_response(request), trace_id)

    def answer(request: HttpRequest) -> HttpResponseBase:
        trace_id = new_trace_id(request.headers.get("X-Trace-Id"))
        with structlog.contextvars.bound_contextvars(trace_id=trace_id):
            return traced(get_response(request), trace_id)

    return answer_async if iscoroutinefunction(get_response) else answer


@sync_and_async_middleware
def audited(get_response: GetResponse) -> GetResponse:
    """Let the audit log know who asked for what is done meanwhile. Placed after whoever says who is signed in."""
    from messenger.audit import asked_by  # The models are there only once all apps are.

    async def answer_async(request: HttpRequest) -> HttpResponseBase:
        with asked_by(request):
            response: HttpResponseBase = await get_response(request)
            return response

    def answer(request: HttpRequest) -> HttpResponseBase:
        with asked_by(request):
            response: HttpResponseBase = get_response(request)
            return response

    return answer_async if iscoroutinefunction(get_response) else answer


@sync_and_async_middleware
def permissions_policy(get_response: GetResponse) -> GetResponse:
    """Give up, on every page, what no page of ours ever asks for: neither Django nor django-csp does."""

    def declared(response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Permissions-Policy", _NOTHING)
        return response

    async def answer_async(request: HttpRequest) -> HttpResponseBase:
        return declared(await get_response(request))

    return answer_async if iscoroutinefunction(get_response) else lambda request: declared(get_response(request))


@sync_and_async_middleware
def widget_host(get_response: GetResponse) -> GetResponse:
    """On the widget's own host nothing but the widget is there: neither the inbox nor the admin."""

    def routed(request: HttpRequest) -> HttpRequest:
        if is_widget_host(request.get_host()):
            request.urlconf = "messenger.widget_urls"
        return request

    async def answer_async(request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = await get_response(routed(request))
        return response

    return answer_async if iscoroutinefunction(get_response) else lambda request: get_response(routed(request))


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """WhiteNoise's, which by itself is synchronous only: whatever is below it would hold a thread."""

    sync_capable = async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        super().__init__(get_response)
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        return self._answer_async(request) if iscoroutinefunction(self) else super().__call__(request)

    async def _answer_async(self, request: HttpRequest) -> Any:
        answer = super().__call__(request)  # A file, or what the rest of the chain will answer.
        return await answer if isawaitable(answer) else answer
