"""The demo site: ordinary-looking shops that embed the demo tenants' widgets, each in English and Spanish."""

from __future__ import annotations

from csp.constants import NONE, SELF
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language, override
from django.views.decorators.http import require_safe

from .demo_shops import SHOPS, in_language
from .models import Widget
from .pages import under_policy

LANGUAGES = ("en", "es")
# As strict as a careful shop's: the embed must work under it.
POLICY = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF],
    "frame-src": [SELF],
    "frame-ancestors": [NONE],
    "base-uri": [NONE],
    "form-action": [NONE],
}


@require_safe
def shop(request: HttpRequest, shop: str) -> HttpResponseBase:
    """A shop page in the language of `?lang=`, else of the browser. 404 with the remedy while there is no demo data."""
    language = _language(request)
    widget = _widget_of(shop)
    context = {"language": language, "languages": LANGUAGES, "key": shop, "widget": widget}
    with override(language):
        if widget is None:
            response = render(request, "demo/missing.html", context, status=404)
        else:
            context |= {"brand": widget.tenant.name, "shop": in_language(SHOPS[shop], language)}
            response = render(request, "demo/shop.html", context)
    patch_vary_headers(response, ["Accept-Language"])
    return under_policy(POLICY, request, response)


def _language(request: HttpRequest) -> str:
    chosen = request.GET.get("lang") or (get_language() or "en")[:2]
    return chosen if chosen in LANGUAGES else "en"


def _widget_of(shop: str) -> Widget | None:
    """The tenant's first widget, or for its second site the second one."""
    slug, place = SHOPS[shop]["widget"]
    widgets = Widget.objects.select_related("tenant").filter(tenant__slug=slug, is_active=True)
    return next(iter(widgets.order_by("created_at", "id")[place : place + 1]), None)
