"""A company starts afresh: all its chat data goes, everything it has set up stays (the roll-out plan of seed 003)."""

from __future__ import annotations

from django.db.models import F, Q

from .. import audit
from ..models import (
    Attachment,
    Contact,
    ContactMerge,
    Conversation,
    Device,
    Event,
    Stream,
    Tenant,
    VerificationFailure,
    Visit,
    VisitorToken,
)
from ..models.audit import AuditAction
from ..models.tenancy import TenantModel
from .locks import lock_contacts, lock_devices_of
from .removing import remove_files, remove_people, start_streams_anew
from .sessions import look_again
from .verb import in_one_transaction

_BATCH = 200


# What is counted before anything goes: one removal takes what hangs on it along.
_COUNTED: dict[str, type[TenantModel]] = {
    "contacts": Contact,
    "conversations": Conversation,
    "sessions": VisitorToken,
    "visits": Visit,
    "devices": Device,
    "failures": VerificationFailure,
    "files": Attachment,
}


def wipe_chat_data(tenant: Tenant) -> dict[str, int]:
    """Remove every contact, browser, visit, conversation and file of a tenant, in batches; return how many there were.

    Settings, agents, widgets, articles, tags and teams stay, and so does the audit log, which says that it was done.
    Every client takes a fresh snapshot. Interrupted, it can be run again, and then tells of what had been left.
    """
    counts = {name: model._default_manager.filter(tenant=tenant).count() for name, model in _COUNTED.items()}
    ContactMerge.objects.filter(tenant=tenant).delete()
    # In turns: whoever is writing meanwhile comes into being between one batch and the next.
    while _wipe_people(tenant) or _wipe_browsers(tenant):
        pass
    _finish(tenant, counts)
    return counts


@in_one_transaction
def _wipe_people(tenant: Tenant) -> int:
    """A batch of them. Guests who were merged go first: users are what they point at."""
    people = Contact.objects.filter(tenant=tenant).order_by(F("merged_into").asc(nulls_last=True), "id")
    some = list(people.values_list("id", flat=True)[:_BATCH])
    lock_devices_of(tenant.id, some)
    ids = [one.id for one in lock_contacts(tenant.id, some)]
    Contact.objects.filter(tenant=tenant, merged_into__in=ids).update(merged_into=None)
    return remove_people(tenant.id, ids)


@in_one_transaction
def _wipe_browsers(tenant: Tenant) -> int:
    """A batch of those in which nobody is known, with their sessions and page views."""
    unknown = Device.objects.filter(tenant=tenant, contact=None, user=None).order_by("id")
    ids = list(unknown.select_for_update(no_key=True).values_list("id", flat=True)[:_BATCH])
    for model in (VisitorToken, Visit):
        model._default_manager.filter(tenant=tenant, device__in=ids).delete()
    Device.objects.filter(tenant=tenant, id__in=ids).delete()
    return len(ids)


@in_one_transaction
def _finish(tenant: Tenant, counts: dict[str, int]) -> None:
    """What belongs to no person; the log's numbers go on, so that no client takes something new for something known."""
    VerificationFailure.objects.filter(tenant=tenant).delete()
    remove_files(Q(tenant=tenant))
    Stream.objects.filter(tenant=tenant).update(min_seq=F("head_seq"))
    Event.objects.filter(tenant=tenant, seq__lte=F("stream__min_seq")).delete()
    start_streams_anew(tenant.id)
    audit.note(AuditAction.CHAT_DATA_WIPED, tenant_id=tenant.id, subject=tenant, facts=counts)
    look_again([tenant.id])
