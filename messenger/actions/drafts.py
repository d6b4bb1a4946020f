"""What agents have begun to write, kept per conversation so that it is there in their next browser, too."""

from __future__ import annotations

import uuid

from ..errors import DraftChanged
from ..models import Agent, Draft
from .locks import lock_owner, require_present
from .verb import in_one_transaction


@in_one_transaction
def save_draft(*, by: Agent, conversation_id: uuid.UUID, kind: str, text: str, version: int) -> Draft | None:
    """Keep what the agent has written so far; without any text there is no draft. Returns it with its new version.

    `version` is that of the draft it was made of, 0 without one. Raises NotFound, Invalid for text to a person who
    was erased, and DraftChanged when there is another one by now: of another tab or browser, or none because it was
    sent.
    """
    contact = lock_owner(by.tenant_id, conversation_id)
    if text.strip():
        require_present(contact)
    known = _lock_draft(by, conversation_id)
    if version != (known.version if known else 0):
        raise DraftChanged(known)
    if not text.strip():
        if known:
            known.delete()
        return None
    if known is None:
        return _begin(by, conversation_id, kind, text)
    if (known.kind, known.text) != (kind, text):
        known.kind, known.text, known.version = kind, text, known.version + 1
        known.save()
    return known


def drop_sent(by: Agent, conversation_id: uuid.UUID, version: int | None) -> None:
    """Forget the draft that a message was made of, in the transaction that sends it. A later one stays."""
    if version:
        own = Draft.objects.filter(tenant_id=by.tenant_id, agent=by, conversation=conversation_id)
        own.filter(version__lte=version).delete()


def _lock_draft(by: Agent, conversation_id: uuid.UUID) -> Draft | None:
    own = Draft.objects.filter(tenant_id=by.tenant_id, agent=by, conversation=conversation_id)
    return own.select_for_update(no_key=True).first()


def _begin(by: Agent, conversation_id: uuid.UUID, kind: str, text: str) -> Draft:
    return Draft.objects.create(tenant_id=by.tenant_id, agent=by, conversation_id=conversation_id, kind=kind, text=text)
