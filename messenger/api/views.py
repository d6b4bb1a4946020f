"""What both APIs have in common: answers for routes that do not exist, and for what fails outside of every view."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from ..errors import NotFound
from .errors import error_body


@extend_schema(exclude=True)
class UnknownRoute(APIView):
    """Whatever the method: there is nothing here, said in the shape of every other error."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound()


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's `handler400`: a request that no view is asked about, such as one for a host that is not ours."""
    if not request.path.startswith("/api/"):
        return defaults.bad_request(request, exception)
    return JsonResponse(error_body("client_error", "bad_request", "This request cannot be understood."), status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's `handler500`. What went wrong is in the log, under the trace id."""
    if not request.path.startswith("/api/"):
        return defaults.server_error(request)
    detail = "Something went wrong on our side. The log has it under this trace id."
    return JsonResponse(error_body("server_error", "error", detail), status=500)
