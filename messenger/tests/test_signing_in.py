"""Signing in: upgrade in place, the two slots of a browser, the sessions of a user, signed and said traits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from curbe.testing.cast import Browser, proof, sign_in
from curbe.testing.ledger import assert_streams_have_no_holes, told_to
from messenger.models import (
    Contact,
    ContactMerge,
    Device,
    Event,
    Stream,
    VisitorToken,
)

pytestmark = pytest.mark.django_db


def device_of(browser):
    return Device.objects.get(id=browser.visitor.device.id)


# Nobody known yet: upgrade in place


def test_an_unknown_user_with_a_guest_is_that_guest_from_now_on(harbor, guest, chat):
    before = guest.contact
    stream = Stream.objects.get(contact=before)
    snapshot = sign_in(guest, harbor, name="Grace", email="grace@example.com")
    after = guest.contact
    assert after.id == before.id
    assert (after.type, after.external_id) == ("user", "grace")
    assert after.verified == {"name": "Grace", "email": "grace@example.com"}
    assert Stream.objects.get(contact=after).epoch == stream.epoch
    assert snapshot["contact"]["id"] == chat["contact"]["id"]
    assert [one["id"] for one in snapshot["conversations"]] == [chat["conversation"]["id"]]
    assert snapshot["merged_from"] == []
    assert (Contact.objects.count(), ContactMerge.objects.count()) == (1, 0)


def test_the_upgrade_empties_the_slot_and_is_told_to_both_sides(harbor, guest, chat):
    heads = Stream.objects.get(contact=guest.contact).head_seq, Stream.objects.get(contact=None).head_seq
    sign_in(guest, harbor)
    device = device_of(guest)
    assert (device.contact_id, device.user_id) == (None, guest.contact.id)
    assert told_to(Stream.objects.get(contact=guest.contact), after=heads[0]) == ["contact.updated"]
    assert told_to(Stream.objects.get(contact=None), after=heads[1]) == ["contact.updated"]
    assert_streams_have_no_holes()


def test_an_unknown_user_without_a_guest_is_created(harbor, guest, desk):
    snapshot = sign_in(guest, harbor)
    assert (snapshot["contact"]["type"], snapshot["conversations"]) == ("user", [])
    assert snapshot["cursor"]
    assert Contact.objects.get().external_id == "grace"
    assert device_of(guest).user_id == guest.contact.id
    assert desk.get("threads").json()["people"] == 0, "somebody who said nothing is not in the chat log"
    assert guest.start("Hello")["contact"]["type"] == "user"


def test_a_known_user_without_a_guest_is_just_signed_in(harbor, grace, guest):
    snapshot = sign_in(guest, harbor)
    assert snapshot["contact"]["id"] == str(grace.contact.id)
    assert guest.texts() == ["From my other computer", "Noted"]
    assert ContactMerge.objects.count() == 0
    assert Contact.objects.count() == 1


# Two slots, several people


def test_a_device_has_two_slots(harbor, guest, chat):
    sign_in(guest, harbor)
    signed_out = guest.tab()
    signed_out.boot()
    signed_out.start("Nobody is signed in")
    device = device_of(guest)
    assert (device.contact_id, device.user_id) == (signed_out.contact.id, guest.contact.id)
    assert (guest.texts(), signed_out.texts()) == (["Hello, is anybody there?"], ["Nobody is signed in"])
    # Signing in again takes along what was said meanwhile.
    sign_in(signed_out, harbor)
    assert signed_out.texts() == ["Hello, is anybody there?", "Nobody is signed in"]
    assert ContactMerge.objects.count() == 1
    device.refresh_from_db()
    assert (device.contact_id, device.user_id) == (None, guest.contact.id)


@pytest.mark.parametrize("signs_out", [True, False])
def test_a_then_b_then_a_shows_each_their_own(harbor, guest, chat, signs_out):
    said = {"grace": ["Hello, is anybody there?"], "heidi": []}
    for turn, user_id in enumerate(("grace", "heidi", "grace", "heidi")):
        sign_in(guest, harbor, user_id)
        assert guest.contact.external_id == user_id
        assert guest.texts() == said[user_id]
        text = f"{user_id} in turn {turn}"
        guest.start(text)
        said[user_id].append(text)
        if signs_out:
            assert guest.post("shutdown").status_code == 204
            assert guest.boot()["contact"] is None
    assert ContactMerge.objects.count() == 0
    assert Contact.objects.count() == 2
    for user_id, texts in said.items():
        assert harbor.known(user_id).texts() == texts


def test_two_users_never_merge(harbor):
    grace, heidi = harbor.known("grace", "Grace's"), harbor.known("heidi", "Heidi's")
    same = {"email": "shared@example.com", "phone": "+34 600 000 000", "name": "Sam"}
    for browser, user_id in ((grace, "heidi"), (heidi, "grace"), (grace, "grace"), (heidi, "heidi")):
        sign_in(browser, harbor, user_id, **same)
    assert (grace.texts(), heidi.texts()) == (["Grace's"], ["Heidi's"])
    assert ContactMerge.objects.count() == 0
    assert Contact.objects.filter(merged_into=None, type="user").count() == 2


def test_two_tabs_that_prove_the_same_user_leave_each_other_alone(harbor, grace):
    first, second, third = (Browser(widget=harbor.widget, device=grace.device) for _ in range(3))
    first.boot(identity={"token": proof(harbor, "grace")})
    second.boot(identity={"token": proof(harbor, "grace")})
    third.boot()
    sign_in(third, harbor)
    for tab in (grace, first, second, third):
        assert tab.texts() == ["From my other computer", "Noted"]


# Sessions of a user


def set_token(browser, **values):
    VisitorToken.objects.filter(id=browser.visitor.token.id).update(**values)


def expiry_of(browser):
    return VisitorToken.objects.get(id=browser.visitor.token.id).expires_at


def hours(n):
    return timedelta(hours=n)


def nearly(when, expected):
    return abs((when - expected).total_seconds()) < 60


def test_a_live_verified_session_resumes_without_a_proof(harbor, grace):
    for announced in ({}, {"identity": None}, {"identity": {"user_id": "grace"}}):
        snapshot = grace.reload(**announced)
        assert snapshot["contact"]["id"] == str(grace.contact.id)
        assert snapshot["session_token"] == grace.bearer
        assert grace.texts() == ["From my other computer", "Noted"]


def test_a_page_that_announces_somebody_else_needs_a_proof_of_them(harbor, grace):
    refused = grace.load(identity={"user_id": "heidi"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (401, "identity_proof_required")
    assert grace.texts() == ["From my other computer", "Noted"]
    assert grace.load(identity={"token": proof(harbor, "heidi")}).status_code == 200
    assert grace.contact.external_id == "heidi"


def test_a_page_that_announces_a_user_to_a_guests_session_needs_a_proof(harbor, guest, chat):
    refused = guest.load(identity={"user_id": "grace"})
    assert refused.status_code == 401
    assert guest.texts() == ["Hello, is anybody there?"]


def test_a_session_of_a_user_slides_by_12_hours(harbor, grace):
    assert nearly(expiry_of(grace), timezone.now() + hours(12))
    set_token(grace, expires_at=timezone.now() + hours(2))
    assert grace.get("history").status_code == 200
    assert nearly(expiry_of(grace), timezone.now() + hours(12))
    set_token(grace, expires_at=timezone.now() - hours(0.01))
    refused = grace.get("history")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (401, "session_expired")


def test_but_lives_at_most_7_days_from_the_proof(harbor, grace):
    proven_at = timezone.now() - hours(7 * 24 - 3)
    set_token(grace, proven_at=proven_at, expires_at=timezone.now() + hours(1))
    assert grace.get("history").status_code == 200
    assert expiry_of(grace) <= proven_at + hours(7 * 24)
    set_token(grace, expires_at=proven_at + hours(7 * 24 - 2))
    assert grace.get("history").status_code == 200
    assert expiry_of(grace) <= proven_at + hours(7 * 24)
    # Resuming is no new proof.
    grace.reload()
    assert expiry_of(grace) <= proven_at + hours(7 * 24)
    assert VisitorToken.objects.get(id=grace.visitor.token.id).proven_at == proven_at
    # Another proof is.
    renewed = Browser(widget=harbor.widget, device=grace.device)
    renewed.boot(identity={"token": proof(harbor, "grace")})
    assert nearly(expiry_of(renewed), timezone.now() + hours(12))


def test_a_session_that_ran_out_resumes_nothing(harbor, grace):
    set_token(grace, expires_at=timezone.now() - hours(0.1))
    refused = grace.get("history")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (401, "session_expired")
    refused = grace.load(identity={"user_id": "grace"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (401, "identity_proof_required")
    assert grace.reload()["contact"] is None


# Traits


def test_signed_and_said_traits_are_kept_and_shown_apart(harbor, guest, chat, desk):
    said = {"name": "Gracie", "email": "said@example.com", "phone": "+34 600 000 000"}
    guest.post("profile", {**said, "attributes": {"shirt": "M"}})
    assert guest.contact.type == "lead"
    sign_in(guest, harbor, email="signed@example.com", attributes={"plan": "gold"})
    contact = guest.contact
    assert contact.verified == {"email": "signed@example.com", "plan": "gold"}
    assert (contact.name, contact.email, contact.phone) == tuple(said.values())
    assert contact.attributes == {"shirt": "M"}
    shown = desk.get(f"threads/{contact.id}").json()["contact"]
    assert shown["verified"] == {"email": "signed@example.com", "plan": "gold"}
    assert shown["unverified"] == {**said, "shirt": "M"}
    assert (shown["email"], shown["name"]) == ("signed@example.com", "Gracie"), "signed traits go first"
    # What a user says later is still only said.
    guest.post("profile", {"email": "later@example.com"})
    assert guest.contact.verified["email"] == "signed@example.com"


def test_a_guests_traits_do_not_become_the_users_signed_ones(harbor, grace, guest, chat):
    guest.post("profile", {"name": "Impostor", "email": "impostor@example.com"})
    sign_in(guest, harbor)
    assert guest.contact.verified == {"name": "Grace", "email": "grace@example.com"}
    assert guest.snapshot["contact"]["name"] == "Grace"


def test_a_newer_proof_replaces_signed_traits_and_null_clears(harbor, grace):
    sign_in(grace, harbor, name="Grace Hopper", email=None)
    assert grace.contact.verified == {"name": "Grace Hopper"}
    sign_in(grace, harbor)
    assert grace.contact.verified == {"name": "Grace Hopper"}, "a token that says nothing of it changes nothing"


def test_proving_the_same_again_is_no_event(harbor, grace):
    before = Event.objects.count()
    sign_in(grace, harbor, name="Grace", email="grace@example.com")
    assert Event.objects.count() == before
    sign_in(grace, harbor, name="Grace Hopper")
    assert Event.objects.count() == before + 2, "the control: a change is told to both sides"


def test_anonymous_becomes_lead_becomes_user(harbor, guest, chat):
    seen = [guest.contact.type]
    guest.post("profile", {"email": "grace@example.com"})
    seen.append(guest.contact.type)
    sign_in(guest, harbor)
    seen.append(guest.contact.type)
    assert seen == ["anonymous", "lead", "user"]
    assert Contact.objects.count() == 1


def test_traits_beside_a_token_are_only_said(harbor, guest, chat):
    answer = guest.identify(proof(harbor, "grace", name="Signed"), name="Said", email="said@example.com")
    assert answer.status_code == 200
    assert guest.contact.verified == {"name": "Signed"}
    assert guest.contact.email == "said@example.com"


# user_hash


@pytest.fixture
def hashing(harbor):
    from curbe.testing.forgery import user_hash

    harbor.tenant.accepts_user_hash = True
    harbor.tenant.save()
    secret = harbor.signs_with()[1]
    return lambda user_id, **traits: {"user_id": user_id, "user_hash": user_hash(secret, str(user_id)), **traits}


def test_a_hash_proves_the_user_and_none_of_the_traits(harbor, guest, chat, hashing):
    answer = guest.identify(**hashing("grace", name="Grace", email="grace@example.com"))
    assert answer.status_code == 200
    contact = guest.contact
    assert (contact.type, contact.external_id, contact.verified) == ("user", "grace", {})
    assert (contact.name, contact.email) == ("Grace", "grace@example.com")
    assert str(contact.id) == chat["contact"]["id"]


def test_a_hash_merges_like_a_token(harbor, grace, guest, chat, hashing):
    assert guest.identify(**hashing("grace")).json()["contact"]["id"] == str(grace.contact.id)
    assert ContactMerge.objects.count() == 1
    assert guest.contact.verified == {"name": "Grace", "email": "grace@example.com"}, "it takes nothing signed away"


def test_with_both_given_the_token_decides(harbor, guest, hashing):
    token = proof(harbor, "grace")
    for wrong in ({"user_id": "grace", "user_hash": "0" * 64}, hashing("heidi")):
        browser = harbor.browser()
        assert browser.identify(token, **wrong).status_code == 200
        assert browser.contact.external_id == "grace"
    refused = guest.identify("no.token.atall", **hashing("grace"))
    assert refused.status_code == 401
