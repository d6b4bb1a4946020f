"""The widget's own pages: the script that a site embeds, and the frame that the script opens."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import uuid
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import brotli
from csp.constants import NONE, SELF
from csp.decorators import csp
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from curbe.origins import is_widget_host, widget_base
from curbe.static import served

from . import faces, offers
from .actions import note_widget_seen
from .errors import NotFound
from .install import site_of
from .models import Widget

LOADER_CACHE_S = 300
FRAME_CACHE_S = 60
# Every module that the frame needs before it can be used, so that none waits for another to name it.
FRAME_MODULES = [*(f"vendor/{name}.js" for name in ("preact", "hooks", "htm")), "widget/base.js", "widget/main.js"]
# Best first.
_PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "br": brotli.compress,
    "gzip": lambda body: gzip.compress(body, mtime=0),
}
# An origin as a policy may name it. Anything else in the list could smuggle in a directive.
_ORIGIN = re.compile(r"https?://(\*\.)?([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:(\d{1,5}|\*))?")


@require_safe
def loader(request: HttpRequest, widget_id: uuid.UUID) -> HttpResponseBase:
    """The one script of a site. Holds no secret, so everybody may cache it; 404 for an unknown or inactive widget."""
    accepted = request.headers.get("Accept-Encoding", "")
    encoding = next((name for name in _PACKERS if name in accepted), None)
    widget = _widget(widget_id)
    note_widget_seen(widget, site_of(widget, request.headers.get("Referer", "")))
    body = _packed(_baked(widget), encoding)
    response = HttpResponse(body, content_type="text/javascript; charset=utf-8")
    if encoding:
        response["Content-Encoding"] = encoding
    response["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    response["Cache-Control"] = f"public, max-age={LOADER_CACHE_S}"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    patch_vary_headers(response, ["Accept-Encoding"])
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


@require_safe
@xframe_options_exempt
def frame(request: HttpRequest, widget_id: uuid.UUID) -> HttpResponseBase:
    """The panel's page. Only the widget's sites may frame it (S51); it sets no cookie and holds no secret."""
    if _is_visited_beside_inbox(request):
        raise Http404
    policy = _frame_policy(request, _widget(widget_id))
    response = render(request, "widget/frame.html", {"modules": FRAME_MODULES})
    response["Cache-Control"] = f"public, max-age={FRAME_CACHE_S}"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    if widget_base():
        patch_vary_headers(response, ["Sec-Fetch-Dest"])  # No cache answers for `_is_visited_beside_inbox`.
    return under_policy(policy, request, response)


def _is_visited_beside_inbox(request: HttpRequest) -> bool:
    """Whether somebody is led to the frame as a page of its own, on the host of the inbox's sessions.

    Sites that embed it from there keep working; a frame on another site is given no session of ours.
    """
    is_apart = bool(widget_base()) and not is_widget_host(request.get_host())
    return is_apart and request.headers.get("Sec-Fetch-Dest") == "document"


@require_safe
def face(request: HttpRequest, tenant: str, name: str) -> HttpResponse:
    """The picture of an agent, for anybody who was told its address: a visitor's browser, or a page of the inbox."""
    try:
        response = HttpResponse(faces.read(tenant, name), content_type="image/webp")
    except NotFound as error:
        raise Http404 from error
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def under_policy(policy: dict[str, Any], request: HttpRequest, response: HttpResponse) -> HttpResponseBase:
    """Return the response with a content security policy of its own instead of the project's."""
    return csp(policy)(lambda _request: response)(request)


def _frame_policy(request: HttpRequest, widget: Widget) -> dict[str, Any]:
    socket = f"{'wss' if request.is_secure() else 'ws'}://{request.get_host()}"
    sites = [origin for origin in widget.allowed_origins if isinstance(origin, str) and _ORIGIN.fullmatch(origin)]
    return {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF, socket],
        "frame-ancestors": sites or [NONE],
        "base-uri": [NONE],
        "form-action": [NONE],
    }


def _widget(widget_id: uuid.UUID) -> Widget:
    try:
        return offers.get_widget(widget_id)
    except NotFound as error:
        raise Http404(error.detail) from error


def _baked(widget: Widget) -> str:
    """The loader with this widget's public configuration in it."""
    config = {"widget_id": str(widget.id), "tenant_id": str(widget.tenant_id), "appearance": widget.appearance}
    return _loader_source(widget.tenant.shares_device).replace('"CURBE_CONFIG"', script_json(config))


def script_json(value: Any) -> str:
    """Return JSON that means the same inside a script, whatever the strings in it say."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@cache
def _loader_source(shares_device: bool) -> str:
    """The loader of all widgets, with what some tenants want only where they do."""
    shared = f"({served('widget/shared.js').removesuffix(';')})" if shares_device else "null"
    loader = served("widget/loader.js").replace('"CURBE_SHARED"', shared)
    return loader.replace('"CURBE_STYLES"', script_json(served("widget/launcher.css")))


@lru_cache(maxsize=256)
def _packed(source: str, encoding: str | None) -> bytes:
    body = source.encode()
    return _PACKERS[encoding](body) if encoding else body
