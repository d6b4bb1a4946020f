"""Signing in, as far as somebody may have to answer for it."""

from __future__ import annotations

from django.db import transaction

from .. import audit
from ..events import Actor
from ..models import Agent
from ..models.audit import ActorKind, AuditAction


@transaction.atomic
def note_sign_in(*, email: str, succeeded: bool) -> None:
    """Keep account of a sign-in, or of a failed one, in every company that the account works in.

    An address that is nobody's leaves no line. What was typed is not kept.
    """
    action = AuditAction.SIGNED_IN if succeeded else AuditAction.SIGN_IN_FAILED
    for agent in Agent.objects.filter(user__email=email.strip().lower(), is_active=True).order_by("id"):
        actor = audit.by_agent(agent) if succeeded else Actor(ActorKind.SYSTEM)
        audit.note(action, tenant_id=agent.tenant_id, by=actor, subject=agent)
