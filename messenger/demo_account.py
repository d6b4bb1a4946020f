"""Signing in at the demo shop. What stands here is what a customer's own back end does: it knows who is signed in by a
cookie of its own, and vouches for them to the messenger with a token that it signs.
"""

from __future__ import annotations

import time

import jwt
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from .demo import credentials
from .demo_customers import CUSTOMERS, Customer
from .models import IdentitySecret, Tenant
from .signing import decrypt

# The tenant whose shop has accounts.
SLUG = "harbor"
TOKEN_LIFE_S = 3600
# Not Django's session: an agent who tries the shop stays signed in to the inbox.
_COOKIE = "curbe_demo_customer"
_SALT = "curbe.demo.account"
_COOKIE_LIFE_S = 7 * 86_400


def customer_of(request: HttpRequest) -> Customer | None:
    """Return who is signed in at the shop in this browser. A cookie that was not signed here is nobody's."""
    known = request.get_signed_cookie(_COOKIE, default=None, salt=_SALT, max_age=_COOKIE_LIFE_S)
    return CUSTOMERS.get(known) if known else None


def remember(response: HttpResponse, customer: Customer | None) -> None:
    """Sign the customer in for a week in this browser, or out."""
    if customer is None:
        response.delete_cookie(_COOKIE, path="/demo/", samesite="Lax")
        return
    response.set_signed_cookie(
        _COOKIE,
        customer.id,
        salt=_SALT,
        max_age=_COOKIE_LIFE_S,
        path="/demo/",
        httponly=True,
        samesite="Lax",
        secure=settings.IS_HTTPS,
    )


def has_accounts(tenant: Tenant) -> bool:
    """Whether this is the company that the demo made, still active, and not somebody's own of the same name: nobody may
    sign in there without a password.
    """
    kid, _ = credentials.identity_secret(SLUG)
    is_its_own = tenant.slug == SLUG and tenant.is_active
    return is_its_own and IdentitySecret.objects.filter(tenant=tenant, kid=kid).exists()


def announcement(customer: Customer, tenant: Tenant) -> dict[str, object]:
    """Return what the page's script says in `Curbe("boot", …)`, and where it gets another token."""
    boot = {"user_id": customer.id, "name": customer.name, "email": customer.email}
    token = token_for(customer, tenant)
    return {"boot": {**boot, "user_jwt": token} if token else boot, "token_url": reverse("demo_account_token")}


def token_for(customer: Customer, tenant: Tenant) -> str | None:
    """Return a JWT for one hour, signed with the tenant's newest live secret; None when there is none to sign with."""
    for row in IdentitySecret.objects.filter(tenant=tenant, retired_at=None).order_by("-id"):
        try:
            secret = decrypt(bytes(row.ciphertext))
        except InvalidToken:
            continue  # Handled: encrypted under a former SECRET_KEY, so it is of no use to anybody.
        claims = {
            "user_id": customer.id,
            "email": customer.email,
            "name": customer.name,
            "attributes": customer.attributes,
            "aud": str(tenant.id),
            "exp": int(time.time()) + TOKEN_LIFE_S,
        }
        return jwt.encode(claims, secret, algorithm="HS256", headers={"kid": row.kid})
    return None


@require_safe
@cache_control(no_store=True)
def token(request: HttpRequest) -> HttpResponse:
    """A fresh token for whoever is signed in, and who that is: `{"user_id", "token"}`, or 204 for nobody. The token is
    null while there is no secret to sign with.
    """
    customer = customer_of(request)
    tenant = Tenant.objects.filter(slug=SLUG).first()
    if not (customer and tenant and has_accounts(tenant)):
        return HttpResponse(status=204)
    return JsonResponse({"user_id": customer.id, "token": token_for(customer, tenant)})
