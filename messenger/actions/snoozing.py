"""Putting a conversation off: until a time, or until its visitor writes, whichever comes first."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Q
from django.utils import timezone

from ..errors import Invalid
from ..events import EventLog, EventType
from ..models import Agent, Conversation
from ..payloads import timestamp
from ..principals import System
from . import lifecycle
from .alone import alone
from .locks import lock_for_team
from .parts import append_event, record
from .verb import verb

LONGEST_SNOOZE = timedelta(days=366)
_BATCH = 200


@verb
def snooze_conversation(events: EventLog, *, by: Agent, conversation_id: uuid.UUID, until: datetime) -> Conversation:
    """Put an open conversation off until a time in the future, at most a year away. Its visitor sees it as open.

    Raises NotFound, and Invalid for another time and for a conversation that is closed.
    """
    conversation = lock_for_team(by.tenant_id, conversation_id)
    if not events.at < until <= events.at + LONGEST_SNOOZE:
        raise Invalid("Choose a time in the future, at most a year away.", code="invalid_time", attr="until")
    if conversation.is_closed:
        raise Invalid("This conversation is closed. Reopen it first.", code="conversation_closed")
    if conversation.snoozed_until == until:
        return conversation
    conversation.status, conversation.snoozed_until = Conversation.Status.SNOOZED, until
    append_event(events, conversation, "snoozed", agent=by, until=timestamp(until))
    conversation.save()
    record(events, EventType.TEAM_CONVERSATION_UPDATED, conversation)
    return conversation


@verb
def wake_conversation(events: EventLog, *, by: System, conversation_id: uuid.UUID) -> bool:
    """End a snooze whose time has come; false when it has ended already, or was put off further. Raises NotFound."""
    conversation = lock_for_team(by.tenant_id, conversation_id)
    if conversation.snoozed_until is None or conversation.snoozed_until > events.at:
        return False
    lifecycle.wake(events, conversation, by="time")
    record(events, EventType.TEAM_CONVERSATION_UPDATED, conversation)
    return True


def wake_due() -> int:
    """Wake what is due, of all tenants, longest due first, one by one; return how many.

    Any number of processes may do this at once: whoever comes second to a conversation finds it awake. One that cannot
    be woken is told of in the log, and keeps nobody else asleep. Raises what the database does when it is away.
    """
    due = Conversation.objects.filter(status=Conversation.Status.SNOOZED, snoozed_until__lte=timezone.now())
    rows = due.order_by("snoozed_until", "id").values_list("snoozed_until", "id", "tenant_id")
    woken, page = 0, list(rows[:_BATCH])
    while page:
        woken += sum(_wake(tenant_id, conversation_id) for _, conversation_id, tenant_id in page)
        page = list(rows.filter(_behind(*page[-1][:2]))[:_BATCH]) if len(page) == _BATCH else []
    return woken


def _behind(until: datetime | None, conversation_id: uuid.UUID) -> Q:
    """What comes later than a conversation in a pass: those that could not be woken are left behind."""
    return Q(snoozed_until__gt=until) | Q(snoozed_until=until, id__gt=conversation_id)


def _wake(tenant_id: uuid.UUID, conversation_id: uuid.UUID) -> bool:
    act = partial(wake_conversation, by=System(tenant_id), conversation_id=conversation_id)
    return alone(act, "wake", conversation_id=conversation_id)
