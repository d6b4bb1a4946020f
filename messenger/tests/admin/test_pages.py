"""Every registered model has a list and a page; both cost the same whatever they hold, and obey the strict CSP."""

from __future__ import annotations

from functools import partial
from html.parser import HTMLParser
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db import models
from django.http import HttpResponse, HttpResponseBase
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.functional import Promise

from curbe.testing.cast import Browser, Company, QueryCounter
from messenger.models import Device, Tenant, User

from .conftest import live_a_little

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.model_name or "")
OF_TENANTS = [model for model in MODELS if model is not User]


def url(model: type[models.Model], page: str, *args: Any) -> str:
    return reverse(f"admin:messenger_{model._meta.model_name}_{page}", args=args)


def one_of(model: type[models.Model], tenant: Tenant) -> models.Model:
    if model is User:
        return User.objects.get(memberships__tenant=tenant, memberships__role="admin")
    owner = {"pk": tenant.pk} if model is Tenant else {"tenant": tenant}
    row = model._default_manager.filter(**owner).first()
    assert row is not None, f"the fixtures leave no {model.__name__}"
    return row


def test_it_registers_every_model_of_the_messenger_and_nothing_else() -> None:
    from django.apps import apps

    assert set(MODELS) == set(apps.get_app_config("messenger").get_models())


def test_a_superuser_opens_every_list_and_page(root: Client, told: Browser, harbor: Company) -> None:
    for model in MODELS:
        row = one_of(model, harbor.tenant)
        assert root.get(url(model, "changelist")).status_code == 200, model
        assert root.get(url(model, "changelist"), {"q": "x"}).status_code == 200, model
        assert root.get(url(model, "change", row.pk)).status_code == 200, model
        assert root.get(url(model, "history", row.pk)).status_code == 200, model


def test_every_column_and_field_has_a_name_that_is_translated(rf: RequestFactory, root: Client) -> None:
    """A field without one is shown by its Python name, in English to everybody."""
    request = rf.get("/")
    request.user = User.objects.get(pk=root.session["_auth_user_id"])
    for model, pages in admin.site._registry.items():
        shown = {*pages.get_list_display(request), *flatten_fieldsets(pages.get_fieldsets(request))}
        fields = [field for field in model._meta.concrete_fields if field.name in shown and not field.primary_key]
        assert [field.name for field in fields if not isinstance(field.verbose_name, Promise)] == [], model
    assert not isinstance(Device._meta.get_field("key_hash").verbose_name, Promise), "the control: it is not shown"


def test_a_superuser_sees_every_company(
    root: Client, ada: Client, told: Browser, harbor: Company, canaries: Company
) -> None:
    both = {harbor.tenant.pk, canaries.tenant.pk}
    for model in OF_TENANTS:
        owner = "pk" if model is Tenant else "tenant_id"
        seen, own = ({getattr(row, owner) for row in listed(client, model)} for client in (root, ada))
        assert seen == both, model
        assert own == {harbor.tenant.pk}, model


def listed(client: Client, model: type[models.Model]) -> Any:
    return client.get(url(model, "changelist")).context["cl"].result_list


def test_the_admin_of_a_tenant_opens_every_list_and_page(ada: Client, told: Browser, harbor: Company) -> None:
    for model in OF_TENANTS:
        assert ada.get(url(model, "changelist")).status_code == 200, model
        assert ada.get(url(model, "change", one_of(model, harbor.tenant).pk)).status_code == 200, model


def test_nothing_is_deleted_here(root: Client, told: Browser, harbor: Company) -> None:
    for model in MODELS:
        row = one_of(model, harbor.tenant)
        assert root.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403, model
        assert model._default_manager.filter(pk=row.pk).exists()
        assert 'value="delete_selected"' not in root.get(url(model, "changelist")).content.decode(), model


def test_a_list_of_thirty_costs_what_a_list_of_three_costs(
    root: Client, harbor: Company, told: Browser, count_queries: QueryCounter
) -> None:
    fill(harbor, 2)
    few = {model: count_queries(partial(root.get, url(model, "changelist"))) for model in MODELS}
    fill(harbor, 27)
    for model in MODELS:
        assert len(root.get(url(model, "changelist")).context["cl"].result_list) >= 29, model
        assert count_queries(partial(root.get, url(model, "changelist"))) == few[model], model


def fill(company: Company, number: int) -> None:
    """More rows of everything."""
    from curbe.testing.cast import make_company
    from messenger import actions
    from messenger.models import Agent, IdentitySecret, Team, Widget

    for _ in range(number):
        n = User.objects.count()
        make_company(f"company-{n}")
        live_a_little(company, f"visitor-{n}")
        Team.objects.create(tenant=company.tenant, name=f"team {n}")
        Widget.objects.create(tenant=company.tenant, name=f"widget {n}")
        agent = actions.create_agent(tenant=company.tenant, email=f"{n}@mail.example", display_name=f"agent {n}")
        actions.create_api_token(agent=agent, name=f"token {n}")
        retired = IdentitySecret(tenant=company.tenant, kid=f"k{n}", ciphertext=b"", retired_at=agent.created_at)
        retired.save()
        assert isinstance(agent, Agent)


FORBIDDEN_TAGS = {"style", "iframe", "object", "embed", "base"}


class Inline(HTMLParser):
    """Collects what the Content-Security-Policy would refuse to run or apply."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in FORBIDDEN_TAGS or (tag == "script" and not given.get("src")):
            self.found.append(f"<{tag}>")
        self.found += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        for name in ("src", "href", "action"):
            address = given.get(name) or ""
            if address.startswith(("http", "//", "javascript:")):
                self.found.append(f"{tag} {name}={address}")


def inline_parts(response: HttpResponseBase) -> list[str]:
    parser = Inline()
    parser.feed(response.getvalue().decode())
    return parser.found


def test_the_search_for_inline_parts_finds_them() -> None:
    page = HttpResponse('<script>1</script><p style="x" onclick="y"><a href="https://elsewhere.example">')
    assert len(inline_parts(page)) == 4


def test_no_page_has_an_inline_script_or_style(root: Client, told: Browser, harbor: Company) -> None:
    for model in MODELS:
        for page in (url(model, "changelist"), url(model, "change", one_of(model, harbor.tenant).pk)):
            response = root.get(page)
            policy = response.headers["Content-Security-Policy"]
            directives = [directive.strip() for directive in policy.split(";")]
            assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"} <= set(
                directives
            )
            assert "unsafe" not in policy
            assert response.headers["X-Frame-Options"] == "DENY"
            assert inline_parts(response) == [], page


def test_the_other_pages_have_none_either(root: Client, told: Browser, harbor: Company) -> None:
    own = ["index", "login", "password_change", "messenger_widget_add", "messenger_agent_add", "messenger_user_add"]
    pages = [reverse(f"admin:{name}") for name in own]
    pages += [url(type(harbor.widget), page, harbor.widget.pk) for page in ("preview", "look")]
    pages += [url(type(harbor.widget), "new_look")]
    for page in pages:
        assert inline_parts(root.get(page)) == []
