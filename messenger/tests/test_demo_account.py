"""Signing in at the demo shop: it vouches for its customers as a customer's back end does, and for nobody else."""

from __future__ import annotations

import json
import re
import time
from http.cookies import Morsel
from typing import Any

import jwt
import pytest
from django.core import signing as django_signing
from django.test import Client, override_settings
from django.urls import reverse

from curbe.testing.cast import Browser, Company
from messenger import actions
from messenger.demo import credentials
from messenger.demo_customers import CUSTOMERS
from messenger.models import IdentitySecret, Tenant

pytestmark = pytest.mark.django_db
ACCOUNT, TOKEN = "/demo/account/", "/demo/account/token"
HARBORS = ("/demo/", "/demo/second/", ACCOUNT)
CLARA, DIEGO = CUSTOMERS.values()


@pytest.fixture
def secret(harbor: Company) -> str:
    """Harbor as the demo makes it, with the demo's own secret."""
    kid, secret = credentials.identity_secret("harbor")
    actions.create_identity_secret(tenant=harbor.tenant, kid=kid, secret=secret)
    return secret


@pytest.fixture
def shopper(secret: str) -> Client:
    """Somebody at Harbor's shop. CSRF is enforced, as for everybody."""
    return Client(enforce_csrf_checks=True)


def post(client: Client, customer: str, **query: str) -> Any:
    page = client.get(ACCOUNT, query).content.decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found
    address = f"{ACCOUNT}?lang={query['lang']}" if query else ACCOUNT
    return client.post(address, {"customer": customer, "csrfmiddlewaretoken": found[1]})


def announced(response: Any) -> dict[str, Any] | None:
    """What the page's script is given to say of who is signed in."""
    block = r'<script id="signed-in" type="application/json">(.*?)</script>'
    found = re.search(block, response.content.decode(), re.DOTALL)
    settings: dict[str, Any] | None = json.loads(found[1]) if found else None
    return settings


def cookie_of(client: Client) -> Morsel[str]:
    return client.cookies["curbe_demo_customer"]


# Who is signed in


def test_signing_in_leads_back_to_the_page(shopper: Client) -> None:
    assert announced(shopper.get(ACCOUNT)) is None
    answer = post(shopper, CLARA.id, lang="es")
    assert (answer.status_code, answer["Location"]) == (302, f"{ACCOUNT}?lang=es")
    page = shopper.get(answer["Location"]).content.decode()
    assert "Hola, Clara" in page and "Tetera Calma" in page


@pytest.mark.parametrize("path", HARBORS)
def test_every_page_of_the_shop_announces_the_customer(shopper: Client, path: str) -> None:
    post(shopper, CLARA.id)
    settings = announced(shopper.get(path))
    assert settings is not None and settings["token_url"] == TOKEN
    boot = settings["boot"]
    assert {**boot, "user_jwt": ""} == {
        "user_id": "cust-1001",
        "name": "Clara Whitlock",
        "email": CLARA.email,
        "user_jwt": "",
    }


def test_one_can_switch_and_sign_out(shopper: Client) -> None:
    post(shopper, CLARA.id)
    post(shopper, DIEGO.id)
    page = shopper.get(ACCOUNT)
    settings = announced(page)
    assert settings is not None and settings["boot"]["user_id"] == DIEGO.id
    assert CLARA.email not in page.content.decode()
    post(shopper, "")
    assert announced(shopper.get(ACCOUNT)) is None and shopper.get(TOKEN).status_code == 204


def test_the_form_that_signs_out_tells_the_script(shopper: Client) -> None:
    post(shopper, CLARA.id)
    forms = re.findall(r"<form[^>]*>.*?</form>", shopper.get(ACCOUNT).content.decode(), re.DOTALL)
    assert [("data-signs-out" in form) for form in forms if 'value=""' in form] == [True]
    assert sum("data-signs-out" in form for form in forms) == 1 and len(forms) == 2


def test_nobody_signs_in_as_a_customer_that_there_is_not(shopper: Client) -> None:
    assert post(shopper, "cust-9999").status_code == 400
    assert announced(shopper.get(ACCOUNT)) is None


