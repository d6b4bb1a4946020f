"""How long a company keeps closed conversations, page views and guests: as its settings say, and for ever otherwise."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from ..models import Contact, Conversation, Device, Tenant, Visit, VisitorToken
from .locks import lock_contacts, lock_devices_of
from .removing import remove_conversations, remove_people, start_streams_anew
from .verb import in_one_transaction

log = structlog.get_logger(__name__)

_BATCH = 200
_MOST_PARTS = 10_000


def prune_conversations() -> int:
    """Remove conversations that were closed longer ago than their company keeps them; return how many."""
    return _for_each_tenant("conversation_retention_days", _prune_closed)


def prune_visits() -> int:
    """Remove page views that are older than their company keeps them, but those of a session that lives."""
    return _for_each_tenant("visit_retention_days", _prune_old_visits)


def prune_guests() -> int:
    """Remove guests without a name of whom nothing was heard for longer than their company keeps them.

    Whoever has an open conversation stays, and so does whoever was seen on a page since.
    """
    return _for_each_tenant("guest_retention_days", _prune_idle)


def _for_each_tenant(setting: str, prune: Callable[[uuid.UUID, datetime], int]) -> int:
    """One company after the other: a fault with one keeps no other, and is raised at the end."""
    tenants = Tenant.objects.filter(**{f"{setting}__gte": 1}).order_by("id")
    removed, faults = 0, []
    for tenant_id, days in tenants.values_list("id", setting):
        try:
            removed += _all_of(prune, tenant_id, timezone.now() - timedelta(days=days))
        except Exception as fault:
            log.exception("prune_failed", tenant_id=str(tenant_id), setting=setting)
            faults.append(fault)
    if faults:
        raise ExceptionGroup(f"{setting} was not enforced for {len(faults)} companies", faults)
    return removed


def _all_of(prune: Callable[[uuid.UUID, datetime], int], tenant_id: uuid.UUID, before: datetime) -> int:
    removed = 0
    while some := prune(tenant_id, before):
        removed += some
    return removed


@in_one_transaction
def _prune_closed(tenant_id: uuid.UUID, before: datetime) -> int:
    closed = Conversation.objects.filter(
        tenant_id=tenant_id, status=Conversation.Status.CLOSED, closed_at__lt=before
    ).order_by("closed_at", "id")
    found = _some_of(closed)
    people = lock_contacts(tenant_id, set(found.values()))
    # Only what is closed still, and theirs still: somebody may have written or signed in meanwhile.
    still = closed.filter(id__in=found, contact__in=people).select_for_update(no_key=True)
    ids = list(still.values_list("id", flat=True))
    removed = remove_conversations(tenant_id, ids)
    for contact in people:
        _count_again(contact)
    if removed:
        start_streams_anew(tenant_id, {one.id for one in people})
    return removed


def _some_of(closed: QuerySet[Conversation]) -> dict[uuid.UUID, uuid.UUID]:
    """The first of them with their contacts: at most 200, and as many as have 10,000 messages between them."""
    found, parts = {}, 0
    for id_, contact_id, last_seq in closed.values_list("id", "contact_id", "last_seq")[:_BATCH]:
        found[id_] = contact_id
        parts += last_seq
        if parts >= _MOST_PARTS:
            break
    return found


@in_one_transaction
def _prune_old_visits(tenant_id: uuid.UUID, before: datetime) -> int:
    live = VisitorToken.objects.filter(tenant_id=tenant_id, visit=OuterRef("id"), revoked_at=None)
    old = Visit.objects.filter(tenant_id=tenant_id, created_at__lt=before)
    unused = old.filter(~Exists(live.filter(expires_at__gt=timezone.now()))).order_by("created_at", "id")
    ids = list(unused.values_list("id", flat=True)[:_BATCH])
    Visit.objects.filter(tenant_id=tenant_id, id__in=ids).delete()
    return len(ids)


@in_one_transaction
def _prune_idle(tenant_id: uuid.UUID, before: datetime) -> int:
    ids = list(_idle(tenant_id, before).values_list("id", flat=True)[:_BATCH])
    lock_devices_of(tenant_id, ids)
    people = lock_contacts(tenant_id, ids)
    still = set(_idle(tenant_id, before).filter(id__in=ids).values_list("id", flat=True))
    removed = remove_people(tenant_id, sorted(one.id for one in people if one.id in still))
    if removed:
        start_streams_anew(tenant_id)
    return removed


def _idle(tenant_id: uuid.UUID, before: datetime) -> QuerySet[Contact]:
    guests = Contact.objects.filter(
        tenant_id=tenant_id, type=Contact.Type.ANONYMOUS, merged_into=None, erased_at=None, created_at__lt=before
    )
    silent = Q(last_message_at=None) | Q(last_message_at__lt=before)
    open_ones = Conversation.objects.filter(tenant_id=tenant_id, contact=OuterRef("id"), last_message__isnull=False)
    seen = Visit.objects.filter(tenant_id=tenant_id, contact=OuterRef("id"), created_at__gte=before)
    # Page views may be kept for a shorter time than guests: the browser remembers, too.
    back = Device.objects.filter(tenant_id=tenant_id, contact=OuterRef("id"), last_seen_at__gte=before)
    still_open = open_ones.exclude(status=Conversation.Status.CLOSED)
    return guests.filter(silent, ~Exists(still_open), ~Exists(seen), ~Exists(back)).order_by("created_at", "id")


def _count_again(contact: Contact) -> None:
    """The chat log's columns follow from what is left."""
    left = Conversation.objects.filter(tenant_id=contact.tenant_id, contact=contact, last_message__isnull=False)
    total = left.aggregate(said=Sum("contact_messages"), told=Sum("reply_messages"), last=Max("last_message_at"))
    contact.message_count = (total["said"] or 0) + (total["told"] or 0)
    contact.last_message_at = total["last"]
    contact.save(update_fields=["message_count", "last_message_at"])
