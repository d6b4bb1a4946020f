"""The write path. One function is one domain verb: atomic, event-emitting, and a no-op when nothing changes."""

from .conversations import assign, close_conversation, reopen_conversation, start_conversation
from .identity import boot_device, identify_contact, introduce
from .messages import add_note, send_message, send_reply
from .profile import update_profile
from .proving import note_refused_proof
from .reading import mark_read_by_agent, mark_read_by_contact, mark_seen, type_in
from .sessions import reset_device, shutdown_device
from .tenants import (
    create_agent,
    create_api_token,
    create_identity_secret,
    create_tenant,
    retire_identity_secret,
    revoke_api_token,
)
from .visits import record_visit

__all__ = [
    "add_note",
    "assign",
    "boot_device",
    "close_conversation",
    "create_agent",
    "create_api_token",
    "create_identity_secret",
    "create_tenant",
    "identify_contact",
    "introduce",
    "mark_read_by_agent",
    "mark_read_by_contact",
    "mark_seen",
    "note_refused_proof",
    "record_visit",
    "reopen_conversation",
    "reset_device",
    "retire_identity_secret",
    "revoke_api_token",
    "send_message",
    "send_reply",
    "shutdown_device",
    "start_conversation",
    "type_in",
    "update_profile",
]
