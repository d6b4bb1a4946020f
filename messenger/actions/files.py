"""Files come in two phases: sent up on their own, then claimed by exactly one message of whoever sent them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.files.storage import default_storage

from ..errors import Invalid, KeyReused
from ..events import EventLog
from ..files import CheckedFile
from ..models import Agent, Attachment, Contact, Message, new_id
from ..models.files import path_for
from ..principals import Visitor
from .profile import speaker_of
from .verb import verb


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The kept file, and whether it had been kept before."""

    attachment: Attachment
    is_replay: bool


def upload_file(*, by: Visitor | Agent, client_upload_id: uuid.UUID, checked: CheckedFile) -> Uploaded:
    """Keep a file until a message claims it, once per key. A visitor who is nobody yet becomes a contact.

    The bytes are written before the row, outside any transaction; what a failure leaves behind is taken away. Raises
    KeyReused for another file under the same key, and Forbidden for a blocked contact.
    """
    attachment_id = new_id()
    stored = default_storage.save(path_for(by.tenant_id, attachment_id), checked.content)
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
