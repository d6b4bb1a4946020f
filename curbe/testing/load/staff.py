"""Agents for a scenario. Runs inside the installation: there is no way to hire from outside."""

from __future__ import annotations

import json
import secrets

from messenger import actions
from messenger.models import Tenant


def hire(slug: str, number: int) -> None:
    """Print the API tokens of so many new agents of the company, as JSON."""
    tenant = Tenant.objects.get(slug=slug)
    print(json.dumps([_token_of_new_agent(tenant) for _ in range(number)]))


def _token_of_new_agent(tenant: Tenant) -> str:
    email = f"{secrets.token_hex(6)}@{tenant.slug}.example"
    agent = actions.create_agent(tenant=tenant, email=email, display_name="Robin")
    return actions.create_api_token(agent=agent, name="load")[1]
