"""Who gets in, and whose rows they meet there (I8, S17, S22): always with the rival's rows in the same tables."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import models
from django.test import Client
from django.urls import reverse

from curbe.testing.cast import PASSWORD, Browser, Company
from messenger import actions
from messenger.models import Agent, ApiToken, Article, IdentitySecret, SavedReply, Tag, Team, Tenant, User, Widget

from .conftest import CANARY, signed_in
from .test_pages import MODELS, OF_TENANTS, one_of, url

# Who gets in


def test_s22_an_agent_gets_nothing(ben: Client, ada: Client, told: Browser) -> None:
    for model in MODELS:
        assert ben.get(url(model, "changelist")).status_code == 403, model
        assert ben.post(url(model, "add"), {}).status_code == 403, model
    for model in OF_TENANTS:
        assert ada.get(url(model, "changelist")).status_code == 200, model


def test_s22_an_agent_gets_no_page_around_the_models_either(ben: Client, ada: Client) -> None:
    for page in ("index", "jsi18n", "password_change", "autocomplete"):
        assert ben.get(reverse(f"admin:{page}")).status_code == 403, page
    for page in ("index", "jsi18n", "password_change"):
        assert ada.get(reverse(f"admin:{page}")).status_code == 200, page


def test_it_offers_an_agent_to_sign_in_as_somebody_else(ben: Client, harbor: Company) -> None:
    refused = ben.get(reverse("admin:index"))
    assert "not authorized" in refused.content.decode()
    page = reverse("admin:index")
    assert ben.post(page, {"username": harbor.ada.user.email, "password": PASSWORD, "next": page}).status_code == 302
    assert ben.get(page).status_code == 200


def test_it_signs_an_admin_in_and_turns_an_agent_away(harbor: Company, client: Client) -> None:
    page, own = reverse("admin:login"), {"password": PASSWORD, "next": reverse("admin:index")}
    turned_away = client.post(page, {**own, "username": harbor.ben.user.email})
    assert "may not enter" in turned_away.content.decode()
    assert client.get(reverse("admin:index")).status_code == 302
    assert client.post(page, {**own, "username": harbor.ada.user.email}).status_code == 302
    assert client.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize("lost", ["role", "membership", "account", "tenant"])
def test_who_loses_the_role_is_out_at_once(ada: Client, harbor: Company, lost: str) -> None:
    assert ada.get(reverse("admin:index")).status_code == 200
    if lost == "role":
        Agent.objects.filter(id=harbor.ada.id).update(role=Agent.Role.AGENT)
    elif lost == "membership":
        Agent.objects.filter(id=harbor.ada.id).update(is_active=False)
    elif lost == "account":
        User.objects.filter(id=harbor.ada.user_id).update(is_active=False)
    else:
        Tenant.objects.filter(id=harbor.tenant.id).update(is_active=False)
    assert ada.get(reverse("admin:index")).status_code in (302, 403)


def test_is_staff_alone_opens_nothing(db: None) -> None:
    client = signed_in(User.objects.create_user("staff@curbe.example", PASSWORD, is_staff=True))
    assert client.get(reverse("admin:index")).status_code == 403


def test_accounts_are_for_superusers(ada: Client, harbor: Company) -> None:
    assert ada.get(url(User, "changelist")).status_code == 403
    assert ada.get(url(User, "change", harbor.ben.user_id)).status_code == 403
    assert ada.post(f"{url(User, 'change', harbor.ben.user_id)[:-7]}password/", {}).status_code == 403


# What is seen


def test_a_list_shows_own_rows_only(
    ada: Client, root: Client, told: Browser, harbor: Company, canaries: Company
) -> None:
    for model in OF_TENANTS:
        page = ada.get(url(model, "changelist"))
        listed = page.context["cl"].result_list
        assert listed and {owner_of(row) for row in listed} == {harbor.tenant.pk}, model
        assert CANARY not in page.content.decode(), model
        # The control: a superuser does see the rival's.
        everything = root.get(url(model, "changelist")).context["cl"].result_list
        assert canaries.tenant.pk in {owner_of(row) for row in everything}, model


def owner_of(row: Any) -> uuid.UUID:
    return row.pk if isinstance(row, Tenant) else row.tenant_id


def test_another_tenants_row_does_not_exist(ada: Client, root: Client, told: Browser, canaries: Company) -> None:
    for model in OF_TENANTS:
        row = one_of(model, canaries.tenant)
        before = model._default_manager.values().get(pk=row.pk)
        for page in ("change", "history", "delete"):
            address = url(model, page, row.pk)
            response = ada.get(address)
            assert response.status_code in (302, 403, 404), address
            assert CANARY not in response.content.decode(), address
            assert ada.post(address, {"name": "mine", "post": "yes"}).status_code in (302, 403, 404), address
        assert model._default_manager.values().get(pk=row.pk) == before
        assert root.get(url(model, "change", row.pk)).status_code == 200, model


def test_no_own_page_names_another_tenant(ada: Client, told: Browser, harbor: Company, canaries: Company) -> None:
    for model in OF_TENANTS:
        assert CANARY not in ada.get(url(model, "change", one_of(model, harbor.tenant).pk)).content.decode(), model
    for model in (Widget, Agent, Team, ApiToken, IdentitySecret):
        page = ada.get(url(model, "add"))
        assert page.status_code == 200 and CANARY not in page.content.decode(), model


@pytest.mark.parametrize(("source", "field"), [(ApiToken, "agent"), (Widget, "tenant"), (Agent, "tenant")])
def test_autocomplete_offers_own_rows_only(
    ada: Client, root: Client, harbor: Company, canaries: Company, source: type[models.Model], field: str
) -> None:
    asked = {"app_label": "messenger", "model_name": source.__name__.lower(), "field_name": field}
    offered = ada.get(reverse("admin:autocomplete"), asked)
    assert offered.status_code == 200 and offered.json()["results"]
    assert CANARY not in offered.content.decode()
    assert CANARY in root.get(reverse("admin:autocomplete"), asked).content.decode()


def test_autocomplete_offers_no_accounts(ada: Client, root: Client, canaries: Company) -> None:
    asked = {"app_label": "messenger", "model_name": "agent", "field_name": "user"}
    assert ada.get(reverse("admin:autocomplete"), asked).status_code == 403
    assert root.get(reverse("admin:autocomplete"), asked).status_code == 200


def test_search_and_filters_stay_inside(ada: Client, told: Browser, canaries: Company, harbor: Company) -> None:
    contacts = reverse("admin:messenger_contact_changelist")
    assert ada.get(contacts, {"q": CANARY}).context["cl"].result_count == 0
    assert ada.get(contacts, {"q": "harbour-bell"}).context["cl"].result_count == 1
    everybody = ada.get(contacts, {"people": "everybody", "tenant__id__exact": str(canaries.tenant.id)})
    assert everybody.context["cl"].result_count == 0


@pytest.mark.parametrize(
    ("model", "lookup"),
    [("apitoken", "key_hash__startswith"), ("device", "key_hash__startswith"), ("visitortoken", "token_hash__gte")],
)
def test_hashes_cannot_be_guessed_through_filters(root: Client, told: Browser, model: str, lookup: str) -> None:
    page = reverse(f"admin:messenger_{model}_changelist")
    assert root.get(page, {lookup: "a"}).status_code == 400
    assert root.get(page, {"id__isnull": "False"}).status_code == 200


def test_what_a_colleague_has_begun_to_write_cannot_be_guessed_through_filters(ada: Client, told: Browser) -> None:
    page = reverse("admin:messenger_draft_changelist")
    for lookup in ("text", "text__startswith", "text__length__gt", "agent__drafts__text__startswith"):
        assert ada.get(page, {lookup: "harbour"}).status_code == 400, lookup
    assert ada.get(page, {"kind": "message"}).context["cl"].result_count == 1  # The control.


def test_hashes_are_not_shown(root: Client, told: Browser, harbor: Company) -> None:
    hidden = {"key_hash", "token_hash", "ciphertext", "request_hash", "ip_hash"}
    found = 0
    for model in OF_TENANTS:
        row = one_of(model, harbor.tenant)
        page = root.get(url(model, "change", row.pk)).content.decode()
        for name in hidden & {field.name for field in model._meta.concrete_fields}:
            value = getattr(row, name)
            found += 1
            assert f"field-{name}" not in page
            assert not value or (value if isinstance(value, str) else bytes(value).decode()) not in page
    assert found == 6


# What is changed


def test_what_an_admin_adds_is_their_tenants(ada: Client, harbor: Company, canaries: Company) -> None:
    """S18, S24: a tenant in the form is not looked at."""
    ada.post(url(Team, "add"), {"tenant": str(canaries.tenant.id), "name": "Sneaky"})
    assert Team.objects.get(name="Sneaky").tenant == harbor.tenant
    ada.post(
        url(Widget, "add") + f"?tenant={canaries.tenant.id}", widget_form(name="Sneaky", tenant=canaries.tenant.id)
    )
    assert Widget.objects.get(name="Sneaky").tenant == harbor.tenant


def test_a_row_does_not_move_to_another_tenant(root: Client, told: Browser, harbor: Company, canaries: Company) -> None:
    team = Team.objects.get(tenant=harbor.tenant)
    root.post(url(Team, "change", team.pk), {"tenant": str(canaries.tenant.id), "name": "Renamed"})
    team.refresh_from_db()
    assert (team.tenant, team.name) == (harbor.tenant, "Renamed")


def test_another_tenants_agent_cannot_be_chosen(ada: Client, harbor: Company, canaries: Company) -> None:
    before = ApiToken.objects.count()
    for agent, made in ((canaries.ada, 0), (harbor.ada, 1)):
        ada.post(url(ApiToken, "add"), {"agent": str(agent.id), "name": "program"})
        assert ApiToken.objects.count() == before + made


@pytest.mark.parametrize(
    ("model", "action"), [(ApiToken, "revoke"), (IdentitySecret, "retire"), (IdentitySecret, "give_up")]
)
def test_actions_reach_own_rows_only(
    ada: Client, told: Browser, harbor: Company, canaries: Company, model: type[models.Model], action: str
) -> None:
    ended = {"revoke": "revoked_at"}.get(action, "retired_at")
    theirs, own = one_of(model, canaries.tenant), one_of(model, harbor.tenant)
    for row in (theirs, own):
        chosen = {"action": action, "_selected_action": [str(row.pk)], "is_sure": "yes"}
        ada.post(url(model, "changelist"), chosen)
        row.refresh_from_db()
    assert getattr(theirs, ended) is None
    assert getattr(own, ended) is not None


def test_what_the_write_path_keeps_is_not_edited_here(root: Client, told: Browser, harbor: Company) -> None:
    for model in set(OF_TENANTS) - {Tenant, Widget, Agent, Article, SavedReply, Tag, Team, ApiToken, IdentitySecret}:
        row = one_of(model, harbor.tenant)
        before = model._default_manager.values().get(pk=row.pk)
        assert root.get(url(model, "add")).status_code == 403, model
        assert root.post(url(model, "change", row.pk), dict.fromkeys(before, "1")).status_code == 403, model
        assert model._default_manager.values().get(pk=row.pk) == before


def test_only_superusers_add_tenants_and_switch_them_off(ada: Client, root: Client, harbor: Company) -> None:
    form = {"name": "New", "slug": "new", "locale": "es", "time_zone": "UTC", "thread_policy": "conversations"}
    form = {**form, "is_active": "on"}
    assert ada.post(url(Tenant, "add"), form).status_code == 403
    assert root.post(url(Tenant, "add"), form).status_code == 302
    made = Tenant.objects.get(slug="new")
    actions.create_agent(tenant=made, email="first@new.example", display_name="First")
    own = {**form, "name": "Renamed", "slug": "stolen", "is_active": ""}
    assert ada.post(url(Tenant, "change", harbor.tenant.pk), own).status_code == 302
    harbor.tenant.refresh_from_db()
    assert (harbor.tenant.name, harbor.tenant.slug, harbor.tenant.is_active) == ("Renamed", "harbor", True)


def test_an_admin_of_two_tenants_chooses_between_these(
    ada: Client, harbor: Company, canaries: Company, told: Browser
) -> None:
    third = actions.create_tenant(Tenant(name="Third", slug="third"))
    actions.create_agent(tenant=third, email=harbor.ada.user.email, display_name="Ada", role="admin")
    page = ada.get(url(Team, "changelist")).content.decode()
    assert "Third" in page and CANARY not in page
    for tenant in (third, canaries.tenant):
        ada.post(url(Team, "add"), {"tenant": str(tenant.id), "name": f"of {tenant.slug}"})
    assert Team.objects.filter(name="of third", tenant=third).exists()
    assert not Team.objects.filter(name="of rival").exists()


def widget_form(**given: Any) -> dict[str, str]:
    return {"name": "Widget", "allowed_origins": "", **{name: str(value) for name, value in given.items()}}


def test_an_id_that_is_none_is_nothing(ada: Client) -> None:
    assert ada.get(url(Team, "change", "nonsense")).status_code == 302
    assert ada.get(url(Team, "change", uuid.uuid4())).status_code == 302
