"""How long the log is kept, and what to do when a part of it was lost. Messages are not concerned: they stay (I1)."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db.models import Max
from django.utils import timezone

from ..models import Event, Stream
from ..models.events import new_epoch

# Whoever comes back later than this takes a snapshot instead.
CONTACT_LOG_LASTS = timedelta(days=30)
TEAM_LOG_LASTS = timedelta(days=7)
MOST_TEAM_EVENTS = 100_000
_BATCH = 1_000


def prune_log() -> int:
    """Remove pointers that are older than a stream keeps them, in batches; return how many.

    A reader that is in the middle of them is told `too_old`, because the stream says so before anything is gone.
    """
    now = timezone.now()
    return _prune_team_streams(now - TEAM_LOG_LASTS) + _prune_contact_streams(now - CONTACT_LOG_LASTS)


def rotate_epochs() -> int:
    """Give every stream another epoch, after a backup was restored; return how many there are.

    Clients that have seen what is lost now are thereby told to take a snapshot, instead of being given other events
    under numbers which they know already.
    """
    ids = list(Stream.objects.order_by("id").values_list("id", flat=True))
    for stream_id in ids:  # One by one: senders hold a contact's stream and the tenant's at once.
        Stream.objects.filter(id=stream_id).update(epoch=new_epoch())
    return len(ids)


def _prune_team_streams(before: datetime) -> int:
    removed = 0
    for stream in Stream.objects.filter(contact=None).order_by("id"):
        recent = Event.objects.filter(tenant_id=stream.tenant_id, stream=stream, created_at__gte=before)
        first = recent.order_by("seq").values_list("seq", flat=True).first()
        up_to = stream.head_seq if first is None else first - 1
        removed += _prune(stream.tenant_id, stream.id, max(up_to, stream.head_seq - MOST_TEAM_EVENTS))
    return removed


def _prune_contact_streams(before: datetime) -> int:
    """Event ids are ordered by time, so the oldest of all streams are found at one end of the primary key."""
    oldest = Event.objects.filter(id__lt=first_id_at(before)).filter(stream__contact__isnull=False).order_by("id")
    removed = 0
    while ids := list(oldest.values_list("id", flat=True)[:_BATCH]):
        old = Event.objects.filter(id__in=ids).order_by()
        for tenant_id, stream_id, up_to in old.values_list("tenant_id", "stream_id").annotate(Max("seq")):
            removed += _prune(tenant_id, stream_id, up_to)
    return removed


def _prune(tenant_id: uuid.UUID, stream_id: uuid.UUID, up_to: int) -> int:
    """Forget a stream's events up to a seq: the stream says so first, then they go from the oldest on."""
    Stream.objects.filter(tenant_id=tenant_id, id=stream_id, min_seq__lt=up_to).update(min_seq=up_to)
    removed = 0
    forgotten = Event.objects.filter(tenant_id=tenant_id, stream=stream_id, seq__lte=up_to)
    while seqs := list(forgotten.order_by("seq").values_list("seq", flat=True)[:_BATCH]):
        removed += forgotten.filter(seq__lte=seqs[-1]).delete()[0]
    return removed


def first_id_at(moment: datetime) -> uuid.UUID:
    """The lowest id that a row made at that moment can have."""
    milliseconds = int(moment.timestamp() * 1000)
    return uuid.UUID(int=milliseconds << 80)
