"""The first five minutes of a fresh install, and the stranger who finds it before its owner does."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from curbe.testing.race import race
from inbox.tests.pages import text_of
from inbox.welcome_forms import site_origin
from messenger import actions, looks
from messenger.actions.founding import Founder
from messenger.errors import Invalid, NotFound
from messenger.first_run import is_fresh, is_setup_code, setup_code, setup_url
from messenger.install import site_of
from messenger.models import Agent, Stream, Tenant, User, Widget

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

PASSWORD = "twelve brown owls"


def filled(**changes):
    given = {"code": setup_code(), "company": "Harbor & Pine", "site": "https://Shop.Example/start?x=1"}
    given |= {"time_zone": "Europe/Madrid", "name": "Maya", "email": "Maya@harbor.example", "password": PASSWORD}
    return given | changes


def test_a_fresh_install_leads_to_its_first_page_and_any_other_to_the_inbox(client, request):
    assert client.get("/").headers["Location"] == "/welcome/"
    assert client.get("/welcome/").status_code == 200
    request.getfixturevalue("harbor")
    assert client.get("/").headers["Location"] == "/inbox/"
    assert client.get("/welcome/").status_code == 404
    assert client.post("/welcome/", filled()).status_code == 404


def test_whoever_has_the_code_sets_it_up_and_is_in(client):
    done = client.post("/welcome/", filled())
    assert (done.status_code, done.headers["Location"]) == (302, "/inbox/settings/install/")
    tenant, widget, agent = Tenant.objects.get(), Widget.objects.get(), Agent.objects.select_related("user").get()
    assert (tenant.name, tenant.slug, tenant.time_zone) == ("Harbor & Pine", "harbor-pine", "Europe/Madrid")
    assert widget.allowed_origins == ["https://shop.example"]
    assert (agent.role, agent.display_name, agent.user.email) == ("admin", "Maya", "maya@harbor.example")
    assert agent.user.is_superuser
    assert agent.user.check_password(PASSWORD)
    assert Stream.objects.filter(tenant=tenant, contact=None).exists()
    page = client.get("/inbox/settings/install/")
    assert f"/widget/{widget.id}.js" in page.content.decode()
    assert "before &lt;/body&gt;" in page.content.decode()
    assert client.get("/welcome/").status_code == 404  # Gone for good.
    assert Client().post("/welcome/", filled(email="other@example.com")).status_code == 404


@pytest.mark.parametrize("code", ["", "0" * 32, "x", setup_code.__name__, "🐚" * 8])
def test_a_stranger_without_the_code_takes_nothing_over(client, code):
    refused = client.post("/welcome/", filled(code=code))
    assert refused.status_code == 403
    assert setup_code() not in refused.content.decode()
    assert PASSWORD not in refused.content.decode()
    assert is_fresh()
    assert client.post("/welcome/", filled()).status_code == 302  # The control.


def test_another_site_cannot_have_it_set_up(client):
    assert Client(enforce_csrf_checks=True).post("/welcome/", filled()).status_code == 403
    assert is_fresh()


def test_the_page_does_not_tell_the_code_to_anybody(client):
    page = client.get("/welcome/")
    assert setup_code() not in page.content.decode()
    assert setup_code() not in str(page.headers)
    assert "no-store" in page.headers["Cache-Control"]


def test_another_database_or_key_has_another_code(settings):
    before = setup_code()
    assert is_setup_code(f" {before.upper()} ")
    settings.SECRET_KEY = "another" * 8
    assert not is_setup_code(before)
    settings.SECRET_KEY = "yet another" * 8
    with_key = setup_code()
    first = MigrationRecorder.Migration.objects.filter(app="messenger").earliest("id")
    first.applied = first.applied.replace(year=2020)
    first.save()
    assert not is_setup_code(with_key)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", "12345678"),
        ("password", ""),
        ("email", "maya"),
        ("site", "javascript:alert(1)"),
        ("site", "//"),
        ("site", "https://[::1"),
        ("site", "https://[shop]/"),
        ("site", "exa mple.com;x"),
        ("site", "shop.example;script-src"),
        ("company", " "),
        ("time_zone", "Mars/Olympus"),
        ("name", ""),
    ],
)
def test_what_cannot_be_kept_is_told_beside_its_field(client, field, value):
    refused = client.post("/welcome/", filled(**{field: value}))
    assert refused.status_code == 422
    assert f'id="id_{field}_error"' in refused.content.decode()
    assert PASSWORD not in refused.content.decode()
    assert is_fresh()


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("shop.example", "https://shop.example"),
        ("http://localhost:3000/x", "http://localhost:3000"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("https://café.example/menu", "https://xn--caf-dma.example"),
    ],
)
def test_a_site_is_kept_as_its_origin(text, origin):
    assert site_origin(text) == origin
    assert looks.origins([origin]) == [origin]  # The settings page takes it back.


def test_a_company_is_not_founded_with_a_site_that_is_none():
    founder = Founder(email="maya@harbor.example", password=PASSWORD, display_name="Maya")
    tenant = Tenant(name="Harbor", slug="harbor")
    with pytest.raises(Invalid, match="Not the address of a site"):
        actions.found_company(tenant=tenant, site="https://shop.example;script-src", founder=founder)
    assert is_fresh()


def test_the_command_prints_the_address_while_it_is_worth_something(request):
    out = io.StringIO()
    call_command("setup_code", stdout=out)
    assert out.getvalue().strip() == setup_url()
    assert setup_url().endswith(f"/welcome/#{setup_code()}")
    request.getfixturevalue("harbor")
    with pytest.raises(CommandError, match="set up already"):
        call_command("setup_code")


@pytest.mark.django_db(transaction=True)
def test_of_many_who_set_it_up_at_once_one_does():
    def found(number):
        tenant = Tenant(name=f"Company {number}", slug=f"company-{number}")
        founder = Founder(email=f"f{number}@example.com", password=PASSWORD, display_name="F")
        try:
            actions.found_company(tenant=tenant, site="https://shop.example", founder=founder)
        except NotFound:
            return False
        return True

    done = race(8, found)
    assert sorted(done) == [False] * 7 + [True]
    assert (Tenant.objects.count(), User.objects.count(), Widget.objects.count()) == (1, 1, 1)


def test_it_turns_green_when_a_page_of_the_site_asks_for_the_widget(client):
    client.post("/welcome/", filled())
    widget = Widget.objects.get()

    def is_green():
        return "hx-trigger" not in client.get("/inbox/settings/install/first-view/").content.decode()

    for stranger in ("", "https://elsewhere.example/", "https://shop.example.evil.example/", "http://shop.example/"):
        Client().get(f"/widget/{widget.id}.js", headers={"Referer": stranger})
        assert not is_green(), stranger
    Client().get(f"/widget/{widget.id}.js", headers={"Referer": "https://shop.example/start"})
    assert is_green()
    assert "https://shop.example" in text_of(client.get("/inbox/settings/install/"))


def test_a_site_may_be_any_of_a_domain(harbor):
    widget = Widget(allowed_origins=["https://*.shop.example"])
    assert site_of(widget, "https://www.Shop.example/x") == "https://www.shop.example"
    assert site_of(widget, "https://shop.example/x") == site_of(widget, "https://evilshop.example") == ""


@pytest.mark.parametrize("referrer", ["https://[::1/x", "https://]/", "http://[shop.example]/"])
def test_a_page_whose_address_is_none_gets_the_widget_all_the_same(harbor, client, referrer):
    Widget.objects.filter(id=harbor.widget.id).update(allowed_origins=["https://shop.example"])
    path = f"/widget/{harbor.widget.id}.js"
    assert client.get(path, headers={"Referer": referrer}).status_code == 200
    assert Widget.objects.get(id=harbor.widget.id).first_seen_at is None
    client.get(path, headers={"Referer": "https://shop.example/"})
    assert Widget.objects.get(id=harbor.widget.id).first_seen_at  # The control.


def test_only_the_first_page_view_is_written(harbor, client, count_queries):
    Widget.objects.filter(id=harbor.widget.id).update(allowed_origins=["https://shop.example"])

    def load():
        client.get(f"/widget/{harbor.widget.id}.js", headers={"Referer": "https://shop.example/"})

    assert count_queries(load) == count_queries(load) + 1


def test_the_line_is_for_admins(harbor, ada, sign_in):
    assert ada.get("/inbox/settings/install/").status_code == 200
    assert sign_in(harbor.ben).get("/inbox/settings/install/").status_code == 403
