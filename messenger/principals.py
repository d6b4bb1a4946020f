"""Who is asking. The tenant always comes from here, never from anything a client says."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from .errors import IdentityChanged, Unauthenticated
from .events import Actor
from .models import Agent, ApiToken, Contact, Device, RevocationReason, Tenant, Visit, VisitorToken
from .signing import token_hash

# A session slides: used within its life it is prolonged, at most this often.
SESSION_LIFE = timedelta(hours=12)
_PROLONG_AFTER = timedelta(hours=1)
# A proof is good for so long; then the page has to bring another one.
PROOF_LIFE = timedelta(days=7)
# Where a session keeps the tenant that its user chose to work in.
SESSION_TENANT = "tenant_id"
_LAST_USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Visitor:
    """A widget session: the token with its device, tenant and, once there is one, contact."""

    token: VisitorToken
    contact: Contact | None

    @property
    def tenant(self) -> Tenant:
        return self.token.tenant

    @property
    def tenant_id(self) -> uuid.UUID:
        return self.token.tenant_id

    @property
    def device(self) -> Device:
        device: Device = self.token.device
        return device

    @property
    def visit(self) -> Visit:
        """What the session looked at last. Raises Unauthenticated when it was removed, and the session with it."""
        try:
            visit: Visit = self.token.visit
        except Visit.DoesNotExist as gone:
            raise Unauthenticated() from gone
        return visit

    @property
    def is_verified(self) -> bool:
        """Whether this session may speak for a user: its token was issued for a proof (I10)."""
        return self.token.assurance == VisitorToken.Assurance.VERIFIED

    @property
    def actor(self) -> Actor:
        return Actor("contact", self.contact.id if self.contact else None)


@dataclass(frozen=True, slots=True)
class System:
    """Curbe itself in a tenant: when a time has come, and for whoever works in the administration."""

    tenant_id: uuid.UUID

    @property
    def actor(self) -> Actor:
        return Actor("system")


@dataclass(frozen=True, slots=True)
class Assistant:
    """The assistant of a tenant. It answers in a thread and hands over; no other verb is open to it."""

    tenant_id: uuid.UUID

    @property
    def actor(self) -> Actor:
        return Actor("assistant")


def actor_of(principal: Visitor | Agent | System | Assistant) -> Actor:
    """Return who an event names as its cause."""
    return Actor("agent", principal.id) if isinstance(principal, Agent) else principal.actor


def authenticate_visitor(bearer: str) -> Visitor:
    """Return the session of a bearer token, in one query. Raises Unauthenticated with the code that says why not."""
    found = authenticate_visitors([bearer])[bearer]
    if isinstance(found, Unauthenticated):
        raise found
    return found


def authenticate_visitors(bearers: Sequence[str]) -> dict[str, Visitor | Unauthenticated]:
    """Return the sessions of bearer tokens, in one query for all of them; in place of a session, why there is none."""
    hashes = {bearer: token_hash(bearer) for bearer in bearers}
    rows = VisitorToken.objects.select_related("tenant", "device", "device__contact", "contact")
    tokens = {token.token_hash: token for token in rows.filter(token_hash__in=hashes.values())}
    return {bearer: _session_or_refusal(tokens.get(of_bearer)) for bearer, of_bearer in hashes.items()}


def _session_or_refusal(token: VisitorToken | None) -> Visitor | Unauthenticated:
    try:
        return _session(token)
    except Unauthenticated as refusal:
        return refusal  # Handled: of many, each has an answer of its own.


def _session(token: VisitorToken | None) -> Visitor:
    if token is None:
        raise Unauthenticated()
    if token.revoked_at or token.device.revoked_at:
        raise ended(token.reason)
    if token.expires_at <= timezone.now():
        raise Unauthenticated("This session has ended. Start again with bootstrap.", code="session_expired")
    if not token.tenant.is_active:
        raise Unauthenticated("This messenger has been switched off.", code="tenant_disabled")
    visitor = Visitor(token, _contact_of(token))
    if visitor.contact:
        require_person(visitor, visitor.contact)
    _prolong(token)
    return visitor


def require_person(visitor: Visitor, contact: Contact | None) -> None:
    """Raise Unauthenticated unless the session speaks for this contact as it is now; for none, when it is gone.

    A user is read and written with a verified token only, a guest with its browser's; a merged guest by nobody (I10).
    """
    if contact is None or contact.merged_into_id or (contact.type == Contact.Type.USER) != visitor.is_verified:
        raise IdentityChanged()


def ended(reason: str) -> Unauthenticated:
    """Return the refusal of a session that was taken back for this reason."""
    if reason == RevocationReason.IDENTITY_CHANGED:
        return IdentityChanged()
    return Unauthenticated()


def session_end(now: datetime, proven_at: datetime | None) -> datetime:
    """Return until when a session may last that is used now: 12 h, and no longer than its proof is good for."""
    end = now + SESSION_LIFE
    return min(end, proven_at + PROOF_LIFE) if proven_at else end


def authenticate_api_token(bearer: str) -> Agent:
    """Return the agent of an API token, in one query. Raises Unauthenticated."""
    token = (
        ApiToken.objects.select_related("agent", "agent__tenant", "agent__user")
        .filter(key_hash=token_hash(bearer), revoked_at=None)
        .filter(agent__is_active=True, agent__user__is_active=True)
        .first()
    )
    if token is None:
        raise Unauthenticated("This API token is not valid.", code="invalid_token")
    if not token.agent.tenant.is_active:
        raise Unauthenticated("This messenger has been switched off.", code="tenant_disabled")
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > _LAST_USED_EVERY:
        ApiToken.objects.filter(tenant_id=token.tenant_id, id=token.id).update(last_used_at=now)
    agent: Agent = token.agent
    return agent


def authenticate_session(session_key: str | None) -> Agent:
    """Return the agent of a signed-in session, read afresh: signing out elsewhere ends it. Raises Unauthenticated."""
    if not (session_key or "").isalnum():
        raise Unauthenticated("Sign in again.", code="not_authenticated")  # None, or none of ours: nothing to look up.
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    agent = selected(memberships_of(user.pk), request.session.get(SESSION_TENANT)) if user.is_authenticated else None
    if agent is None:
        raise Unauthenticated("Sign in again.", code="not_authenticated")
    return agent


def memberships_of(user_id: uuid.UUID) -> list[Agent]:
    """Return the user's active memberships in active tenants, oldest first: what the tenant switch offers."""
    active = Q(is_active=True, tenant__is_active=True, user__is_active=True)
    return list(Agent.objects.select_related("tenant", "user").filter(active, user_id=user_id).order_by("created_at"))


def selected(memberships: list[Agent], tenant_id: object) -> Agent | None:
    """Return the membership in the selected tenant, else the oldest one."""
    chosen = (agent for agent in memberships if str(agent.tenant_id) == tenant_id)
    return next(chosen, memberships[0] if memberships else None)


def _contact_of(token: VisitorToken) -> Contact | None:
    """A token issued before its device had a contact is that contact's as soon as it exists."""
    is_open = token.contact_id is None and token.assurance == VisitorToken.Assurance.ANONYMOUS
    contact: Contact | None = token.device.contact if is_open else token.contact
    return contact


def _prolong(token: VisitorToken) -> None:
    """Slide the session, but write at most once an hour: this runs on every request."""
    expires_at = session_end(timezone.now(), token.proven_at)
    if expires_at - token.expires_at > _PROLONG_AFTER:
        token.expires_at = expires_at
        VisitorToken.objects.filter(tenant_id=token.tenant_id, id=token.id).update(expires_at=expires_at)
