"""Files come in two phases: sent up on their own, then claimed by exactly one message of whoever sent them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.utils import timezone

from ..errors import Invalid, KeyReused
from ..events import EventLog
from ..files import CheckedFile
from ..models import Agent, Attachment, Contact, Message, new_id
from ..models.files import path_for
from ..principals import Visitor
from .profile import speaker_of
from .verb import verb

UNCLAIMED_LASTS = timedelta(hours=24)
_BATCH = 200


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The kept file, and whether it had been kept before."""

    attachment: Attachment
    is_replay: bool


def upload_file(
    *, by: Visitor | Agent, client_upload_id: uuid.UUID, content: File[bytes], checked: CheckedFile
) -> Uploaded:
    """Keep a file until a message claims it, once per key. A visitor who is nobody yet becomes a contact.

    The bytes are written before the row, outside any transaction; what a failure leaves behind is taken away. Raises
    KeyReused for another file under the same key, and Forbidden for a blocked contact.
    """
    attachment_id = new_id()
    stored = default_storage.save(path_for(by.tenant_id, attachment_id), content)
    try:
        kept = _keep_file(
            by=by, client_upload_id=client_upload_id, attachment_id=attachment_id, stored=stored, checked=checked
        )
    except BaseException:
        default_storage.delete(stored)
        raise
    if kept.attachment.file.name != stored:
        default_storage.delete(stored)
    return kept


@verb
def _keep_file(
    events: EventLog,
    *,
    by: Visitor | Agent,
    client_upload_id: uuid.UUID,
    attachment_id: uuid.UUID,
    stored: str,
    checked: CheckedFile,
) -> Uploaded:
    owner: dict[str, Any] = {"agent": by} if isinstance(by, Agent) else {"contact": speaker_of(by)}
    known = Attachment.objects.filter(tenant_id=by.tenant_id, client_upload_id=client_upload_id, **owner).first()
    if known:
        if known.sha256 != checked.sha256:
            raise KeyReused("This key was already used for a different file.")
        return Uploaded(known, is_replay=True)
    attachment = Attachment.objects.create(
        id=attachment_id,
        tenant_id=by.tenant_id,
        client_upload_id=client_upload_id,
        file=stored,
        created_at=events.at,
        **owner,
        **{name: getattr(checked, name) for name in ("name", "content_type", "size", "sha256", "width", "height")},
    )
    return Uploaded(attachment, is_replay=False)


def hold_files(
    ids: Sequence[uuid.UUID], *, tenant_id: uuid.UUID, contact: Contact | None = None, agent: Agent | None = None
) -> list[Attachment]:
    """Return the author's own unclaimed files, locked, in the order asked for. Raises Invalid for any other (S21)."""
    if not ids:
        return []
    own = Attachment.objects.filter(tenant_id=tenant_id, contact=contact, agent=agent, message=None)
    found = {one.id: one for one in own.filter(id__in=ids).order_by("id").select_for_update(no_key=True)}
    if len(found) != len(ids):
        raise Invalid(
            "One of these files is not there to be sent.", code="attachment_not_available", attr="attachment_ids"
        )
    return [found[one] for one in ids]


def claim_files(held: Sequence[Attachment], message: Message) -> None:
    """Give held files to the message that carries them, for good."""
    if held:
        Attachment.objects.filter(tenant_id=message.tenant_id, id__in=[one.id for one in held]).update(message=message)


def prune_files() -> int:
    """Remove the files that no message has claimed within a day, in batches; return how many."""
    removed = 0
    while some := _prune_some():
        removed += some
    return removed


def _prune_some() -> int:
    old = Attachment.objects.filter(message=None, created_at__lt=timezone.now() - UNCLAIMED_LASTS)
    rows = list(old.order_by("created_at", "id")[:_BATCH])
    removed = 0
    for row in rows:
        # Only if it is unclaimed still: a message may be claiming it right now.
        if Attachment.objects.filter(tenant_id=row.tenant_id, id=row.id, message=None).delete()[0]:
            row.file.delete(save=False)
            removed += 1
    return removed
