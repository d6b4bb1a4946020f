"""`manage.py demo`: two companies that programs and people can start from, with a week of conversations in them."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import logging
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F, Max, Min
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from curbe.testing.cast import Browser, Desk
from curbe.testing.postgres import PostgresServer
from curbe.testing.stack import Place, manage
from messenger.demo.clock import standing_at
from messenger.demo.companies import COMPANIES
from messenger.demo.set_up import SUPERUSER
from messenger.models import (
    Agent,
    ApiToken,
    Contact,
    Conversation,
    Event,
    IdentitySecret,
    Message,
    Tenant,
    User,
    Visit,
    Widget,
)
from messenger.signing import decrypt

WEEK = timedelta(days=7)


def run(*arguments: str) -> str:
    printed = io.StringIO()
    call_command("demo", *arguments, stdout=printed)
    return printed.getvalue()


@pytest.fixture
def demo(db: None) -> dict[str, Any]:
    """What `demo --json` prints, and nothing else on standard output."""
    printed: dict[str, Any] = json.loads(run("--json"))
    return printed


@pytest.fixture
def by_slug(demo: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {tenant["slug"]: tenant for tenant in demo["tenants"]}


# What is printed


def test_the_log_says_nothing_of_what_is_played(caplog: pytest.LogCaptureFixture, db: None) -> None:
    caplog.set_level(logging.INFO)
    run()
    assert Message.objects.filter(author_kind="assistant").exists(), "the control: that is told when it happens"
    assert caplog.records == []
    assert logging.root.manager.disable == logging.NOTSET


def test_it_prints_what_programs_and_people_start_from(demo: dict[str, Any]) -> None:
    assert list(demo) == ["base_url", "tenants"]
    assert demo["base_url"] == "http://127.0.0.1:8000"
    assert [tenant["slug"] for tenant in demo["tenants"]] == ["harbor", "rival"]
    for tenant in demo["tenants"]:
        assert set(tenant) == {"id", "slug", "name", "widgets", "identity_secret", "agents", "api_token"}
        assert set(tenant["identity_secret"]) == {"kid", "secret"}
        assert all(set(widget) == {"id", "allowed_origins"} for widget in tenant["widgets"])
        assert all(set(agent) == {"email", "password", "role"} for agent in tenant["agents"])
        assert {"admin", "agent"} == {agent["role"] for agent in tenant["agents"]}
        assert all(agent["email"].endswith(f"@{tenant['slug']}.example") for agent in tenant["agents"])
    assert [len(tenant["widgets"]) for tenant in demo["tenants"]] == [2, 1]
    assert [len(tenant["agents"]) for tenant in demo["tenants"]] == [3, 2]
    text = run()
    for path in ("/demo/", "/demo/second/", "/demo/account/", "/demo/rival/", "/inbox/", "/admin/", "/api/docs"):
        assert f"http://127.0.0.1:8000{path}\n" in text
    for agent in [agent for tenant in demo["tenants"] for agent in tenant["agents"]]:
        assert agent["email"] in text and agent["password"] in text


def test_a_second_call_adds_nothing_but_a_new_address(demo: dict[str, Any]) -> None:
    models = (Tenant, User, Agent, Widget, ApiToken, IdentitySecret, Contact, Conversation, Message, Event, Visit)
    before = [model._default_manager.count() for model in models]
    assert json.loads(run("--json")) == demo
    assert [model._default_manager.count() for model in models] == before
    with override_settings(PUBLIC_URL="https://chat.harbor.example", PORT=9001):
        again = json.loads(run("--json"))
    assert again["base_url"] == "https://chat.harbor.example"
    first, moved = demo["tenants"][0]["widgets"][0], again["tenants"][0]["widgets"][0]
    assert moved["id"] == first["id"]
    assert first["allowed_origins"] == ["http://127.0.0.1:8000", "http://localhost:8000"]
    added = ["https://chat.harbor.example", "http://localhost:9001", "http://127.0.0.1:9001"]
    assert moved["allowed_origins"] == [*first["allowed_origins"], *added]


def test_under_another_secret_key_the_keys_are_others_and_work(demo: dict[str, Any], client: Client) -> None:
    with override_settings(SECRET_KEY="another one, of no use outside this test"):
        again = json.loads(run("--json"))["tenants"][0]
        first = demo["tenants"][0]
        assert again["id"] == first["id"] and again["widgets"] == first["widgets"]
        assert again["api_token"] != first["api_token"]
        assert Desk(bearer=again["api_token"]).get("me").status_code == 200
        ada = again["agents"][0]
        assert client.login(username=ada["email"], password=ada["password"])
        assert not client.login(username=ada["email"], password=first["agents"][0]["password"])
        live = IdentitySecret.objects.get(tenant_id=again["id"], retired_at=None)
        assert decrypt(bytes(live.ciphertext)) == again["identity_secret"]["secret"]


# What it opens


def test_its_people_and_programs_get_in(
    demo: dict[str, Any], by_slug: dict[str, dict[str, Any]], client: Client
) -> None:
    for agent in [agent for tenant in demo["tenants"] for agent in tenant["agents"]]:
        assert client.login(username=agent["email"], password=agent["password"]), agent["email"]
        expected = 200 if agent["role"] == "admin" else 403
        assert client.get(reverse("admin:index")).status_code == expected
        assert not User.objects.get(email=agent["email"]).is_superuser
    line = next(line for line in run().splitlines() if SUPERUSER in line)
    assert client.login(username=SUPERUSER, password=line.split()[1])
    assert client.get(reverse("admin:messenger_user_changelist")).status_code == 200
    for tenant in by_slug.values():
        me = json.loads(Desk(bearer=tenant["api_token"]).get("me").content)
        assert me["tenant"]["id"] == tenant["id"]
        assert me["role"] == "admin"
        admin = next(agent for agent in tenant["agents"] if agent["role"] == "admin")
        assert me["agent"]["email"] == admin["email"]
        rows = json.loads(Desk(bearer=tenant["api_token"]).get("threads", {"limit": 100}).content)["items"]
        assert rows


def test_its_widgets_answer_and_take_a_conversation(by_slug: dict[str, dict[str, Any]]) -> None:
    for tenant in by_slug.values():
        for widget in tenant["widgets"]:
            browser = Browser(widget=Widget.objects.get(id=widget["id"]))
            shown = json.loads(browser.get(f"widgets/{widget['id']}").content)
            assert shown["tenant_id"] == tenant["id"]
            assert shown["appearance"]["action_color"].startswith("#") and shown["greeting"]
            switches = dict.fromkeys(("help", "close"), tenant["slug"] == "harbor")
            answers = {"assistant": True} if widget == by_slug["harbor"]["widgets"][0] else {}
            assert set(shown["texts"]) == {"en", "es"} and shown["features"] == switches | answers
            browser.boot()
            assert browser.start("Hello")["message"]["body"] == "Hello"


def test_its_companies_are_set_up_differently(by_slug: dict[str, dict[str, Any]]) -> None:
    harbor, rival = (Tenant.objects.get(slug=slug) for slug in ("harbor", "rival"))
    assert (harbor.thread_policy, rival.thread_policy) == ("conversations", "single_thread")
    assert harbor.accepts_user_hash and rival.locale == "es"
    made = Widget.objects.filter(tenant=harbor).order_by("created_at").values_list("id", flat=True)
    assert [str(pk) for pk in made] == [widget["id"] for widget in by_slug["harbor"]["widgets"]]
    assert made.order_by("id").first() == made.first()
    assert Conversation.objects.filter(tenant=rival).count() == Contact.objects.filter(tenant=rival).count()
    threads = Conversation.objects.filter(tenant=harbor).count()
    assert threads > Contact.objects.filter(tenant=harbor).count()
    for tenant in by_slug.values():
        kept = IdentitySecret.objects.get(tenant_id=tenant["id"], kid=tenant["identity_secret"]["kid"])
        printed = tenant["identity_secret"]["secret"]
        signed = [
            hmac.new(key.encode(), b"42", hashlib.sha256).digest() for key in (printed, decrypt(bytes(kept.ciphertext)))
        ]
        assert signed[0] == signed[1] and kept.retired_at is None


# What is in it


def test_it_looks_like_a_week_of_work_in_two_languages(demo: dict[str, Any]) -> None:
    now = timezone.now()
    for slug, least, most in (("harbor", 18, 30), ("rival", 8, 8)):
        said = Message.objects.filter(tenant__slug=slug)
        people = Contact.objects.filter(tenant__slug=slug, last_message_at__isnull=False)
        assert least <= people.count() <= most
        assert {"anonymous", "lead"} <= set(people.values_list("type", flat=True))
        assert {"message", "note", "event"} == set(said.values_list("kind", flat=True))
        span = said.aggregate(first=Min("created_at"), last=Max("created_at"))
        assert now - WEEK <= span["first"] < now - timedelta(days=5)
        assert now - timedelta(hours=1) < span["last"] <= now
        assert len({at.date() for at in said.values_list("created_at", flat=True)}) >= 6
        threads = Conversation.objects.filter(tenant__slug=slug)
        assert threads.filter(status="closed").count() > 3 and threads.filter(cycle=2).exists()
        assert threads.filter(status="open", assignee=None, waiting_since__isnull=False, first_reply_at=None).exists()
        assert threads.filter(status="open", assignee__isnull=False).exists()
    assert Contact.objects.filter(message_count__gte=14).count() >= 2
    for slug in ("harbor", "rival"):
        said = Message.objects.filter(tenant__slug=slug, kind="message")
        assert said.filter(body__contains="¿").count() >= 3
        assert said.filter(body__contains="you").count() >= 3


def test_times_grow_with_the_numbers(demo: dict[str, Any]) -> None:
    for thread in Conversation.objects.all():
        parts = Message.objects.filter(tenant_id=thread.tenant_id, conversation=thread).order_by("seq")
        times = list(parts.values_list("created_at", flat=True))
        assert times == sorted(set(times))
        assert thread.created_at <= times[0] and times[-1] == thread.last_part_at
    for stream in Event.objects.values_list("stream", flat=True).distinct():
        logged = list(Event.objects.filter(stream=stream).order_by("seq").values_list("created_at", flat=True))
        assert logged == sorted(logged)
    assert not Contact.objects.filter(created_at__gt=F("last_message_at")).exists()
    assert not Agent.objects.filter(created_at__gt=timezone.now() - WEEK).exists()


@pytest.mark.parametrize("at", [datetime(2026, 3, 1, 0, 0, 30, tzinfo=UTC), datetime(2026, 3, 1, 23, 59, tzinfo=UTC)])
def test_no_story_reaches_into_the_future_whenever_it_is_told(at: datetime) -> None:
    for story in [story for company in COMPANIES for story in company.stories]:
        moments = [moment for moment, _ in story.agenda(at)]
        assert moments == sorted(moments)
        assert at - WEEK <= moments[0] and moments[-1] <= at, story.visitor


def test_the_clock_is_put_back(db: None) -> None:
    before = timezone.now()
    long_ago = before - WEEK
    with pytest.raises(ValueError, match="no number"), standing_at(long_ago):
        assert timezone.now() == long_ago
        int("no number")
    assert timezone.now() >= before


# Side by side


@pytest.fixture
def empty_place(tmp_path: Path, postgres_server: PostgresServer) -> Iterator[Place]:
    """A migrated database of the kind under test, for processes of their own."""
    name = f"demo_{secrets.token_hex(6)}"
    is_postgres = connection.vendor == "postgresql"
    url = postgres_server.create_database(name) if is_postgres else f"sqlite:///{tmp_path / 'demo.sqlite3'}"
    place = Place(tmp_path, url)
    manage("migrate", "--verbosity=0", env=place.environment())
    yield place
    if is_postgres:
        postgres_server.drop_database(name)


def test_two_that_start_at_once_set_up_one_demo(empty_place: Place) -> None:
    env = empty_place.environment()
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(lambda _: manage("demo", "--json", env=env), range(2))
    assert json.loads(first) == json.loads(second)
    counts = (
        "from messenger.models import *; print(Tenant.objects.count(), Contact.objects.count(), User.objects.count())"
    )
    people = sum(len(company.stories) for company in COMPANIES)
    assert manage("shell", "-v0", "-c", counts, env=env).split() == ["2", str(people), "6"]
