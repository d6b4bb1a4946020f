"""A person is erased: what they and others said, their traits, pages and files go; ids, counts and times stay (S61).

What is emptied is named in EMPTIED, table by table, and `messenger/tests/test_walk.py` demands a place in it for every
row that points at a person or a conversation.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from itertools import islice
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from .. import audit
from ..events import EventLog, EventType
from ..models import (
    Agent,
    Attachment,
    Contact,
    Device,
    Draft,
    Message,
    Rating,
    RevocationReason,
    Visit,
    VisitorToken,
)
from ..models.audit import AuditAction
from ..principals import System, actor_of
from ..wordtables import forget_removed
from .locks import lock_conversations_of, lock_devices_of
from .parts import record_update
from .people import lock_person
from .rights import require_admin
from .sessions import look_again
from .stored import remove_from_storage
from .verb import verb

# What of an event may stay: who of the team did what. Anything else may be somebody's words.
_KEPT_FACTS = {"name", "assignee", "team", "priority", "until", "score", "spam", "by", "tag", "participant", "from"}
# So many of the latest parts are told as removed; whoever shows more takes the page anew (`contact.erased`).
_TOLD = 50
_BATCH = 500


@verb
def erase_contact(events: EventLog, *, by: Agent | System, contact_id: uuid.UUID) -> Contact:
    """Empty everything that tells of a person, and of the guests who turned out to be them; end their sessions.

    Files go once it is committed. Whoever comes back in one of their browsers is a new guest. Somebody who was erased
    stays so. Raises Forbidden for an agent who is no admin, and NotFound.
    """
    require_admin(by)
    known = Contact.objects.filter(Q(id=contact_id) | Q(merged_from=contact_id), tenant_id=by.tenant_id)
    lock_devices_of(by.tenant_id, known.values("id"))
    contact = lock_person(by.tenant_id, contact_id)
    if contact.erased_at:
        return contact
    people = [
        contact.id,
        *Contact.objects.filter(tenant_id=by.tenant_id, merged_into=contact).values_list("id", flat=True),
    ]
    conversations = lock_conversations_of(contact)
    latest = _latest(contact)
    counts = {table: empty(contact.tenant_id, people) for table, empty in EMPTIED.items()}
    for conversation in conversations:
        conversation.subject, conversation.attributes = "", {}
        conversation.rev += 1
        conversation.visible_rev += 1
        conversation.save()
        record_update(events, conversation)
    transaction.on_commit(forget_removed, robust=True)
    for part in latest:
        _tell_removed(events, part)
    audit.note(AuditAction.CONTACT_ERASED, tenant_id=by.tenant_id, by=actor_of(by), subject=contact, facts=counts)
    events.add(EventType.CONTACT_ERASED, contact.id, contact_id=contact.id)
    look_again(people)
    contact.refresh_from_db()
    return contact


def _empty_people(tenant_id: uuid.UUID, people: list[uuid.UUID]) -> int:
    """The row stays, as a guest without a name: the site's id of a user may come back as somebody new."""
    return Contact.objects.filter(tenant_id=tenant_id, id__in=people).update(
        type=Contact.Type.ANONYMOUS,
        external_id=None,
        name="",
        email="",
        phone="",
        attributes={},
        verified={},
        avatar_url="",
        client_contact_id=None,
        consented_at=None,
        erased_at=timezone.now(),
        words="",
    )


def _empty_messages(tenant_id: uuid.UUID, people: list[uuid.UUID]) -> int:
    said = Message.objects.filter(tenant_id=tenant_id, contact__in=people)
    events = said.filter(kind=Message.Kind.EVENT).only("id", "event", "rev").iterator(chunk_size=_BATCH)
    told = (event for event in events if _forget_facts(event))
    while some := list(islice(told, _BATCH)):
        Message.objects.bulk_update(some, ["event", "rev"])
    return said.exclude(kind=Message.Kind.EVENT).update(
        body="",
        body_html="",
        files=[],
        sources=[],
        request_hash="",
        words="",
        rev=F("rev") + 1,
        deleted_at=Coalesce(F("deleted_at"), timezone.now()),
    )


