"""People are exported, blocked and erased from the administration, too: by its admins, and nobody else's."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from curbe.testing.cast import Browser, Company, sign_in
from curbe.testing.ledger import places_of
from messenger.admin import deeds
from messenger.models import AuditEntry, Contact

LOG = reverse("admin:messenger_contact_changelist")


def choose(client: Client, action: str, *people: Contact, follow: bool = False, **more: str) -> Any:
    chosen = {"action": action, "_selected_action": [str(one.pk) for one in people], **more}
    return client.post(LOG, chosen, follow=follow)


def by_whom(action: str) -> list[Any]:
    return list(AuditEntry.objects.filter(action=action).values_list("actor_kind", "actor_id"))


def test_a_person_is_erased_once_one_is_sure(ada: Client, harbor: Company, told: Browser) -> None:
    contact = told.contact
    asked = choose(ada, "erase", contact)
    assert contact.display_name in asked.content.decode()
    assert Contact.objects.get(pk=contact.pk).erased_at is None
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', asked.content.decode()))
    assert ada.post(LOG, fields).status_code == 302
    assert Contact.objects.get(pk=contact.pk).erased_at
    assert by_whom("contact_erased") == [("agent", harbor.ada.pk)]


def test_a_person_is_blocked_and_let_in_again(ada: Client, harbor: Company, told: Browser) -> None:
    for action, blocked in (("block", True), ("block", True), ("unblock", False)):
        assert choose(ada, action, told.contact).status_code == 302
        assert told.contact.blocked is blocked
    assert by_whom("contact_blocked") == by_whom("contact_unblocked") == [("agent", harbor.ada.pk)]


def test_one_person_at_a_time_is_exported(ada: Client, root: Client, harbor: Company, told: Browser) -> None:
    other = harbor.browser()
    other.start("Somebody else")
    assert choose(ada, "export", told.contact, other.contact).status_code == 302
    assert by_whom("contact_exported") == []
    for client in (ada, root):
        answer = choose(client, "export", told.contact)
        archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
        assert str(told.contact.pk) in archive.read("contact.json").decode()
    assert sorted(kind for kind, _ in by_whom("contact_exported")) == ["agent", "user"]


@pytest.mark.parametrize("action", ["block", "unblock", "erase"])
def test_too_many_people_at_once_are_left_as_they_are(
    ada: Client, harbor: Company, told: Browser, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    harbor.browser().start("Somebody else")
    Contact.objects.filter(tenant=harbor.tenant).update(blocked=action == "unblock")
    done = f"contact_{action.removesuffix('e')}ed"
    monkeypatch.setattr(deeds, "MOST_AT_ONCE", 1)
    refused = choose(ada, action, told.contact, select_across="1", is_sure="yes")
    assert [str(said) for said in get_messages(refused.wsgi_request)] == ["Choose at most 1 people at once."]
    assert by_whom(done) == []
    monkeypatch.setattr(deeds, "MOST_AT_ONCE", 2)
    choose(ada, action, told.contact, select_across="1", is_sure="yes")
    assert len(by_whom(done)) == 2  # The control: as many as may be.


def test_s61_no_name_is_kept_in_the_administrations_own_log(ada: Client, told: Browser) -> None:
    contact = told.contact
    assert ("messenger_contact", "name") in places_of(contact.display_name)  # The control.
    for action in ("export", "block", "unblock", "erase"):
        choose(ada, action, contact, is_sure="yes")
        assert ("django_admin_log", "object_repr") not in places_of(contact.display_name), action
    assert AuditEntry.objects.filter(subject_id=contact.pk, action__startswith="contact_").count() == 4


# Guests who were merged have a list of their own.

MERGED = f"{LOG}?people=merged"


@pytest.fixture
def merged(told: Browser, harbor: Company) -> tuple[Contact, list[str]]:
    """A user, and the ids of two guests who turned out to be them."""
    user, guests = harbor.known("grace", "Hello", name="Grace").contact, []
    for _ in range(2):
        browser = harbor.browser()
        browser.start("As a guest")
        guests.append(str(browser.contact.pk))
        sign_in(browser, harbor, "grace", name="Grace")
    assert Contact.objects.filter(merged_into=user).count() == 2
    return user, guests


def test_whoever_erases_merged_guests_is_asked_about_the_user(ada: Client, merged: Any) -> None:
    user, guests = merged
    asked = ada.post(MERGED, {"action": "erase", "_selected_action": guests}).content.decode()
    assert re.findall(r"<li><strong>(.*?)</strong>", asked) == [user.display_name]
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', asked)
    assert {value for name, value in fields if name == "_selected_action"} == set(guests)
    answer = ada.post(MERGED, {**dict(fields), "_selected_action": guests}, follow=True)
    assert "People who were erased: 1" in answer.content.decode()
    assert Contact.objects.get(pk=user.pk).erased_at
    assert len(by_whom("contact_erased")) == 1


def test_whoever_blocks_merged_guests_is_told_which_user_it_was(ada: Client, told: Browser, merged: Any) -> None:
    user, guests = merged
    answer = ada.post(MERGED, {"action": "block", "_selected_action": guests}, follow=True)
    assert f"the users they are now: {user.display_name}" in answer.content.decode()
    assert Contact.objects.get(pk=user.pk).blocked
    assert "the users they are now" not in choose(ada, "block", told.contact, follow=True).content.decode()


def test_guests_who_were_merged_into_one_user_are_one_person_to_export(ada: Client, told: Browser, merged: Any) -> None:
    user, guests = merged
    answer = ada.post(MERGED, {"action": "export", "_selected_action": guests})
    assert str(user.pk) in answer["Content-Disposition"]
    assert f"the users they are now: {user.display_name}" in ada.get(LOG).content.decode()
    both = [str(told.contact.pk), guests[0]]
    assert ada.post(f"{LOG}?people=everybody", {"action": "export", "_selected_action": both}).status_code == 302


@pytest.mark.parametrize("action", ["export", "block", "erase"])
def test_s17_s22_nobody_else_does_any_of_it(
    ada: Client, ben: Client, canaries: Company, told: Browser, action: str
) -> None:
    theirs = Contact.objects.filter(tenant=canaries.tenant, merged_into=None).first()
    assert theirs
    for client, contact, status in ((ben, told.contact, 403), (ada, theirs, 302), (Client(), told.contact, 302)):
        assert choose(client, action, contact, is_sure="yes").status_code == status
        again = Contact.objects.get(pk=contact.pk)
        assert (again.blocked, again.erased_at) == (False, None)
    assert not AuditEntry.objects.filter(action__startswith="contact_").exists()
    assert choose(ada, action, told.contact, is_sure="yes").status_code in {200, 302}  # The control.
    assert AuditEntry.objects.filter(action__startswith="contact_").exists()
