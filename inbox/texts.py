"""The sentences that scripts put on the screen, in the reader's language. `{name}` is filled in by the script."""

from __future__ import annotations

from django.utils.translation import gettext as _


def script_texts() -> dict[str, str]:
    """Return the sentences by the names under which static/inbox/texts.js knows them."""
    return {**_connection(), **_thread(), **_outbox(), **_presence()}


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
        "said": _("{name} wrote: {text}"),
        "reply_placeholder": _("Write a reply…"),
        "note_placeholder": _("Write a note that only your team sees…"),
        "now": _("now"),
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
