"""The demo site: ordinary-looking shops that embed the demo tenants' widgets, each in English and Spanish."""

from __future__ import annotations

from typing import Any

from csp.constants import NONE, SELF
from django.http import HttpRequest, HttpResponseBadRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import get_language, override
from django.views.decorators.http import require_http_methods, require_safe

from curbe.origins import widget_base

from .demo_account import announcement, customer_of, has_accounts, remember
from .demo_customers import CUSTOMERS
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
# Where one can sign in: the form, and the script that asks for a fresh token.
ACCOUNT_POLICY = {**POLICY, "connect-src": [SELF], "form-action": [SELF]}


@require_safe
def shop(request: HttpRequest, shop: str) -> HttpResponseBase:
    """A shop page in the language of `?lang=`, else of the browser. 404 with the remedy while there is no demo data."""
    widget = _widget_of(shop)
    return _page(request, "demo/shop.html" if widget else "demo/missing.html", shop, widget)


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponseBase:
    """Who is signed in at Harbor's shop. A POST signs the named `customer` in, or out when it names nobody."""
    widget = _widget_of("harbor")
    if widget is None or not has_accounts(widget.tenant):
        return _page(request, "demo/missing.html", "harbor", None)
    if request.method != "POST":
        return _page(request, "demo/account.html", "harbor", widget)
    chosen = request.POST.get("customer", "")
    if chosen and chosen not in CUSTOMERS:
        return HttpResponseBadRequest("There is no such customer.", content_type="text/plain")
    response = HttpResponseRedirect(f"{reverse('demo_account')}?lang={_language(request)}")
    remember(response, CUSTOMERS.get(chosen))
    return response


def _page(request: HttpRequest, template: str, shop: str, widget: Widget | None) -> HttpResponseBase:
    language = _language(request)
    context: dict[str, Any] = {"language": language, "languages": LANGUAGES, "key": shop, "widget": widget}
    context["is_account"] = template == "demo/account.html"
    if widget:
        loader = f"{widget_base()}{reverse('widget_loader', args=[widget.id])}"
        context |= {"loader": loader, "brand": widget.tenant.name, "shop": in_language(SHOPS[shop], language)}
        context |= _whose(request, widget, language)
    with override(language):
        response = render(request, template, context, status=200 if widget else 404)
    patch_vary_headers(response, ["Accept-Language", "Cookie"])
    if context.get("customer") or context["is_account"]:
        patch_cache_control(response, no_store=True)
    policy = ACCOUNT_POLICY if "has_accounts" in context else POLICY
    return under_policy({**policy, **_embedding()}, request, response)


def _embedding() -> dict[str, list[str]]:
    """What a page has to allow so that the messenger works on it: its script and its frame, wherever they are."""
    place = widget_base()
    return {"script-src": [SELF, place], "frame-src": [place]} if place else {}


def _whose(request: HttpRequest, widget: Widget, language: str) -> dict[str, Any]:
    """Who is signed in, and what the page's script announces to the messenger. Nothing where there are no accounts."""
    if not has_accounts(widget.tenant):
        return {}
    shared = {"has_accounts": True, "customers": CUSTOMERS.values()}
    customer = customer_of(request)
    if customer is None:
        return shared
    own = {"plan": in_language(customer.plan, language), "orders": in_language(customer.orders, language)}
    return {**shared, **own, "customer": customer, "announcement": announcement(customer, widget.tenant)}


def _language(request: HttpRequest) -> str:
    chosen = request.GET.get("lang") or (get_language() or "en")[:2]
    return chosen if chosen in LANGUAGES else "en"


def _widget_of(shop: str) -> Widget | None:
    """The tenant's first widget, or for its second site the second one."""
    slug, place = SHOPS[shop]["widget"]
    widgets = Widget.objects.select_related("tenant").filter(tenant__slug=slug, is_active=True)
    return next(iter(widgets.order_by("created_at", "id")[place : place + 1]), None)
