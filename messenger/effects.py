"""Whether a request would leave anything new behind, by an indexed look: asked only when a limit is used up."""

from __future__ import annotations

import uuid

from . import statements
from .models import Attachment, Contact, Conversation, Device
from .principals import Visitor


def is_known_device(tenant_id: uuid.UUID, key_hash: str) -> bool:
    """Whether a bootstrap would find its device rather than make one."""
    return Device.objects.filter(tenant_id=tenant_id, key_hash=key_hash).exists()


def was_sent(contact: Contact | None, client_message_id: uuid.UUID) -> bool:
    """Whether a message would be a replay."""
    return contact is not None and statements.find_sent(contact.tenant_id, contact.id, client_message_id) is not None


def was_uploaded(contact: Contact | None, client_upload_id: uuid.UUID) -> bool:
    """Whether a file would be a replay."""
    if contact is None:
        return False
    owned = Attachment.objects.filter(tenant_id=contact.tenant_id, contact=contact)
    return owned.filter(client_upload_id=client_upload_id).exists()


def would_continue(visitor: Visitor, *, is_new: bool, client_conversation_id: uuid.UUID | None) -> bool:
    """Whether `start_conversation` would find its conversation rather than make one."""
    if visitor.contact is None:
        return False
    owned = Conversation.objects.filter(tenant_id=visitor.tenant_id, contact=visitor.contact)
    if client_conversation_id and owned.filter(client_conversation_id=client_conversation_id).exists():
        return True
    if visitor.tenant.is_single_thread:
        return owned.exists()
    fitting = owned.exclude(status=Conversation.Status.CLOSED)
    return (fitting.filter(last_message=None) if is_new else fitting).exists()
