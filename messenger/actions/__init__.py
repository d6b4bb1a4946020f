"""The write path. One function is one domain verb: atomic, event-emitting, and a no-op when nothing changes."""

from .accounts import note_sign_in
from .articles import create_article, delete_article, save_article, update_article
from .conversations import assign, close_conversation, end_conversation, reopen_conversation, start_conversation
from .correcting import edit_message, redact_message
from .describing import add_participant, describe_conversation
from .drafts import save_draft
from .erasing import erase_contact
from .exporting import export_contact
from .feedback import rate_conversation
from .files import upload_file
from .founding import found_company, note_widget_seen
from .identity import boot_device, identify_contact, introduce
from .idling import close_idle_conversation, close_idle_conversations
from .keeping import prune_conversations, prune_guests, prune_visits
from .messages import add_note, send_message, send_reply
from .muting import mute_conversation
from .outreach import write_to_contact
from .people import block_contact, create_contact, update_contact
from .preferences import set_preferences
from .profile import update_profile
from .proving import note_refused_proof
from .reading import mark_read_by_agent, mark_read_by_contact, mark_seen, mark_unread_by_agent, type_in
from .retention import prune_log, rotate_epochs
from .saved_replies import create_saved_reply, delete_saved_reply, save_reply, update_saved_reply
from .sessions import reset_device, shutdown_device
from .snoozing import snooze_conversation, wake_conversation, wake_due
from .stored import prune_files, prune_storage
from .tagging import archive_tag, create_tag, tag_conversation, untag_conversation, update_tag
from .teams import archive_team, create_team, update_team
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
from .transcripts import mail_transcript
from .turns import (
    answer_turn,
    ask_for_person,
    claim_turn,
    due_turns,
    hand_off_stuck,
    hand_off_turn,
    is_wanted,
    open_turn,
    put_back,
    stuck_turns,
)
from .views import create_view, delete_view, update_view
from .visits import record_visit
from .widgets import create_widget, save_widget, update_widget
from .wiping import wipe_chat_data

__all__ = [
    "add_note",
    "add_participant",
    "answer_turn",
    "archive_tag",
    "archive_team",
    "ask_for_person",
    "assign",
    "block_contact",
    "boot_device",
    "claim_turn",
    "close_conversation",
    "close_idle_conversation",
    "close_idle_conversations",
    "create_agent",
    "create_api_token",
    "create_article",
    "create_contact",
    "create_identity_secret",
    "create_saved_reply",
    "create_tag",
    "create_team",
    "create_tenant",
    "create_view",
    "create_widget",
    "delete_article",
    "delete_saved_reply",
    "delete_view",
    "describe_conversation",
    "due_turns",
    "edit_message",
    "end_agent_sockets",
    "end_conversation",
    "erase_contact",
    "export_contact",
    "found_company",
    "hand_off_stuck",
    "hand_off_turn",
    "identify_contact",
    "introduce",
    "is_wanted",
    "mail_transcript",
    "mark_read_by_agent",
    "mark_read_by_contact",
    "mark_seen",
    "mark_unread_by_agent",
    "mute_conversation",
    "note_refused_proof",
    "note_sign_in",
    "note_widget_seen",
    "open_turn",
    "prune_conversations",
    "prune_files",
    "prune_guests",
    "prune_log",
    "prune_storage",
    "prune_visits",
    "put_back",
    "rate_conversation",
    "record_visit",
    "redact_message",
    "reopen_conversation",
    "reset_device",
    "retire_identity_secret",
    "revoke_api_token",
    "rotate_epochs",
    "save_article",
    "save_draft",
    "save_reply",
    "save_widget",
    "send_message",
    "send_reply",
    "set_availability",
    "set_office_hours",
    "set_preferences",
    "shutdown_device",
    "snooze_conversation",
    "start_conversation",
    "stuck_turns",
    "tag_conversation",
    "type_in",
    "untag_conversation",
    "update_agent",
    "update_article",
    "update_contact",
    "update_profile",
    "update_saved_reply",
    "update_tag",
    "update_team",
    "update_tenant",
    "update_user",
    "update_view",
    "update_widget",
    "upload_file",
    "wake_conversation",
    "wake_due",
    "wipe_chat_data",
    "write_to_contact",
]