def test_a_form_from_elsewhere_signs_nobody_in(shopper: Client) -> None:
    assert shopper.post(ACCOUNT, {"customer": CLARA.id}).status_code == 403
    assert announced(shopper.get(ACCOUNT)) is None
    assert post(shopper, CLARA.id).status_code == 302


def test_the_cookie_is_the_shops_own_and_signed(shopper: Client) -> None:
    post(shopper, CLARA.id)
    cookie = cookie_of(shopper)
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/demo/")
    assert not cookie["secure"]
    with override_settings(IS_HTTPS=True):
        post(shopper, DIEGO.id)
    assert cookie_of(shopper)["secure"] is True


@pytest.mark.parametrize("forge", ["other customer", "unsigned", "other purpose", "other key"])
def test_nobody_else_writes_the_cookie(shopper: Client, forge: str) -> None:
    post(shopper, CLARA.id)
    genuine = cookie_of(shopper).value
    forged = {
        "other customer": genuine.replace(CLARA.id, DIEGO.id),
        "unsigned": DIEGO.id,
        "other purpose": django_signing.get_cookie_signer(salt="somebody else").sign(DIEGO.id),
        "other key": django_signing.TimestampSigner(key="x" * 50, salt="curbe_demo_customer").sign(DIEGO.id),
    }[forge]
    shopper.cookies["curbe_demo_customer"] = forged
    assert announced(shopper.get("/demo/")) is None and shopper.get(TOKEN).status_code == 204
    shopper.cookies["curbe_demo_customer"] = genuine
    assert shopper.get(TOKEN).status_code == 200


def test_an_agent_stays_signed_in(harbor: Company, shopper: Client) -> None:
    shopper.force_login(harbor.ada.user)
    session = shopper.cookies["sessionid"].value
    for customer in (CLARA.id, DIEGO.id, ""):
        post(shopper, customer)
        shopper.get("/demo/")
        assert shopper.cookies["sessionid"].value == session
        assert shopper.get("/inbox/").status_code == 200


# What it signs


def test_its_token_says_who_it_is_for_an_hour(harbor: Company, shopper: Client, secret: str) -> None:
    post(shopper, CLARA.id)
    token = shopper.get(TOKEN).json()["token"]
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["kid"]) == ("HS256", credentials.identity_secret("harbor")[0])
    claims = jwt.decode(token, secret, algorithms=["HS256"], audience=str(harbor.tenant.id))
    assert 0 < claims.pop("exp") - time.time() <= 3600
    assert claims == {
        "user_id": "cust-1001",
        "email": CLARA.email,
        "name": "Clara Whitlock",
        "attributes": {"plan": "Hearth club", "orders": 3},
        "aud": str(harbor.tenant.id),
    }
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, credentials.identity_secret("rival")[1], algorithms=["HS256"], audience=claims["aud"])


def test_the_messenger_accepts_what_the_page_announces(harbor: Company, shopper: Client) -> None:
    for customer in (CLARA, DIEGO):
        post(shopper, customer.id)
        settings = announced(shopper.get("/demo/"))
        assert settings is not None
        visitor = Browser(widget=harbor.widget)
        visitor.boot(identity={"token": settings["boot"]["user_jwt"]})
        assert visitor.contact.external_id == customer.id
        assert visitor.contact.verified == {"name": customer.name, "email": customer.email, **customer.attributes}


def test_it_signs_with_the_newest_secret_that_is_accepted(harbor: Company, shopper: Client) -> None:
    post(shopper, CLARA.id)
    second, _ = actions.create_identity_secret(tenant=harbor.tenant)
    assert jwt.get_unverified_header(shopper.get(TOKEN).json()["token"])["kid"] == second.kid
    actions.retire_identity_secret(second)
    assert jwt.get_unverified_header(shopper.get(TOKEN).json()["token"])["kid"] != second.kid


def test_a_secret_that_cannot_be_read_any_more_is_passed_over(harbor: Company, shopper: Client) -> None:
    post(shopper, CLARA.id)
    stale, _ = actions.create_identity_secret(tenant=harbor.tenant)
    IdentitySecret.objects.filter(pk=stale.pk).update(ciphertext=b"of another key")
    assert jwt.get_unverified_header(shopper.get(TOKEN).json()["token"])["kid"] != stale.kid


