"""The write path. One function is one domain verb: atomic, event-emitting, and a no-op when nothing changes."""

from .articles import create_article, delete_article, save_article, update_article
from .conversations import assign, close_conversation, end_conversation, reopen_conversation, start_conversation
from .feedback import rate_conversation
from .files import prune_files, upload_file
from .identity import boot_device, identify_contact, introduce
from .messages import add_note, send_message, send_reply
from .profile import update_profile
from .proving import note_refused_proof
from .reading import mark_read_by_agent, mark_read_by_contact, mark_seen, mark_unread_by_agent, type_in
from .retention import prune_log, rotate_epochs
from .sessions import reset_device, shutdown_device
from .tenants import (
    create_agent,
    create_api_token,
    create_identity_secret,
    create_tenant,
    end_agent_sockets,
    retire_identity_secret,
    revoke_api_token,
    set_availability,
    set_office_hours,
    update_agent,
    update_tenant,
    update_user,
)
from .visits import record_visit

__all__ = [
    "add_note",
    "assign",
    "boot_device",
    "close_conversation",
    "create_agent",
    "create_api_token",
    "create_article",
    "create_identity_secret",
    "create_tenant",
    "delete_article",
    "end_agent_sockets",
    "end_conversation",
    "identify_contact",
    "introduce",
    "mark_read_by_agent",
    "mark_read_by_contact",
    "mark_seen",
    "mark_unread_by_agent",
    "note_refused_proof",
    "prune_files",
    "prune_log",
    "rate_conversation",
    "record_visit",
    "reopen_conversation",
    "reset_device",
    "retire_identity_secret",
    "revoke_api_token",
    "rotate_epochs",
    "save_article",
    "send_message",
    "send_reply",
    "set_availability",
    "set_office_hours",
    "shutdown_device",
    "start_conversation",
    "type_in",
    "update_agent",
    "update_article",
    "update_profile",
    "update_tenant",
    "update_user",
    "upload_file",
]
