"""The write path. One function is one domain verb: atomic, event-emitting, and a no-op when nothing changes."""

from .conversations import assign, close_conversation, reopen_conversation, start_conversation
from .identity import boot_device, record_visit, update_profile
from .messages import add_note, send_message, send_reply
from .reading import mark_read_by_agent, mark_read_by_contact, mark_seen, type_in
from .tenants import (
    create_agent,
    create_api_token,
    create_identity_secret,
    create_tenant,
    retire_identity_secret,
    revoke_api_token,
)

__all__ = [
    "add_note",
    "assign",
    "boot_device",
    "close_conversation",
    "create_agent",
    "create_api_token",
    "create_identity_secret",
    "create_tenant",
    "mark_read_by_agent",
    "mark_read_by_contact",
    "mark_seen",
    "record_visit",
    "reopen_conversation",
    "retire_identity_secret",
    "revoke_api_token",
    "send_message",
    "send_reply",
    "start_conversation",
    "type_in",
    "update_profile",
]