def test_without_a_secret_the_page_says_so_and_proves_nothing(harbor: Company, shopper: Client) -> None:
    post(shopper, CLARA.id)
    for row in IdentitySecret.objects.filter(tenant=harbor.tenant):
        actions.retire_identity_secret(row)
    page = shopper.get(ACCOUNT)
    settings = announced(page)
    assert settings is not None and "user_jwt" not in settings["boot"]
    assert "no identity secret" in page.content.decode()
    assert shopper.get(TOKEN).json() == {"user_id": CLARA.id, "token": None}


def test_a_token_comes_with_whom_it_is_for(shopper: Client) -> None:
    """A page that was rendered for somebody else can tell without reading tokens."""
    for customer in (CLARA, DIEGO):
        post(shopper, customer.id)
        answer = shopper.get(TOKEN).json()
        claims = jwt.decode(answer["token"], options={"verify_signature": False})
        assert answer["user_id"] == claims["user_id"] == customer.id


def test_nobody_gets_no_token(shopper: Client) -> None:
    answer = shopper.get(TOKEN)
    assert (answer.status_code, answer.content) == (204, b"")
    assert shopper.post(TOKEN).status_code in (403, 405)


def test_a_token_is_never_kept(shopper: Client) -> None:
    assert "no-store" in shopper.get(TOKEN)["Cache-Control"]
    assert "no-store" not in shopper.get("/demo/").get("Cache-Control", "")
    post(shopper, CLARA.id)
    for path in (*HARBORS, TOKEN):
        assert "no-store" in shopper.get(path)["Cache-Control"], path
    assert "Cookie" in shopper.get("/demo/")["Vary"]


# Where it does not


def test_the_rivals_shop_knows_none_of_them(shopper: Client, rival: Company) -> None:
    kid, secret = credentials.identity_secret("rival")
    actions.create_identity_secret(tenant=rival.tenant, kid=kid, secret=secret)
    post(shopper, CLARA.id)
    page = shopper.get("/demo/rival/")
    assert page.status_code == 200 and announced(page) is None
    assert not any(text in page.content.decode() for text in ("cust-1001", CLARA.first_name, CLARA.email, ACCOUNT))
    assert "form-action 'none'" in page["Content-Security-Policy"]


def test_a_company_that_only_has_the_name_has_no_accounts(harbor: Company, shopper: Client) -> None:
    """Signing in asks for no password, so it must not be possible at anybody's real company."""
    post(shopper, CLARA.id)
    IdentitySecret.objects.filter(tenant=harbor.tenant).update(kid="0a1b2c3d")
    assert shopper.get(ACCOUNT).status_code == 404 and shopper.get(TOKEN).status_code == 204
    page = shopper.get("/demo/")
    assert page.status_code == 200 and announced(page) is None and ACCOUNT not in page.content.decode()
    assert shopper.post(ACCOUNT, {"customer": CLARA.id}).status_code in (403, 404)


def test_a_company_that_is_switched_off_has_no_accounts(harbor: Company, shopper: Client) -> None:
    post(shopper, CLARA.id)
    Tenant.objects.filter(pk=harbor.tenant.pk).update(is_active=False)
    assert announced(shopper.get("/demo/")) is None and shopper.get(TOKEN).status_code == 204


def test_without_demo_data_it_says_how_to_make_some(client: Client) -> None:
    answer = client.get(ACCOUNT)
    assert answer.status_code == 404 and "manage.py demo" in answer.content.decode()
    assert client.get(TOKEN).status_code == 204


# The page


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("signed_in", [False, True])
def test_its_policy_allows_the_form_and_the_fetch_and_nothing_inline(
    shopper: Client, language: str, signed_in: bool
) -> None:
    if signed_in:
        post(shopper, CLARA.id)
    for path in HARBORS:
        response = shopper.get(path, {"lang": language})
        directives = set(response["Content-Security-Policy"].split("; "))
        assert {"connect-src 'self'", "form-action 'self'", "script-src 'self'", "default-src 'none'"} <= directives
        html = response.content.decode()
        assert f'href="{reverse("demo_account")}?lang={language}"' in html
        data = r'<script id="signed-in" type="application/json">.*?</script>'
        assert not re.search(r"<style|\s(style|on\w+)=|<script[^>]*>[^<]", re.sub(data, "", html))
        # Who is signed in is said before the messenger is there.
        assert html.index("demo/shop") < html.index("/widget/")
