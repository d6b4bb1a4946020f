"""What every door of the visitor API has: whose page may knock, who it is, and where they are."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from rest_framework.request import Request
from rest_framework.views import APIView

from curbe.addresses import client_address
from curbe.origins import is_own_origin

from ...actions.visits import Page
from ...errors import Forbidden, Unauthenticated
from ...principals import Visitor, authenticate_visitor
from ...traits import is_plain
from . import charges

_CAMPAIGN = {"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"}


class PublicView(APIView):
    """A door that only our own frame, or a program without an Origin, may use. No cookies, so no CSRF."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if not is_own_origin(request._request):
            raise Forbidden("This origin may not call the messenger.", code="origin_not_allowed")
        super().initial(request, *args, **kwargs)


class VisitorView(PublicView):
    """A door for a widget session. `self.visitor` is who asks."""

    visitor: Visitor

    def perform_authentication(self, request: Request) -> None:
        self.visitor = authenticate_visitor(bearer_of(request))

    def check_throttles(self, request: Request) -> None:
        charges.look_up(self.visitor)


class SpeakingView(VisitorView):
    """A door through which something can be said by POST, which charges what came of it."""

    def check_throttles(self, request: Request) -> None:
        if request.method != "POST":
            super().check_throttles(request)


def bearer_of(request: Request, *, default: str | None = None) -> str:
    """Return the bearer token of the request. Raises Unauthenticated when there is none, nor a default."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        if default is not None:
            return default
        raise Unauthenticated("A bearer token is required.", code="not_authenticated")
    return token.strip()


def page_of(request: Request, page: dict[str, str], locale: str) -> Page:
    """The visit's context. A page's query may hold personal data, so only its campaign parameters are kept."""
    url, query = _address(page.get("url", ""))
    campaign = {key: value[:200] for key, value in parse_qsl(query) if key in _CAMPAIGN and is_plain(value)}
    return Page(
        url=url,
        title=page.get("title", ""),
        referrer=_address(page.get("referrer", ""))[0],
        locale=locale,
        user_agent=request.headers.get("User-Agent", ""),
        address=client_address(request._request),
        utm=campaign,
    )


def _address(text: str) -> tuple[str, str]:
    """Return a web address without credentials, query and fragment, and its query; nothing of what is none."""
    try:
        parts = urlsplit(text)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "", ""  # Handled: a page address that is none is simply not kept.
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "", ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}", parts.query
