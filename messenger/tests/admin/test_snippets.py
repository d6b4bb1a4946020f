"""The code a tenant pastes into its server: on the secret's page, with its key id, and it signs what is accepted."""

from __future__ import annotations

import hashlib
import hmac
import html
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import jwt
import pytest
from django.test import Client
from django.urls import reverse

from curbe.testing.cast import Browser, Company
from curbe.testing.npm import node
from messenger import actions
from messenger.admin.snippets import VARIABLE
from messenger.models import IdentitySecret
from messenger.signing import decrypt

from .test_pages import inline_parts
from .test_settings import add

LANGUAGES = ["python", "node", "php", "ruby"]


@dataclass
class Page:
    """A secret's page: its row, its secret, and the code on it by id."""

    row: IdentitySecret
    secret: str
    html: str

    @property
    def code(self) -> dict[str, str]:
        found = re.findall(r'<pre class="snippet" id="([\w-]+)"[^>]*><code>(.*?)</code></pre>', self.html, re.DOTALL)
        return {name: html.unescape(code) for name, code in found}


def open_page(client: Client, row: IdentitySecret) -> Page:
    address = reverse("admin:messenger_identitysecret_change", args=[row.pk])
    return Page(row, decrypt(bytes(row.ciphertext)), client.get(address).content.decode())


@pytest.fixture
def page(ada: Client, harbor: Company) -> Page:
    harbor.tenant.accepts_user_hash = True
    harbor.tenant.save()
    row, _ = actions.create_identity_secret(tenant=harbor.tenant)
    return open_page(ada, row)


