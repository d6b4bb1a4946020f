"""What the admin shows of identity: refused proofs, merges, and what was signed beside what was only said."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import escape

from curbe.testing.cast import Browser, Company, device_id, proof
from messenger import actions
from messenger.models import Contact, IdentitySecret, ProofFault, VerificationFailure

from .conftest import merge_a_guest, refuse_a_proof
from .test_chat_log import page_of
from .test_pages import inline_parts

LOG = "/admin/messenger/verificationfailure/"
HOSTILE = '"><script>alert(1)</script>'


def listed(client: Client, **query: str) -> list[Any]:
    return list(client.get(LOG, query).context["cl"].result_list)


# The verification log


def test_the_verification_log_is_newest_first_and_says_why(ada: Client, harbor: Company) -> None:
    old, new = refuse_a_proof(harbor, "first"), refuse_a_proof(harbor, "second")
    VerificationFailure.objects.filter(pk=new.pk).update(fault=ProofFault.EXPIRED)
    VerificationFailure.objects.filter(pk=old.pk).update(at=timezone.now() - timedelta(days=1))
    assert [row.pk for row in listed(ada)] == [new.pk, old.pk]
    VerificationFailure.objects.filter(pk=old.pk).update(at=timezone.now() + timedelta(days=1))
    assert [row.pk for row in listed(ada)] == [old.pk, new.pk]
    page = ada.get(LOG).content.decode()
    assert "signed with another secret" in page and "https://first.example/shop" in page
    with translation.override("es"):
        spanish = str(ProofFault.WRONG_SIGNATURE.label)
    ada.cookies["curbe_language"] = "es"
    assert spanish != "signed with another secret" and spanish in ada.get(LOG).content.decode()


@pytest.mark.parametrize("fault", ProofFault)
def test_it_is_filtered_by_reason(ada: Client, harbor: Company, fault: ProofFault) -> None:
    other = ProofFault.MISSING if fault != ProofFault.MISSING else ProofFault.EXPIRED
    wanted, unwanted = refuse_a_proof(harbor, "wanted"), refuse_a_proof(harbor, "unwanted")
    VerificationFailure.objects.filter(pk=wanted.pk).update(fault=fault)
    VerificationFailure.objects.filter(pk=unwanted.pk).update(fault=other)
    assert [row.pk for row in listed(ada, fault__exact=fault)] == [wanted.pk]


def test_its_filters_name_nothing_of_another_tenant(ada: Client, root: Client, canaries: Company) -> None:
    assert canaries.widget.name not in ada.get(LOG).content.decode()
    assert canaries.widget.name in root.get(LOG).content.decode()


def test_what_a_refused_header_claimed_is_only_text(ada: Client, harbor: Company) -> None:
    row = refuse_a_proof(harbor, HOSTILE)
    for page in (LOG, f"{LOG}{row.pk}/change/"):
        response = ada.get(page)
        assert inline_parts(response) == [] and escape(row.kid) in response.content.decode()


def test_a_refusal_at_the_door_is_a_line_of_the_log(ada: Client, harbor: Company) -> None:
    retired, _ = harbor.new_secret()
    token = proof(harbor, "cust-1")
    actions.retire_identity_secret(retired)
    harbor.new_secret()
    body = {"widget_id": str(harbor.widget.id), "device_id": device_id(), "identity": {"token": token}}
    answer = Browser().post("bootstrap", {**body, "page": {"url": "https://shop.example/cart"}})
    assert answer.status_code == 401
    [row] = listed(ada)
    assert (row.fault, row.kid, row.widget) == (ProofFault.UNKNOWN_KID, retired.kid, harbor.widget)
    page = ada.get(LOG).content.decode()
    assert "unknown or retired" in page and retired.kid in page and token not in page


# A person


def section(page: str, title: str) -> str:
    """The text of a fieldset, without its tags."""
    found = re.search(rf"<h2[^>]*>\s*{title}.*?</fieldset>", page, re.DOTALL)
    assert found, title
    return " ".join(re.sub(r"<[^>]*>", " ", found[0]).split())


def test_what_was_signed_stands_apart_from_what_was_said(ada: Client, harbor: Company) -> None:
    contact = merge_a_guest(harbor, "x").into
    Contact.objects.filter(pk=contact.pk).update(
        verified={"name": "Marta Signed", "plan": "gold"}, email="said@mail.example", attributes={"mood": "sunny"}
    )
    page = page_of(ada, contact)
    signed, said = section(page, "Verified"), section(page, "Not verified")
    assert all(text in signed and text not in said for text in ("Marta Signed", "plan", "gold"))
    assert all(text in said and text not in signed for text in ("said@mail.example", "mood", "sunny"))


def test_a_user_names_the_guests_they_were_and_each_guest_the_user(ada: Client, harbor: Company) -> None:
    merge = merge_a_guest(harbor, "x")
    again = Contact.objects.create(tenant=harbor.tenant, merged_into=merge.into)
    to_user = reverse("admin:messenger_contact_change", args=[merge.into_id])
    for guest in (merge.source, again):
        address = reverse("admin:messenger_contact_change", args=[guest.pk])
        assert f'<a href="{address}">{guest.pk}</a>' in page_of(ada, merge.into)
        assert f'<a href="{to_user}">' in page_of(ada, guest)
    stranger = Contact.objects.create(tenant=harbor.tenant)
    assert str(stranger.pk) not in page_of(ada, merge.into)


def test_traits_are_only_text(ada: Client, harbor: Company) -> None:
    merge = merge_a_guest(harbor, HOSTILE)
    hostile = {HOSTILE: HOSTILE}
    Contact.objects.filter(pk=merge.into_id).update(verified=hostile, attributes=hostile)
    for contact in (merge.into, merge.source):
        address = reverse("admin:messenger_contact_change", args=[contact.pk])
        assert inline_parts(ada.get(address)) == []
    assert page_of(ada, merge.into).count(f"<dt>{escape(HOSTILE)}</dt><dd>{escape(HOSTILE)}</dd>") == 2


def test_merges_are_listed_from_guest_to_user(ada: Client, harbor: Company, canaries: Company) -> None:
    merge = merge_a_guest(harbor, "x")
    page = ada.get("/admin/messenger/contactmerge/")
    assert [row.pk for row in page.context["cl"].result_list] == [merge.pk]
    assert "Guest x" in page.content.decode() and "User x" in page.content.decode()
    assert ada.get("/admin/messenger/contactmerge/", {"q": "id of x"}).context["cl"].result_count == 1
    assert ada.get("/admin/messenger/contactmerge/", {"q": "zinc"}).context["cl"].result_count == 0


# Secrets


SECRETS = "/admin/messenger/identitysecret/"


def choose(client: Client, action: str, *chosen: IdentitySecret) -> Any:
    """The page that asks whether one is sure."""
    return client.post(SECRETS, {"action": action, "_selected_action": [str(one.pk) for one in chosen]})


def confirm(client: Client, asked: Any) -> Any:
    """Press the button of that page: post what its form holds."""
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', asked.content.decode())
    sent: dict[str, list[str]] = {}
    for name, value in fields:
        sent.setdefault(name, []).append(value)
    return client.post(SECRETS, sent)


def test_giving_a_secret_up_as_lost_ends_the_sessions_it_proved(ada: Client, harbor: Company) -> None:
    lost, _ = harbor.new_secret()
    theirs = harbor.known("grace", "Hello")
    harbor.new_secret()
    ours = harbor.known("linus", "Hello")
    assert confirm(ada, choose(ada, "give_up", lost)).status_code == 302
    assert theirs.get("history").status_code == 401
    assert ours.get("history").status_code == 200


def test_a_retired_secret_leaves_its_sessions(ada: Client, harbor: Company) -> None:
    secret, _ = harbor.new_secret()
    theirs = harbor.known("grace", "Hello")
    assert confirm(ada, choose(ada, "retire", secret)).status_code == 302
    secret.refresh_from_db()
    assert secret.retired_at is not None and theirs.get("history").status_code == 200


@pytest.mark.parametrize("action", ["retire", "give_up"])
def test_nothing_ends_before_one_is_sure(ada: Client, harbor: Company, action: str) -> None:
    secret, _ = harbor.new_secret()
    theirs = harbor.known("grace", "Hello")
    asked = choose(ada, action, secret)
    assert asked.status_code == 200 and inline_parts(asked) == [] and secret.kid in asked.content.decode()
    secret.refresh_from_db()
    assert secret.retired_at is None and theirs.get("history").status_code == 200


@pytest.mark.parametrize("language", ["en", "es"])
def test_it_says_what_either_does(ada: Client, harbor: Company, language: str) -> None:
    secret, _ = harbor.new_secret()
    ada.cookies["curbe_language"] = language
    retire, lost = (choose(ada, action, secret).content.decode() for action in ("retire", "give_up"))
    stays, ends, sure = {
        "en": ("stay, for up to 7 days", "ends at once", "Yes, retire"),
        "es": ("siguen hasta 7 días", "terminan en el acto", "Sí, retirar"),
    }[language]
    assert stays in retire and ends not in retire and sure in retire
    assert ends in lost and stays not in lost and sure not in lost


@pytest.mark.parametrize("action", ["retire", "give_up"])
def test_it_warns_of_the_last_one(ada: Client, harbor: Company, action: str) -> None:
    first, _ = harbor.new_secret()
    warning = "No secret in use would be left for Harbor"
    assert warning in choose(ada, action, first).content.decode()
    second, _ = harbor.new_secret()
    assert warning not in choose(ada, action, first).content.decode()
    assert warning in choose(ada, action, first, second).content.decode()
    actions.retire_identity_secret(first)
    assert warning not in choose(ada, action, first).content.decode(), "the second one stays"


def test_it_warns_of_the_tenant_that_is_left_without(root: Client, harbor: Company, rival: Company) -> None:
    stays, leaves = harbor.new_secret()[0], rival.new_secret()[0]
    harbor.new_secret()
    page = choose(root, "retire", stays, leaves).content.decode()
    assert f"would be left for {escape(rival.tenant.name)}:" in page


def test_there_is_nothing_to_confirm_about_a_retired_one(ada: Client, harbor: Company) -> None:
    secret, _ = harbor.new_secret()
    actions.retire_identity_secret(secret)
    page = choose(ada, "retire", secret).content.decode()
    assert "is retired already" in page and "is_sure" not in page
    assert "(retired already)" in choose(ada, "give_up", secret).content.decode()


def test_the_guide_promises_no_hour_that_the_sites_own_code_need_not_keep(ada: Client, harbor: Company) -> None:
    secret, _ = harbor.new_secret()
    page = ada.get(f"{SECRETS}{secret.pk}/change/").content.decode()
    assert "An hour later" not in page and "at most 24 hours" in page
