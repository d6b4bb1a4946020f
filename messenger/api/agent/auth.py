"""Two ways in, one agent: the Django session (CSRF enforced) or an API token."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from rest_framework.authentication import CSRFCheck
from rest_framework.request import Request

from ...errors import DomainError, Forbidden, Unauthenticated
from ...models import Agent
from ...principals import SESSION_TENANT, authenticate_api_token, memberships_of, selected

# A page names the tenant it was rendered for, so that a switch in another tab cannot redirect its writes.
TENANT_HEADER = "X-Curbe-Tenant"


class TenantSwitched(DomainError):
    """The page belongs to a tenant that is not the session's current one any more."""

    code = "tenant_switched"
    detail = "You have switched to another company. Reload this page."


def authenticate_agent(request: Request) -> Agent:
    """Return the agent of a request. Raises Unauthenticated, Forbidden (CSRF) or TenantSwitched."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return authenticate_api_token(token.strip())
    agent = agent_of_session(request._request)
    if agent is None:
        raise Unauthenticated("Sign in, or send an API token.", code="not_authenticated")
    _enforce_csrf(request)
    if request.headers.get(TENANT_HEADER, str(agent.tenant_id)) != str(agent.tenant_id):
        raise TenantSwitched()
    return agent


def agent_of_session(request: HttpRequest) -> Agent | None:
    """Return who a signed-in user is in the tenant they selected, by default their oldest membership."""
    if not request.user.is_authenticated:
        return None
    return selected(memberships_of(request.user.pk), request.session.get(SESSION_TENANT))


def _enforce_csrf(request: Request) -> None:
    """S54: a session alone does not authorise a write."""

    def unused(_request: HttpRequest) -> Any:
        return None

    check = CSRFCheck(unused)
    check.process_request(request._request)
    reason = check.process_view(request._request, unused, (), {})
    if reason:
        raise Forbidden("The CSRF token is missing or wrong. Reload the page.", code="csrf_failed")
