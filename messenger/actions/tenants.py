"""A company and what it is given: agents, keys for its programs, and keys that sign its users."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any

from django.core.files import File
from django.db import IntegrityError, transaction
from django.utils import timezone

from .. import audit, faces
from ..errors import Forbidden, Invalid
from ..hours import check_hours, check_zone
from ..models import Agent, ApiToken, IdentitySecret, Stream, Tenant, User
from ..models.audit import AuditAction
from ..models.tenants import DAYS, MOST_RETENTION_DAYS, MOST_TIME
from ..signing import encrypt, new_token, token_hash
from .sessions import look_again, revoke_sessions_proven_by

_SLOTS = (1, 2)
_MOST_PHRASES = _PHRASE_CHARACTERS = 100


@transaction.atomic
def create_tenant(tenant: Tenant) -> Tenant:
    """Store a new tenant with the stream that its agents follow. Raises Invalid as `update_tenant` does."""
    _check_times(tenant)
    _check_phrases(tenant)
    tenant.save(force_insert=True)
    Stream.objects.create(tenant=tenant)
    return tenant


@transaction.atomic
def create_agent(
    *, tenant: Tenant, email: str, display_name: str, role: str = Agent.Role.AGENT, password: str | None = None
) -> Agent:
    """Make somebody an agent of the tenant. A user with this e-mail joins as they are, and keeps their password.

    Without a password a new user cannot sign in until one is set. Raises Invalid for somebody who is an agent already.
    """
    join = partial(_join, tenant, email.strip().lower(), password, display_name=display_name, role=role)
    try:
        agent = join()
    except IntegrityError:  # Handled: whoever took in the same person at the same moment has committed by now.
        agent = join()
    audit.note(AuditAction.AGENT_CREATED, tenant_id=tenant.id, subject=agent, facts={"role": role})
    return agent


@transaction.atomic
def _join(tenant: Tenant, email: str, password: str | None, **what: str) -> Agent:
    user = User.objects.filter(email=email).first() or User.objects.create_user(email, password)
    if Agent.objects.filter(tenant=tenant, user=user).exists():
        raise Invalid("This person is an agent here already.", code="already_agent", attr="email")
    return Agent.objects.create(tenant=tenant, user=user, **what)


@transaction.atomic
def update_tenant(tenant: Tenant) -> None:
    """Store a tenant's settings. The sockets of its agents look at once whether it is still there for them (4505).

    Raises Invalid for office hours that are none, an unknown time zone, days or minutes out of their bounds, and too
    many or too long phrases.
    """
    _check_times(tenant)
    _check_phrases(tenant)
    tenant.save()
    look_again([tenant.id])


@transaction.atomic
def set_office_hours(*, by: Agent, fields: dict[str, Any]) -> Tenant:
    """Set some of a company's office_hours, time_zone and reply_time (None: visitors are told nothing of it).

    Raises Forbidden for whoever is no admin, and Invalid as `update_tenant` does.
    """
    if not by.is_admin:
        raise Forbidden()
    tenant = Tenant.objects.select_for_update(no_key=True).get(id=by.tenant_id)
    for name, value in fields.items():
        setattr(tenant, name, "" if value is None else value)
    _check_times(tenant)
    tenant.save(update_fields=list(fields))
    return tenant


def set_availability(*, by: Agent, availability: str) -> Agent:
    """Say whether the agent answers at the moment; while nobody does, visitors are told so."""
    by.availability = availability
    by.save(update_fields=["availability"])
    return by


def update_agent(agent: Agent, *, picture: File[Any] | bool | None = None) -> None:
    """Store a membership. Sockets of an agent who was switched off or has another role end (S34).

    `picture` is a new one of them, or False to take theirs away. Raises Invalid as `faces.keep` does.
    """
    shown_before = agent.avatar_url
    if picture is not None:
        agent.avatar_url = faces.keep(agent.tenant_id, picture) if isinstance(picture, File) else ""
    try:
        _store_agent(agent, gone="" if agent.avatar_url == shown_before else shown_before)
    except BaseException:
        if agent.avatar_url != shown_before:
            faces.forget(agent.avatar_url)
        raise


@transaction.atomic
def _store_agent(agent: Agent, *, gone: str) -> None:
    before = Agent.objects.select_for_update(no_key=True).get(tenant_id=agent.tenant_id, id=agent.id)
    agent.save()
    _account_for(before, agent)
    transaction.on_commit(lambda: faces.forget(gone))
    look_again([agent.tenant_id], agent_id=agent.id)


def _account_for(before: Agent, agent: Agent) -> None:
    """A role is power, and so is being there at all."""
    if before.role != agent.role:
        changed = {"before": before.role, "after": agent.role}
        audit.note(AuditAction.ROLE_CHANGED, tenant_id=agent.tenant_id, subject=agent, facts=changed)
    if before.is_active != agent.is_active:
        action = AuditAction.AGENT_ACTIVATED if agent.is_active else AuditAction.AGENT_DEACTIVATED
        audit.note(action, tenant_id=agent.tenant_id, subject=agent)


@transaction.atomic
def update_user(user: User) -> None:
    """Store an account. Sockets of one that was switched off end (S34)."""
    user.save()
    end_agent_sockets(user)


def end_agent_sockets(user: User) -> None:
    """Have the user's sockets look at their credentials: a password was changed, or somebody has signed out (S34)."""
    for tenant_id, agent_id in Agent.objects.filter(user=user).values_list("tenant_id", "id"):
        look_again([tenant_id], agent_id=agent_id)