def printed(command: list[str | Path], secret: str) -> str:
    environment = {VARIABLE: secret, "PATH": ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


# What they sign


def test_the_python_code_signs_a_token_that_is_accepted(page: Page, harbor: Company) -> None:
    code = page.code["python"] + '\n\nprint(curbe_token(1001, "marta@mail.example", "Marta Soler"))\n'
    token = printed([sys.executable, "-c", code], page.secret)
    assert jwt.get_unverified_header(token)["kid"] == page.row.kid
    claims = jwt.decode(token, page.secret, algorithms=["HS256"], audience=str(harbor.tenant.id))
    assert claims | {"exp": 0} == {
        "user_id": "1001",
        "email": "marta@mail.example",
        "name": "Marta Soler",
        "aud": str(harbor.tenant.id),
        "exp": 0,
    }
    assert time.time() < claims["exp"] <= time.time() + 3600
    user = Browser(widget=harbor.widget)
    user.boot(identity={"token": token})
    assert (user.contact.external_id, user.contact.verified["name"]) == ("1001", "Marta Soler")


@pytest.mark.parametrize("language", ["python", "node"])
def test_the_older_code_makes_the_hash_of_the_user_id(page: Page, harbor: Company, language: str) -> None:
    code = page.code[f"{language}-hash"]
    if language == "python":
        made = printed([sys.executable, "-c", code + "\nprint(curbe_user_hash(1001))\n"], page.secret)
    else:
        made = printed([node(), "-e", code + "\nconsole.log(curbeUserHash(1001));\n"], page.secret)
    assert made == hmac.new(page.secret.encode(), b"1001", hashlib.sha256).hexdigest()
    user = Browser(widget=harbor.widget)
    user.boot(identity={"user_id": "1001", "user_hash": made})
    assert user.contact.external_id == "1001"


def test_the_code_for_node_is_javascript(page: Page, tmp_path: Path) -> None:
    for name, code in (("node", page.code["node"]), ("broken", page.code["node"] + "}")):
        file = tmp_path / f"{name}.cjs"
        file.write_text(code)
        done = subprocess.run([node(), "--check", file], capture_output=True, check=False, timeout=60)
        assert (done.returncode == 0) is (name == "node"), done.stderr


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_signs_the_same(page: Page, harbor: Company, language: str) -> None:
    code = page.code[language]
    for said in (page.row.kid, str(harbor.tenant.id), VARIABLE, "HS256", "user_id", "email", "name", "3600"):
        assert said in code, said
    assert VARIABLE in page.code[f"{language}-hash"]


# Where they stand


def test_the_page_never_holds_the_secret(page: Page) -> None:
    assert page.row.kid in page.html
    assert page.secret not in page.html and "cis_" not in page.html


def test_right_after_it_was_made_the_secret_stands_above_its_code(ada: Client, harbor: Company) -> None:
    text = add(ada, "identitysecret")
    row = IdentitySecret.objects.get()
    shown = Page(row, decrypt(bytes(row.ciphertext)), text)
    assert text.count(shown.secret) == 1 and text.index(shown.secret) < text.index('<pre class="snippet"')
    assert row.kid in shown.code["python"]
    assert all(shown.secret not in code for code in shown.code.values())


def test_the_hash_is_offered_to_those_who_accept_it(ada: Client, page: Page, harbor: Company) -> None:
    assert {f"{language}-hash" for language in LANGUAGES} < set(page.code)
    harbor.tenant.accepts_user_hash = False
    harbor.tenant.save()
    assert set(open_page(ada, page.row).code) == {*LANGUAGES, "boot"}


def test_the_page_call_names_a_widget_of_the_tenant(page: Page, harbor: Company, rival: Company) -> None:
    assert f'/widget/{harbor.widget.id}.js"' in page.code["boot"]
    assert 'Curbe("boot", {' in page.code["boot"] and "user_jwt" in page.code["boot"]
    assert "user_hash" in page.code["boot-hash"] and "user_jwt" not in page.code["boot-hash"]


def test_it_says_which_secrets_are_accepted(ada: Client, page: Page, harbor: Company, rival: Company) -> None:
    second, _ = actions.create_identity_secret(tenant=harbor.tenant)
    others, _ = actions.create_identity_secret(tenant=rival.tenant)
    live = re.findall(r"<li>(?:<strong>|<a [^>]*>)(\w+)<", open_page(ada, second).html)
    assert live == [page.row.kid, second.kid]
    actions.retire_identity_secret(page.row)
    assert re.findall(r"<li>(?:<strong>|<a [^>]*>)(\w+)<", open_page(ada, second).html) == [second.kid]
    retired = open_page(ada, page.row)
    assert retired.code == {} and second.kid in retired.html and others.kid not in retired.html


def test_its_page_obeys_the_strict_policy(ada: Client, page: Page) -> None:
    address = reverse("admin:messenger_identitysecret_change", args=[page.row.pk])
    response = ada.get(address)
    assert inline_parts(response) == []
    assert "admin_curbe/copy" in response.content.decode()


# A third one


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_third_secret_is_refused_on_the_form(ada: Client, harbor: Company, language: str) -> None:
    for _ in range(2):
        actions.create_identity_secret(tenant=harbor.tenant)
    ada.cookies["curbe_language"] = language
    response = ada.post(reverse("admin:messenger_identitysecret_add"), {})
    assert response.status_code == 200
    refusal = {"en": "Retire one of them first", "es": "Retira antes uno"}[language]
    assert refusal in response.content.decode()
    assert IdentitySecret.objects.count() == 2


def test_a_third_secret_that_the_form_let_through_is_refused_too(
    ada: Client, harbor: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another admin was faster: what `create_identity_secret` raises is told on the page."""
    monkeypatch.setattr("messenger.admin.keys.IdentitySecretForm.clean", lambda form: form.cleaned_data)
    for _ in range(2):
        actions.create_identity_secret(tenant=harbor.tenant)
    assert "Retire one of them first" in add(ada, "identitysecret")
    assert IdentitySecret.objects.count() == 2
    actions.retire_identity_secret(IdentitySecret.objects.earliest("id"))
    assert "cis_" in add(ada, "identitysecret")
