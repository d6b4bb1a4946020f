"""The sentences that scripts put on the screen, in the reader's language. `{name}` is filled in by the script."""

from __future__ import annotations

from django.utils.translation import gettext as _


def script_texts() -> dict[str, str]:
    """Return the sentences by the names under which static/inbox/texts.js knows them."""
    return {**_connection(), **_thread(), **_outbox(), **_presence(), **_list()}


def _connection() -> dict[str, str]:
    return {
        "recovering": _("The connection was lost. Trying again…"),
        "offline": _("You are offline. What you write is kept and sent when you are back."),
        "polling": _("This network blocks live updates. Messages may take a moment longer."),
        "behind": _("This page could not be brought up to date."),
        "switched": _("You switched to another company in another tab. This page still shows {tenant}."),
        "signed_out": _("You have been signed out."),
        "failed": _("That did not work. Please try again."),
        "reload": _("Reload"),
        "sign_in": _("Sign in"),
        "retry_now": _("Try now"),
    }


def _thread() -> dict[str, str]:
    return {
        "new": _("New"),
        "read": _("Read"),
        "sent": _("Sent"),
        "cycle": _("Reopened · round {cycle}"),
        "conversation": _("Conversation of {date}"),
        "marked_unread": _("Marked as unread."),
        "muted": _("Muted. You are told of mentions only."),
        "unmuted": _("You are notified again."),
        "said": _("{name} wrote: {text}"),
        "handed_over": _("The assistant handed over to the team"),
        "reply_placeholder": _("Write a reply…"),
        "note_placeholder": _("Write a note that only your team sees…"),
        "now": _("now"),
    }


def _list() -> dict[str, str]:
    return {
        "newer": _("{n} new"),
        "selected": _("{n} selected"),
        "bulk_done": _("Conversations changed: {n}."),
        "bulk_some": _("Conversations changed: {n}. Not changed: {m}."),
    }


def _outbox() -> dict[str, str]:
    return {
        "sending": _("Sending…"),
        "waiting": _("Waiting for the connection…"),
        "not_saved": _("not saved on this computer"),
        "not_sent": _("Not sent."),
        "newer_reply": _("A colleague has answered meanwhile."),
        "send_anyway": _("Send anyway"),
        "retry": _("Try again"),
        "copy": _("Copy"),
        "discard": _("Delete"),
        "send_reply": _("Send"),
        "add_note": _("Add note"),
        **_writing(),
    }


def _writing() -> dict[str, str]:
    return {
        "draft_saved": _("Draft saved"),
        "unknown_value": _("Nothing is known for this: fill it in."),
        "files_not_ready": _("Wait for the files, or remove them."),
        "file_ready": _("ready"),
        "file_many": _("A message carries at most 5 files."),
        "file_too_large": _("Files may have up to 25 MB."),
        "file_kind": _("Files of this kind cannot be sent."),
        "file_failed": _("This file could not be sent up."),
        "file_remove": _("Remove {name}"),
        "part_copy": _("Copy"),
        "part_link": _("Copy link"),
        "part_edit": _("Edit"),
        "part_remove": _("Remove"),
        "edit_save": _("Save"),
        "edit_cancel": _("Cancel"),
        "edit_late": _("The time to change this is over."),
        "remove_sure": _("Remove this for everybody? What it said is gone for good."),
        "copied": _("Copied."),
        "link_copied": _("The link was copied."),
        **_suggesting(),
        "mentioned": _("{name} mentions you: {text}"),
        "saved": _("Saved."),
    }


def _suggesting() -> dict[str, str]:
    return {
        "suggesting": _("Looking for an answer in the articles…"),
        "suggested": _("Check it before you send it."),
        "suggest_kept": _("You have already written something. Your text stays until you choose."),
        "suggest_insert": _("Insert at the cursor"),
        "suggest_replace": _("Replace the text"),
        "suggest_close": _("Hide"),
        "suggest_nothing": _("No article answers this."),
        "suggest_person": _("The visitor asks for a person, so there is nothing to suggest."),
        "suggest_often": _("That were many suggestions in a short time. Try again in {n} seconds."),
        "suggest_failed": _("The assistant could not answer. Try again, or write it yourself."),
        "sure": _("Sure: {share}%"),
    }


def _presence() -> dict[str, str]:
    return {
        "typing": _("{name} is typing…"),
        "typing_reply": _("{name} is writing a reply…"),
        "typing_note": _("{name} is writing a note…"),
        "viewing": _("{name} is viewing"),
        "online": _("Online"),
        "away": _("Away"),
    }
