"""What both APIs have in common: an answer for routes that do not exist."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from ..errors import NotFound


@extend_schema(exclude=True)
class UnknownRoute(APIView):
    """Whatever the method: there is nothing here, said in the shape of every other error."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound()
