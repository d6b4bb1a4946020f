"""The companies in the database: made when they are missing, reused when they are there."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from .. import actions
from ..models import Agent, ApiToken, Article, Conversation, IdentitySecret, Team, Tenant, User, Widget
from ..signing import token_hash
from . import credentials
from .clock import standing_at
from .companies import COMPANIES, Colleague, Company, Embed
from .stage import Cast, play
from .teamwork import share_work
from .writing import keep_replies

SUPERUSER = "admin@curbe.example"
_FOUNDED = timedelta(days=30)
_MOST_TRIES = 5


@dataclass(slots=True)
class SetUp:
    """A company as it is in the database."""

    company: Company
    tenant: Tenant
    agents: dict[str, Agent]
    widgets: list[Widget]


def set_up() -> list[SetUp]:
    """Return both companies, made now if they are missing, in one transaction: the demo is whole or absent.

    Somebody who sets it up at the same moment makes one of the two try again, and find it there.
    """
    for attempt in range(1, _MOST_TRIES + 1):
        try:
            with transaction.atomic():
                _wait_for_whoever_is_at_it()
                return _set_up_all()
        except (IntegrityError, OperationalError):
            if attempt == _MOST_TRIES:
                raise
    raise AssertionError("unreachable: the last attempt returns or raises")


def _wait_for_whoever_is_at_it() -> None:
    """A week is played for longer than a writer may be kept waiting elsewhere."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = 0")


def _set_up_all() -> list[SetUp]:
    with standing_at(timezone.now() - _FOUNDED):
        done = [_found(company) for company in COMPANIES]
    renewed = [_give_keys(one) for one in done]
    if any(renewed):
        _give_superuser()
    for one in done:
        if not Conversation.objects.filter(tenant=one.tenant).exists():
            _switch_assistant_on(one)
            with _no_news():
                play(_cast(one), one.company.stories, timezone.now())
            share_work(one.company.slug, one.agents)
            keep_replies(one.company.slug, one.agents)
    return done


@contextmanager
def _no_news() -> Iterator[None]:
    """What is played has happened days ago: today's log says nothing of it. For the whole process, like the clock."""
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(before)


def _found(company: Company) -> SetUp:
    tenant = Tenant.objects.filter(slug=company.slug).first()
    tenant = tenant or actions.create_tenant(Tenant(slug=company.slug, name=company.name, **company.settings))
    for name in company.teams:
        Team.objects.get_or_create(tenant=tenant, name=name)
    _write_help(tenant, company.articles)
    agents = {person.key: _agent(tenant, person) for person in company.people}
    return SetUp(company, tenant, agents, _widgets(tenant, company.embeds))


def _write_help(tenant: Tenant, articles: Sequence[Mapping[str, str]]) -> None:
    """The articles that are missing. What somebody has changed stays changed."""
    known = set(Article.objects.filter(tenant=tenant).values_list("slug", "locale"))
    for article in articles:
        if (article["slug"], article["locale"]) not in known:
            actions.save_article(Article(tenant=tenant, status=Article.Status.PUBLISHED, **article))


def _agent(tenant: Tenant, person: Colleague) -> Agent:
    known = Agent.objects.select_related("user").filter(tenant=tenant, user__email=person.email).first()
    return known or actions.create_agent(tenant=tenant, email=person.email, display_name=person.name, role=person.role)


def _widgets(tenant: Tenant, embeds: Sequence[Embed]) -> list[Widget]:
    """The tenant's widgets in the order they were made. What serves them now is among their allowed sites."""
    widgets = list(Widget.objects.filter(tenant=tenant).order_by("created_at", "id"))
    for number, embed in enumerate(embeds[len(widgets) :]):
        look = {"appearance": {"action_color": embed.action_color}, "texts": embed.texts}
        with standing_at(timezone.now() + timedelta(minutes=number)):
            widgets.append(Widget.objects.create(tenant=tenant, name=embed.name, **look))
    for widget in widgets:
        missing = [origin for origin in own_origins() if origin not in widget.allowed_origins]
        if missing:
            widget.allowed_origins = [*widget.allowed_origins, *missing]
            widget.save(update_fields=["allowed_origins"])
    return widgets


def _switch_assistant_on(one: SetUp) -> None:
    """It answers in the first widget of a company that has stories of it."""
    if any(story.assisted for story in one.company.stories):
        widget = one.widgets[0]
        widget.features = {**widget.features, "assistant": True}
        widget.save(update_fields=["features"])


def own_origins() -> list[str]:
    """Where the demo pages are reached: by the public address, and by either name of this machine."""
    local = [f"http://localhost:{settings.PORT}", f"http://127.0.0.1:{settings.PORT}"]
    return list(dict.fromkeys([settings.PUBLIC_URL, *local]))


def _give_keys(one: SetUp) -> bool:
    """Give passwords, API token and identity secret; false when they are given already under this SECRET_KEY."""
    slug, tenant = one.company.slug, one.tenant
    key = credentials.api_token(slug)
    if ApiToken.objects.filter(tenant=tenant, key_hash=token_hash(key)).exists():
        return False
    for agent in one.agents.values():
        agent.user.set_password(credentials.password(agent.user.email))
        agent.user.save(update_fields=["password"])
    admin = next(agent for agent in one.agents.values() if agent.is_admin)
    actions.create_api_token(agent=admin, name="Demo", key=key)
    # Under another SECRET_KEY older ones cannot be read any more, so nothing is lost with them.
    for stale in IdentitySecret.objects.filter(tenant=tenant, retired_at=None):
        actions.retire_identity_secret(stale)
    kid, secret = credentials.identity_secret(slug)
    actions.create_identity_secret(tenant=tenant, kid=kid, secret=secret)
    return True


def _give_superuser() -> None:
    user = User.objects.filter(email=SUPERUSER).first() or User.objects.create_superuser(SUPERUSER)
    user.set_password(credentials.password(SUPERUSER))
    user.save(update_fields=["password"])


def _cast(one: SetUp) -> Cast:
    teams = {team.name: team for team in Team.objects.filter(tenant=one.tenant)}
    return Cast(one.company.slug, one.company.site, one.agents, teams, one.widgets)
