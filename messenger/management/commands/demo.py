"""Two companies with a week of conversations, and what is needed to try them out."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandParser

from ...demo import credentials
from ...demo.set_up import SUPERUSER, SetUp, set_up

_ADDRESSES = [
    ("A shop with the widget", "/demo/"),
    ("Its second site", "/demo/second/"),
    ("Its customers' accounts", "/demo/account/"),
    ("Another company's shop", "/demo/rival/"),
    ("Inbox", "/inbox/"),
    ("Administration", "/admin/"),
    ("API documentation", "/api/docs"),
]


class Command(BaseCommand):
    help = "Set up the demo companies, or find them where they are, and print addresses and logins."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print ids and credentials for programs, nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        companies = set_up()
        self.stdout.write(json.dumps(as_json(companies)) if options["json"] else as_text(companies))


def as_json(companies: list[SetUp]) -> dict[str, Any]:
    """Return what outside programs start from."""
    return {"base_url": settings.PUBLIC_URL, "tenants": [_tenant(one) for one in companies]}


def as_text(companies: list[SetUp]) -> str:
    """Return addresses and logins for people."""
    lines = ["", "Curbe Messenger", ""]
    lines += [f"  {label:<24}{settings.PUBLIC_URL}{path}" for label, path in _ADDRESSES]
    for one in companies:
        lines += ["", f"  {one.tenant.name}"]
        lines += [_login(agent.user.email, agent.role) for agent in one.agents.values()]
    lines += ["", "  Every company (administration only)", _login(SUPERUSER, "superuser"), ""]
    return "\n".join(lines)


def _tenant(one: SetUp) -> dict[str, Any]:
    kid, secret = credentials.identity_secret(one.company.slug)
    return {
        "id": str(one.tenant.id),
        "slug": one.tenant.slug,
        "name": one.tenant.name,
        "widgets": [{"id": str(widget.id), "allowed_origins": widget.allowed_origins} for widget in one.widgets],
        "identity_secret": {"kid": kid, "secret": secret},
        "agents": [_agent(agent.user.email, agent.role) for agent in one.agents.values()],
        "api_token": credentials.api_token(one.company.slug),
    }


def _agent(email: str, role: str) -> dict[str, str]:
    return {"email": email, "password": credentials.password(email), "role": role}


def _login(email: str, role: str) -> str:
    return f"    {email:<24}{credentials.password(email):<24}{role}"
