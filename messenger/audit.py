"""Keeping account: called by the verbs, inside the transaction of the deed, so that neither is there without the other.

Who acts is told by the verb; where it is not, it is whoever is signed in where the deed was asked for.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
from django.http import HttpRequest
from django.utils import timezone

from curbe.addresses import client_address

from .events import Actor
from .models import Agent, AuditEntry
from .models.audit import ActorKind, AuditAction
from .signing import address_hash

_request: ContextVar[HttpRequest | None] = ContextVar("audited_request", default=None)


@contextmanager
def asked_by(request: HttpRequest) -> Iterator[None]:
    """What is done within was asked for by this request."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def note(
    action: AuditAction,
    *,
    tenant_id: uuid.UUID,
    by: Actor | None = None,
    subject: Any = None,
    subject_id: uuid.UUID | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write a line of the audit log about a row, or about an id. Facts are ids, roles and counts, never texts."""
    request, now = _request.get(), timezone.now()
    actor = by if by and by.kind != ActorKind.SYSTEM else _signed_in(request, tenant_id)
    AuditEntry.objects.create(
        tenant_id=tenant_id,
        action=action,
        actor_kind=actor.kind,
        actor_id=actor.id,
        subject_kind=subject._meta.model_name if subject is not None else "",
        subject_id=subject.pk if subject is not None else subject_id,
        facts=dict(facts or {}),
        trace_id=str(structlog.contextvars.get_contextvars().get("trace_id", ""))[:64],
        address_hash=_address_hash(request, tenant_id, now.date().isoformat()),
        created_at=now,
    )


def by_agent(agent: Agent) -> Actor:
    """Return an agent as the one who acts."""
    return Actor(ActorKind.AGENT, agent.id)


def _signed_in(request: HttpRequest | None, tenant_id: uuid.UUID) -> Actor:
    """Whoever works in the administration is an agent of the tenant, or an administrator of all; else it is Curbe."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return Actor(ActorKind.SYSTEM)
    agent_id = Agent.objects.filter(tenant_id=tenant_id, user=user.pk).values_list("id", flat=True).first()
    return Actor(ActorKind.AGENT, agent_id) if agent_id else Actor(ActorKind.USER, user.pk)


def _address_hash(request: HttpRequest | None, tenant_id: uuid.UUID, day: str) -> str:
    address = client_address(request) if request else ""
    return address_hash(tenant_id, address, day) if address else ""