def _forget_facts(part: Message) -> bool:
    """Whether an event, of a locked conversation, told anything that may not stay."""
    kept = {name: value for name, value in (part.event or {}).items() if name in _KEPT_FACTS}
    if kept == part.event:
        return False
    part.event, part.rev = kept, part.rev + 1
    return True


def _empty_files(tenant_id: uuid.UUID, people: list[uuid.UUID]) -> int:
    """Those that the person sent and those that the team sent them."""
    files = Attachment.objects.filter(Q(contact__in=people) | Q(message__contact__in=people), tenant_id=tenant_id)
    names = list(files.values_list("file", flat=True))
    remove_from_storage(names)
    return files.update(name="", sha256="", content_type="", width=None, height=None)


def _empty_visits(tenant_id: uuid.UUID, people: list[uuid.UUID]) -> int:
    return Visit.objects.filter(tenant_id=tenant_id, contact__in=people).update(
        url="", title="", referrer="", user_agent="", locale="", utm={}, ip_hash=""
    )


def _empty_ratings(tenant_id: uuid.UUID, people: list[uuid.UUID]) -> int:
    return Rating.objects.filter(tenant_id=tenant_id, conversation__contact__in=people).update(remark="")


def _forget_drafts(tenant_id: uuid.UUID, people: list[uuid.UUID]) -> int:
    """What agents have begun to write to them, or about them."""
    return Draft.objects.filter(tenant_id=tenant_id, conversation__contact__in=people).delete()[0]


def _end_sessions(tenant_id: uuid.UUID, people: list[uuid.UUID]) -> int:
    """The tokens of the person, and of browsers in which they were the guest."""
    theirs = Q(contact__in=people) | Q(device__contact__in=people)
    live = VisitorToken.objects.filter(theirs, tenant_id=tenant_id, revoked_at=None)
    return live.update(revoked_at=timezone.now(), reason=RevocationReason.REVOKED)


def _forget_devices(tenant_id: uuid.UUID, people: list[uuid.UUID]) -> int:
    """A browser of theirs alone is known no more: what is left of its id fits none. One that others share stays."""
    forgotten = 0
    for device in Device.objects.filter(Q(contact__in=people) | Q(user__in=people), tenant_id=tenant_id):
        device.contact_id = None if device.contact_id in people else device.contact_id
        device.user_id = None if device.user_id in people else device.user_id
        if not (device.contact_id or device.user_id):
            device.key_hash, device.revoked_at = secrets.token_hex(32), timezone.now()
            Visit.objects.filter(tenant_id=tenant_id, device=device, contact=None).delete()
        device.save()
        forgotten += 1
    return forgotten


def _unname_log_lines(tenant_id: uuid.UUID, people: list[uuid.UUID]) -> int:
    """The administration's own log has kept what they were called; it calls them by their ids from now on."""
    of_contacts = LogEntry.objects.filter(content_type__app_label="messenger", content_type__model="contact")
    return of_contacts.filter(object_id__in=[str(one) for one in people]).update(object_repr=F("object_id"))


# In this order: whose a browser is says whose sessions are ended.
EMPTIED: dict[str, Callable[[uuid.UUID, list[uuid.UUID]], int]] = {
    "visitortoken": _end_sessions,
    "device": _forget_devices,
    "message": _empty_messages,
    "attachment": _empty_files,
    "rating": _empty_ratings,
    "draft": _forget_drafts,
    "visit": _empty_visits,
    "contact": _empty_people,
    "logentry": _unname_log_lines,
}


def _latest(contact: Contact) -> list[Message]:
    """What an open page shows of them: the latest parts of all conversations."""
    parts: QuerySet[Any] = Message.objects.filter(tenant_id=contact.tenant_id, contact=contact)
    return list(parts.exclude(kind=Message.Kind.EVENT).order_by("-created_at", "-id")[:_TOLD])[::-1]


def _tell_removed(events: EventLog, part: Message) -> None:
    type_ = EventType.NOTE_DELETED if part.visible_seq is None else EventType.MESSAGE_DELETED
    events.add(type_, part.id, contact_id=part.contact_id, conversation_id=part.conversation_id)