@transaction.atomic
def create_api_token(*, agent: Agent, name: str, key: str | None = None) -> tuple[ApiToken, str]:
    """Return a key with which a program acts as the agent, and the only copy of it: its hash is what is kept."""
    key = key or new_token("cak")
    token = ApiToken.objects.create(tenant_id=agent.tenant_id, agent=agent, name=name, key_hash=token_hash(key))
    audit.note(AuditAction.TOKEN_CREATED, tenant_id=agent.tenant_id, subject=token, facts={"agent": str(agent.id)})
    return token, key


@transaction.atomic
def revoke_api_token(token: ApiToken) -> None:
    """End a key, from now on and for good. A revoked one stays as it is."""
    live = ApiToken.objects.filter(tenant_id=token.tenant_id, id=token.id, revoked_at=None)
    if live.update(revoked_at=timezone.now()):
        audit.note(
            AuditAction.TOKEN_REVOKED, tenant_id=token.tenant_id, subject=token, facts={"agent": str(token.agent_id)}
        )
    look_again([token.tenant_id], agent_id=token.agent_id)


@transaction.atomic
def create_identity_secret(
    *, tenant: Tenant, kid: str | None = None, secret: str | None = None
) -> tuple[IdentitySecret, str]:
    """Return a key that signs the users of the tenant's site, and its text, which is kept encrypted.

    Two may be live, so that a site can change over without a pause. Raises Invalid when there are two.
    """
    secret = secret or new_token("cis")
    Tenant.objects.select_for_update(no_key=True).get(id=tenant.id)
    live = IdentitySecret.objects.filter(tenant=tenant, retired_at=None)
    slot = next(iter(set(_SLOTS) - set(live.values_list("slot", flat=True))), None)
    if slot is None:
        raise Invalid("Two secrets are in use. Retire one of them first.", code="too_many_secrets")
    kid = kid or secrets.token_hex(4)
    row = IdentitySecret.objects.create(tenant=tenant, kid=kid, slot=slot, ciphertext=encrypt(secret))
    audit.note(AuditAction.SECRET_CREATED, tenant_id=tenant.id, subject=row, facts={"kid": kid})
    return row, secret


@transaction.atomic
def retire_identity_secret(secret: IdentitySecret, *, is_lost: bool = False) -> None:
    """Stop accepting what this key signs. A retired one stays as it is.

    Of a lost one the sessions that it proved end as well: whoever found it may be in one of them.
    """
    live = IdentitySecret.objects.filter(tenant_id=secret.tenant_id, id=secret.id, retired_at=None)
    if live.update(retired_at=timezone.now()):
        facts = {"kid": secret.kid, "lost": is_lost}
        audit.note(AuditAction.SECRET_RETIRED, tenant_id=secret.tenant_id, subject=secret, facts=facts)
    if is_lost:
        revoke_sessions_proven_by(secret)


def _check_phrases(tenant: Tenant) -> None:
    """At most 100 phrases of at most 100 characters go to a person: each is looked for in every question."""
    given = tenant.handoff_phrases
    if not isinstance(given, list) or len(given) > _MOST_PHRASES or not all(map(_is_phrase, given)):
        text = f"At most {_MOST_PHRASES} phrases of at most {_PHRASE_CHARACTERS} characters."
        raise Invalid(text, code="invalid_phrases", attr="handoff_phrases")


def _is_phrase(given: object) -> bool:
    return isinstance(given, str) and 0 < len(given) <= _PHRASE_CHARACTERS


def _check_times(tenant: Tenant) -> None:
    check_hours(tenant.office_hours)
    check_zone(tenant.time_zone)
    # A day at least, because a slip here cannot be taken back.
    for name in DAYS:
        _check_between(tenant, name, 1, MOST_RETENTION_DAYS)
    for name, most in MOST_TIME.items():
        _check_between(tenant, name, 0, most)


def _check_between(tenant: Tenant, name: str, least: int, most: int) -> None:
    given, unit = getattr(tenant, name), name.rpartition("_")[2]
    if given is not None and not least <= given <= most:
        raise Invalid(f"Between {least} and {most:,} {unit}, or empty.", code=f"invalid_{unit}", attr=name)
