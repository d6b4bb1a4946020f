"""What an admin sets up: widgets with their snippet, agents, API tokens and identity secrets."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from curbe.testing.cast import PASSWORD, Company, Desk
from curbe.testing.race import race
from messenger import actions
from messenger.models import Agent, ApiToken, IdentitySecret, Tenant, User, Widget
from messenger.signing import decrypt, token_hash

from .conftest import signed_in
from .test_tenancy import widget_form


def add(client: Client, model: str, **form: Any) -> str:
    """Post the form and return the page it leads to."""
    response = client.post(reverse(f"admin:messenger_{model}_add"), form, follow=True)
    assert response.status_code == 200
    return response.content.decode()


# Teams


def test_an_archived_team_is_to_look_at(ada: Client, harbor: Company) -> None:
    team = actions.create_team(by=harbor.ada, fields={"name": "Returns", "members": [harbor.ben.id]})
    page, form = reverse("admin:messenger_team_change", args=[team.pk]), {"name": "Other", "is_default": "on"}
    assert ada.post(page, {**form, "is_default": ""}).status_code == 302  # The control.
    actions.archive_team(by=harbor.ada, team_id=team.id)
    shown = ada.get(page)
    assert (shown.status_code, b'name="_save"' in shown.content) == (200, False)
    assert ada.post(page, form).status_code == 403
    team.refresh_from_db()
    assert (team.name, team.is_default) == ("Other", False)


def test_an_archived_team_comes_back_when_it_is_made_again(ada: Client, harbor: Company, rival: Company) -> None:
    team = actions.create_team(by=harbor.ada, fields={"name": "Returns", "members": [harbor.ben.id]})
    actions.create_team(by=rival.ada, fields={"name": "Returns"})
    other = actions.create_team(by=harbor.ada, fields={"name": "Other"})
    assert "already exists" in add(ada, "team", name="Returns")  # The control: it is there.
    actions.archive_team(by=harbor.ada, team_id=team.id)
    page = reverse("admin:messenger_team_change", args=[other.pk])
    assert "to bring it back" in ada.post(page, {"name": "Returns"}, follow=True).content.decode()
    assert "errorlist" not in add(ada, "team", name="Returns", round_robin="on")
    team.refresh_from_db()
    assert (team.archived_at, team.round_robin, team.members.count()) == (None, True, 0)


# Keys


def test_an_api_token_is_shown_once_and_works(ada: Client, harbor: Company) -> None:
    page = add(ada, "apitoken", agent=str(harbor.ben.id), name="Sync")
    key = re.search(r"cak_[\w-]{43}", page)
    assert key and page.count(key[0]) == 1
    stored = ApiToken.objects.get(name="Sync")
    assert (stored.key_hash, stored.tenant, stored.agent) == (token_hash(key[0]), harbor.tenant, harbor.ben)
    assert str(harbor.ben.id) in Desk(bearer=key[0]).get("me").content.decode()
    for again in (
        reverse("admin:messenger_apitoken_changelist"),
        reverse("admin:messenger_apitoken_change", args=[stored.pk]),
    ):
        assert key[0] not in ada.get(again).content.decode()
    assert not LogEntry.objects.filter(change_message__contains=key[0][:12]).exists()


def test_a_revoked_token_is_refused(ada: Client, harbor: Company) -> None:
    desk = harbor.desk()
    assert desk.get("me").status_code == 200
    token = ApiToken.objects.get()
    chosen = {"action": "revoke", "_selected_action": [str(token.pk)]}
    ada.post(reverse("admin:messenger_apitoken_changelist"), chosen)
    assert desk.get("me").status_code == 401
    token.refresh_from_db()
    first = token.revoked_at
    ada.post(reverse("admin:messenger_apitoken_changelist"), chosen)
    token.refresh_from_db()
    assert token.revoked_at == first
    assert LogEntry.objects.filter(object_id=str(token.pk), change_message="revoked").count() == 1


def test_an_identity_secret_is_shown_once_and_kept_encrypted(ada: Client, harbor: Company) -> None:
    page = add(ada, "identitysecret")
    shown = re.search(r"cis_[\w-]{43}", page)
    stored = IdentitySecret.objects.get()
    assert shown and stored.kid in page and stored.tenant == harbor.tenant
    assert decrypt(bytes(stored.ciphertext)) == shown[0]
    assert shown[0].encode() not in bytes(stored.ciphertext)
    assert shown[0] not in ada.get(reverse("admin:messenger_identitysecret_change", args=[stored.pk])).content.decode()


def test_secrets_are_rotated_two_at_a_time(ada: Client, harbor: Company) -> None:
    for _ in range(2):
        add(ada, "identitysecret")
    assert "Retire one of them first" in add(ada, "identitysecret")
    assert IdentitySecret.objects.count() == 2
    oldest = IdentitySecret.objects.earliest("created_at")
    chosen = {"action": "retire", "_selected_action": [str(oldest.pk)], "is_sure": "yes"}
    ada.post(reverse("admin:messenger_identitysecret_changelist"), chosen)
    assert "cis_" in add(ada, "identitysecret")
    assert IdentitySecret.objects.filter(retired_at=None).count() == 2
    assert set(IdentitySecret.objects.filter(retired_at=None).values_list("slot", flat=True)) == {1, 2}


# People


def new_agent(email: str, password: str = "") -> dict[str, str]:
    return {"email": email, "password": password, "display_name": "Cleo", "role": "agent"}


def test_a_new_agent_can_sign_in(ada: Client, harbor: Company, client: Client) -> None:
    add(ada, "agent", **new_agent("Cleo@Harbor.example", "walnut-gravel-91"))
    agent = Agent.objects.get(display_name="Cleo")
    assert (agent.tenant, agent.role, agent.user.email) == (harbor.tenant, Agent.Role.AGENT, "cleo@harbor.example")
    assert client.login(username="cleo@harbor.example", password="walnut-gravel-91")
    assert not (agent.user.is_staff or agent.user.is_superuser)


@pytest.mark.parametrize("password", ["", "12345678", "short"])
def test_a_new_account_needs_a_good_password(ada: Client, password: str) -> None:
    assert "errorlist" in add(ada, "agent", **new_agent("cleo@harbor.example", password))
    assert not User.objects.filter(email="cleo@harbor.example").exists()


def test_who_has_an_account_joins_with_it(ada: Client, harbor: Company, rival: Company, client: Client) -> None:
    page = add(ada, "agent", **new_agent("ben@rival.example", "walnut-gravel-91"))
    assert "had an account already" in page
    assert Agent.objects.get(display_name="Cleo").user == rival.ben.user
    assert not client.login(username="ben@rival.example", password="walnut-gravel-91")
    assert client.login(username="ben@rival.example", password=PASSWORD)


def test_nobody_joins_twice(ada: Client, harbor: Company) -> None:
    assert "agent here already" in add(ada, "agent", **new_agent(harbor.ben.user.email))
    assert Agent.objects.filter(tenant=harbor.tenant).count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("email", ["cleo@harbor.example", "ben@rival.example"], ids=["new", "with an account"])
def test_nobody_joins_twice_at_the_same_moment_either(harbor: Company, rival: Company, email: str) -> None:
    def submit(_: int) -> str:
        return add(signed_in(harbor.ada.user), "agent", **new_agent(email, "walnut-gravel-91"))

    pages = race(4, submit)
    assert sum("agent here already" in page for page in pages) == 3
    assert Agent.objects.filter(tenant=harbor.tenant, user__email=email).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_companies_may_take_somebody_in_at_the_same_moment(harbor: Company, rival: Company) -> None:
    tenants = [harbor.tenant, rival.tenant]

    def take_in(n: int) -> User:
        return actions.create_agent(tenant=tenants[n], email="cleo@harbor.example", display_name="Cleo").user

    assert len(set(race(2, take_in))) == 1
    assert {agent.tenant for agent in Agent.objects.filter(display_name="Cleo")} == set(tenants)


def test_an_account_does_not_change_through_a_membership(ada: Client, harbor: Company) -> None:
    """S24: what is not on the form is not assigned."""
    form = {"display_name": "Benjamin", "role": "admin", "availability": "away", "is_active": "on"}
    forged = {
        "user": str(harbor.ada.user_id),
        "email": "x@mail.example",
        "is_superuser": "on",
        "created_at": "1999-01-01",
    }
    ada.post(reverse("admin:messenger_agent_change", args=[harbor.ben.pk]), {**form, **forged})
    ben = Agent.objects.select_related("user").get(pk=harbor.ben.pk)
    assert (ben.display_name, ben.role, ben.availability) == ("Benjamin", "admin", "away")
    assert ben.user.email == "ben@harbor.example" and not ben.user.is_superuser


def test_a_superuser_adds_an_account_and_sets_a_password(root: Client, client: Client) -> None:
    given = {"email": "Dora@curbe.example", "usable_password": "true"}
    add(root, "user", **given, password1="walnut-gravel-91", password2="walnut-gravel-91")
    assert client.login(username="dora@curbe.example", password="walnut-gravel-91")
    dora = User.objects.get(email="dora@curbe.example")
    assert root.get(reverse("admin:messenger_user_change", args=[dora.pk])).status_code == 200
    address = reverse("admin:auth_user_password_change", args=[dora.pk])
    root.post(address, {"usable_password": "true", "password1": "walnut-gravel-92", "password2": "walnut-gravel-92"})
    assert client.login(username="dora@curbe.example", password="walnut-gravel-92")


# Widgets and tenants


def test_a_widget_page_has_the_line_to_paste(ada: Client, harbor: Company) -> None:
    page = ada.get(reverse("admin:messenger_widget_change", args=[harbor.widget.pk])).content.decode()
    line = f"&lt;script async src=&quot;http://127.0.0.1:8000/widget/{harbor.widget.pk}.js&quot;&gt;&lt;/script&gt;"
    assert line in page
    assert reverse("admin:messenger_widget_preview", args=[harbor.widget.pk]) in page


def test_the_preview_embeds_the_widget(ada: Client, ben: Client, harbor: Company, rival: Company) -> None:
    address = reverse("admin:messenger_widget_preview", args=[harbor.widget.pk])
    response = ada.get(address)
    assert f'<script async src="/widget/{harbor.widget.pk}.js">' in response.content.decode()
    assert "frame-src 'self'" in response.headers["Content-Security-Policy"]
    assert "does not list http://testserver" in response.content.decode()
    Widget.objects.filter(pk=harbor.widget.pk).update(allowed_origins=["http://testserver"])
    assert "does not list" not in ada.get(address).content.decode()
    assert ben.get(address).status_code == 403
    assert ada.get(reverse("admin:messenger_widget_preview", args=[rival.widget.pk])).status_code == 404


def test_sites_are_listed_one_a_line(ada: Client, harbor: Company) -> None:
    sites = "https://Shop.Example/\n\n http://localhost:8000 \nhttps://*.harbor.example\nhttps://shop.example"
    add(ada, "widget", **widget_form(name="Own", allowed_origins=sites))
    widget = Widget.objects.get(name="Own")
    assert widget.allowed_origins == ["https://shop.example", "http://localhost:8000", "https://*.harbor.example"]
    page = ada.get(reverse("admin:messenger_widget_change", args=[widget.pk])).content.decode()
    assert "https://shop.example\nhttp://localhost:8000\nhttps://*.harbor.example</textarea>" in page


@pytest.mark.parametrize(
    "site",
    [
        "https://shop.example; script-src *",
        "https://shop.example https://other.example",
        "shop.example",
        "*",
        "https://shop.example/path",
        "https://user@shop.example",
        "javascript:alert(1)",
        "https://shop.example:port",
    ],
)
def test_what_is_no_site_is_refused(ada: Client, harbor: Company, site: str) -> None:
    assert "Not the address of a site" in add(ada, "widget", **widget_form(name="Own", allowed_origins=site))
    assert not Widget.objects.filter(name="Own").exists()


def test_a_tenant_lives_in_a_time_zone_that_exists(ada: Client, harbor: Company) -> None:
    address = reverse("admin:messenger_tenant_change", args=[harbor.tenant.pk])
    form = {"name": "Harbor", "locale": "es", "thread_policy": "conversations"}
    refused = ada.post(address, {**form, "time_zone": "Mars/Olympus"})
    assert "not a time zone" in refused.content.decode()
    assert ada.post(address, {**form, "time_zone": "Europe/Madrid"}).status_code == 302
    assert Tenant.objects.get(pk=harbor.tenant.pk).time_zone == "Europe/Madrid"


def test_saving_a_team_keeps_those_who_are_switched_off(harbor: Company, ada: Client) -> None:
    team = actions.create_team(by=harbor.ada, fields={"name": "Sales", "members": [harbor.ada.id, harbor.ben.id]})
    Agent.objects.filter(id=harbor.ben.id).update(is_active=False)
    path = f"/admin/messenger/team/{team.id}/change/"
    shown = ada.get(path).context["adminform"].form
    kept = [str(one) for one in shown["members"].value()]
    assert {str(one.pk) for one in shown.fields["members"].queryset} >= set(kept)
    saved = ada.post(path, {"name": "Selling", "members": kept})
    assert saved.status_code == 302
    assert set(team.members.values_list("agent__display_name", flat=True)) == {"Ada", "Ben"}
    ada.post(path, {"name": "Selling", "members": [str(harbor.ada.id)]})  # The control.
    assert set(team.members.values_list("agent__display_name", flat=True)) == {"Ada"}
