"""The named cast of the tests: Harbor (two agents, two widgets) and its rival, visitors and agents with their clients.

Everything is made through the actions, and spoken to through the doors that programs use.
"""

from __future__ import annotations

import io
import json
import logging
import secrets
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from rest_framework.test import APIClient
from structlog.stdlib import ProcessorFormatter

from messenger import actions
from messenger.models import Agent, ApiToken, Contact, Conversation, Tenant, User, Widget
from messenger.principals import Visitor, authenticate_visitor
from messenger.signing import new_token, token_hash


def device_id() -> str:
    """A device id as the loader makes them: 256 random bits."""
    return secrets.token_urlsafe(32)


@dataclass
class Caller:
    """A client of one of the APIs. `get`, `post` … return the response; nothing is asserted here."""

    base: str
    bearer: str = ""
    client: APIClient = field(default_factory=APIClient)

    def request(self, method: str, path: str, data: Any = None, **headers: str) -> Any:
        if self.bearer:
            headers = {"Authorization": f"Bearer {self.bearer}", **headers}
        # Escaped by json.dumps, so that a test can send what no well-behaved client would, such as lone surrogates.
        send = getattr(self.client, method)
        return send(f"{self.base}{path}", json.dumps(data), content_type="application/json", headers=headers)

    def get(self, path: str, data: Any = None, **headers: str) -> Any:
        if self.bearer:
            headers = {"Authorization": f"Bearer {self.bearer}", **headers}
        return self.client.get(f"{self.base}{path}", data, headers=headers)

    def post(self, path: str, data: Any = None, **headers: str) -> Any:
        return self.request("post", path, {} if data is None else data, **headers)

    def put(self, path: str, data: Any = None, **headers: str) -> Any:
        return self.request("put", path, data, **headers)


@dataclass
class Browser(Caller):
    """A visitor's browser: a device id and, after `boot`, a session."""

    base: str = "/api/messenger/"
    widget: Widget | None = None
    device: str = field(default_factory=device_id)
    snapshot: dict[str, Any] = field(default_factory=dict)

    def boot(self, widget: Widget | None = None, **body: Any) -> dict[str, Any]:
        """A page load: returns the snapshot and keeps the session."""
        chosen = widget or self.widget
        assert chosen is not None
        bearer, self.bearer = self.bearer, ""
        response = self.post("bootstrap", {"widget_id": str(chosen.id), "device_id": self.device, **body})
        assert response.status_code == 200, (bearer, response.content)
        self.snapshot = response.json()
        self.bearer = self.snapshot["session_token"]
        return self.snapshot

    @property
    def visitor(self) -> Visitor:
        """The session as the actions take it, freshly authenticated."""
        return authenticate_visitor(self.bearer)

    @property
    def contact(self) -> Contact:
        contact = self.visitor.contact
        assert contact is not None, "this visitor has not said anything yet"
        return contact

    def start(self, text: str | None = None, **body: Any) -> dict[str, Any]:
        """Open a conversation, with a first message when a text is given."""
        if text is not None:
            body["message"] = {"client_message_id": str(uuid.uuid4()), "body": text}
        response = self.post("conversations", body)
        assert response.status_code in (200, 201), response.content
        return response.json()  # type: ignore[no-any-return]

    def say(self, conversation_id: str, text: str, key: str | None = None) -> Any:
        """Send a message; the response is the caller's to judge."""
        body = {"client_message_id": key or str(uuid.uuid4()), "body": text}
        return self.post(f"conversations/{conversation_id}/messages", body)


@dataclass
class Desk(Caller):
    """An agent's program, with an API token."""

    base: str = "/api/inbox/"
    agent: Agent | None = None

    def reply(self, conversation_id: str, text: str, **body: Any) -> Any:
        body = {"client_message_id": str(uuid.uuid4()), "body": text, **body}
        return self.post(f"conversations/{conversation_id}/messages", body)

    def note(self, conversation_id: str, text: str, **body: Any) -> Any:
        return self.reply(conversation_id, text, kind="note", **body)


@dataclass
class Company:
    """A tenant with an admin, an agent and two widgets."""

    tenant: Tenant
    widget: Widget
    second_widget: Widget
    ada: Agent
    ben: Agent

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
    """Between tests Django empties SQLite's tables in any order; our references would mind, so put their check off."""
    from django.db import connection

    if connection.vendor != "sqlite":
        yield
        return
    plain = connection.ops.sql_flush

    def deferred(*args: Any, **options: Any) -> list[str]:
        return ["PRAGMA defer_foreign_keys = ON;", *plain(*args, **options)]

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
