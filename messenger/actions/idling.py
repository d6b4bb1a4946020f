"""Closing conversations in which nothing happens any more, where a tenant wants that."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from functools import partial

from django.utils import timezone

from ..events import EventLog
from ..models import Conversation, Tenant
from ..principals import System
from .alone import alone
from .conversations import close
from .locks import lock_for_team
from .verb import verb

_BATCH = 200


@verb
def close_idle_conversation(events: EventLog, *, by: System, conversation_id: uuid.UUID) -> bool:
    """Close what nobody has written in for the tenant's `inactivity_days`; false when somebody has, or is waited for.

    Its visitor is asked for feedback as after any close. Raises NotFound.
    """
    conversation = lock_for_team(by.tenant_id, conversation_id)
    days = conversation.tenant.inactivity_days
    if days is None or not _is_idle(conversation, events.at - timedelta(days=days)):
        return False
    close(events, conversation, agent=None, asks=True, by="inactivity")
    return True


def close_idle_conversations() -> int:
    """Close what is idle in all tenants that want it, one by one, the longest first; return how many.

    At most 200 of each tenant in a pass. Any number of processes may do this at once. Raises what the database does
    when it is away.
    """
    closed = 0
    wanting = Tenant.objects.filter(is_active=True, inactivity_days__isnull=False)
    for tenant_id, days in wanting.order_by("id").values_list("id", "inactivity_days"):
        moment = timezone.now() - timedelta(days=days)  # type: ignore[arg-type]  # None of these is null.
        closed += sum(_close(tenant_id, one) for one in _idle_since(tenant_id, moment))
    return closed


def _idle_since(tenant_id: uuid.UUID, moment: datetime) -> list[uuid.UUID]:
    """Whoever waits for the team is not left alone, and a snooze is somebody's plan."""
    listed = Conversation.objects.filter(tenant_id=tenant_id, last_message__isnull=False)
    rows = listed.filter(status=Conversation.Status.OPEN, waiting_since=None, last_message_at__lte=moment)
    return list(rows.order_by("last_message_at", "id").values_list("id", flat=True)[:_BATCH])


def _is_idle(conversation: Conversation, moment: datetime) -> bool:
    is_answered = conversation.status == Conversation.Status.OPEN and conversation.waiting_since is None
    return is_answered and bool(conversation.last_message_id) and conversation.last_message_at <= moment


def _close(tenant_id: uuid.UUID, conversation_id: uuid.UUID) -> bool:
    act = partial(close_idle_conversation, by=System(tenant_id), conversation_id=conversation_id)
    return alone(act, "close", conversation_id=conversation_id)
