"""The named cast of the tests: Harbor (two agents, two widgets) and its rival, visitors and agents with their clients.

Everything is made through the actions, and spoken to through the doors that programs use.
"""

from __future__ import annotations

import io
import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest
from structlog.stdlib import ProcessorFormatter

from curbe.testing.clients import Browser, Desk, device_id
from messenger import actions
from messenger.models import Agent, ApiToken, Conversation, IdentitySecret, Tenant, User, Widget
from messenger.signing import new_token, token_hash

__all__ = ["PASSWORD", "Browser", "Company", "Desk", "device_id", "make_company", "proof", "sign_in"]


@dataclass
class Company:
    """A tenant with an admin, an agent and two widgets."""

    tenant: Tenant
    widget: Widget
    second_widget: Widget
    ada: Agent
    ben: Agent
    # kid → secret, of the live keys with which its site signs users; the last one made is the one it uses.
    secrets: dict[str, str] = field(default_factory=dict)

    def new_secret(self) -> tuple[IdentitySecret, str]:
        """Make another identity secret, with which the site signs from now on."""
        row, secret = actions.create_identity_secret(tenant=self.tenant)
        self.secrets[row.kid] = secret
        return row, secret

    def signs_with(self) -> tuple[str, str]:
        """The kid and secret that its site uses now, made when there is none yet."""
        if not self.secrets:
            self.new_secret()
        kid = list(self.secrets)[-1]
        return kid, self.secrets[kid]

    def known(self, user_id: str, text: str | None = None, **claims: Any) -> Browser:
        """Somebody's own browser, signed in as this user of the site, where they said the text when one is given."""
        browser = Browser(widget=self.widget)
        browser.boot(identity={"token": proof(self, user_id, **claims)})
        if text is not None:
            browser.start(text)
        return browser

    def browser(self, **fields: Any) -> Browser:
        """Somebody's browser that has just loaded a page with the first widget."""
        browser = Browser(widget=self.widget, **fields)
        browser.boot()
        return browser

    def desk(self, agent: Agent | None = None) -> Desk:
        """The desk of an agent, by default Ada's."""
        owner = agent or self.ada
        token = new_token("cak")
        ApiToken.objects.create(tenant=self.tenant, agent=owner, name="test", key_hash=token_hash(token))
        return Desk(bearer=token, agent=owner)

    def conversation(self, conversation_id: str) -> Conversation:
        """The row, fresh."""
        return Conversation.objects.get(tenant=self.tenant, id=conversation_id)


def proof(company: Company, user_id: str | int, *, lives_s: float = 300, **claims: Any) -> str:
    """A token as the company's site signs it for somebody logged in there; other claims as they are."""
    kid, secret = company.signs_with()
    payload = {"user_id": user_id, "exp": int(time.time() + lives_s), **claims}
    return jwt.encode(payload, secret, "HS256", headers={"kid": kid})


def sign_in(browser: Browser, company: Company, user_id: str = "grace", **claims: Any) -> dict[str, Any]:
    """Prove in this tab who it is; the new session's snapshot."""
    answer = browser.identify(proof(company, user_id, **claims))
    assert answer.status_code == 200, answer.content
    return browser.snapshot


PASSWORD = "a long enough password"


def make_company(slug: str, policy: str = Tenant.ThreadPolicy.CONVERSATIONS) -> Company:
    """Make a company whose agents are ada@<slug>.example (admin) and ben@<slug>.example."""
    tenant = actions.create_tenant(Tenant(name=slug.title(), slug=slug, thread_policy=policy))
    return Company(
        tenant,
        widget=Widget.objects.create(tenant=tenant, name="Shop"),
        second_widget=Widget.objects.create(tenant=tenant, name="Help centre"),
        ada=_make_agent(tenant, "Ada", Agent.Role.ADMIN),
        ben=_make_agent(tenant, "Ben", Agent.Role.AGENT),
    )


def _make_agent(tenant: Tenant, name: str, role: str) -> Agent:
    user = User.objects.create_user(f"{name.lower()}@{tenant.slug}.example", PASSWORD)
    return Agent.objects.create(tenant=tenant, user=user, role=role, display_name=name)


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Hashing a password is slow on purpose, and not what the tests are about."""
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session", autouse=True)
def emptying_in_any_order() -> Iterator[None]:
    """Between tests Django empties all tables, the audit log as well, and SQLite's in any order: let it.

    Our references would mind the order, so their check is put off.
    """
    from django.db import connection

    from messenger.unchanging import emptied

    plain = connection.ops.sql_flush
    first = ["PRAGMA defer_foreign_keys = ON;"] if connection.vendor == "sqlite" else []

    def deferred(*args: Any, **options: Any) -> list[str]:
        return [*first, *emptied(plain(*args, **options), connection.vendor)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection.ops, "sql_flush", deferred)
        yield


@pytest.fixture
def harbor(db: None) -> Company:
    """The company most tests are about."""
    return make_company("harbor")


@pytest.fixture
def rival(db: None) -> Company:
    """Another company, which must never learn anything of Harbor; it keeps one thread per contact."""
    return make_company("rival", Tenant.ThreadPolicy.SINGLE_THREAD)


@pytest.fixture
def guest(harbor: Company) -> Browser:
    """A visitor of Harbor who has not said anything."""
    return harbor.browser()


@pytest.fixture
def desk(harbor: Company) -> Desk:
    """Ada's desk."""
    return harbor.desk()


@pytest.fixture
def chat(guest: Browser) -> dict[str, Any]:
    """The guest's conversation with a first message in it, as `POST conversations` answered."""
    return guest.start("Hello, is anybody there?")


@pytest.fixture
def grace(harbor: Company, desk: Desk) -> Browser:
    """A user of Harbor's site at a computer of her own, with an answered thread."""
    browser = harbor.known("grace", name="Grace", email="grace@example.com")
    thread = browser.start("From my other computer")["conversation"]["id"]
    desk.reply(thread, "Noted")
    return browser


@pytest.fixture
def outsider(rival: Company) -> Browser:
    """A visitor of the rival, with a thread of their own: whatever they try on Harbor's must look like nothing."""
    browser = rival.browser()
    browser.start("I belong somewhere else")
    return browser


@pytest.fixture
def log_lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What was logged since the test began, as the production formatter writes it: one JSON object a line."""
    root = logging.getLogger()
    formatter = next(one.formatter for one in root.handlers if isinstance(one.formatter, ProcessorFormatter))
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)


QueryCounter = Callable[[Callable[[], Any]], int]


@pytest.fixture
def count_queries() -> QueryCounter:
    """Counts the statements that a call makes; BEGIN, COMMIT and savepoints are not counted."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count(call: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as captured:
            call()
        return sum(not query["sql"].startswith(_TRANSACTION) for query in captured.captured_queries)

    return count


_TRANSACTION = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
