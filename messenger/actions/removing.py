"""Taking whole conversations and people out of the database: for retention, and when a company starts afresh.

Pointers in the log stay, without what they pointed at, so that its numbers have no holes (I4). Whoever removes
something gives the streams that told of it another epoch: their readers take a snapshot.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from ..models import (
    Attachment,
    Contact,
    Conversation,
    Cycle,
    Device,
    Draft,
    Event,
    Mention,
    Message,
    Participant,
    Rating,
    ReadState,
    SeenState,
    Stream,
    Tagging,
    Turn,
    Visit,
    VisitorToken,
)
from ..models.events import new_epoch
from .sessions import look_again
from .stored import remove_from_storage


def remove_conversations(tenant_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> int:
    """Remove locked conversations with all that is in them; return how many. Their files go once it is committed."""
    of_them = {"tenant_id": tenant_id, "conversation__in": ids}
    rows = Conversation.objects.filter(tenant_id=tenant_id, id__in=ids)
    rows.update(last_message=None, rating=None)
    Event.objects.filter(**of_them).update(conversation=None)
    remove_files(Q(tenant_id=tenant_id, message__conversation__in=ids))
    for model in (Turn, Cycle, Draft, Mention, Rating, SeenState, ReadState, Participant, Tagging):
        model.objects.filter(**of_them).delete()
    _delete_at_once(Message.objects.filter(**of_them))
    rows.delete()
    return len(ids)


def remove_people(tenant_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> int:
    """Remove contacts, locked after their browsers, with conversations and sessions; return how many.

    A browser of theirs stays, and knows nobody.
    """
    owned = Conversation.objects.filter(tenant_id=tenant_id, contact__in=ids).order_by("id")
    remove_conversations(tenant_id, list(owned.select_for_update(no_key=True).values_list("id", flat=True)))
    remove_files(Q(tenant_id=tenant_id, contact__in=ids))
    VisitorToken.objects.filter(tenant_id=tenant_id, contact__in=ids).delete()
    VisitorToken.objects.filter(tenant_id=tenant_id, device__contact__in=ids).delete()
    Device.objects.filter(tenant_id=tenant_id, contact__in=ids).update(contact=None)
    Device.objects.filter(tenant_id=tenant_id, user__in=ids).update(user=None)
    Visit.objects.filter(tenant_id=tenant_id, contact__in=ids).delete()
    Event.objects.filter(tenant_id=tenant_id, stream__contact__in=ids).delete()
    Stream.objects.filter(tenant_id=tenant_id, contact__in=ids).delete()
    Contact.objects.filter(tenant_id=tenant_id, id__in=ids).delete()
    look_again(ids)
    return len(ids)


def _delete_at_once(messages: QuerySet[Any]) -> None:
    """Delete messages whose children are gone without reading them first: a thread may be long."""
    messages._raw_delete(messages.db)  # What `delete` itself calls in the end.


def remove_files(which: Q) -> None:
    """Remove files, first their rows and, once that is committed, what is in storage."""
    rows = Attachment.objects.filter(which)
    names = list(rows.values_list("file", flat=True))
    rows.delete()
    remove_from_storage(names)


def start_streams_anew(tenant_id: uuid.UUID, contact_ids: Iterable[uuid.UUID] = ()) -> None:
    """Have the readers of these contacts' streams, and of the team's, take a snapshot."""
    for contact_id in sorted(contact_ids):
        Stream.objects.filter(tenant_id=tenant_id, contact=contact_id).update(epoch=new_epoch())
    Stream.objects.filter(tenant_id=tenant_id, contact=None).update(epoch=new_epoch())
