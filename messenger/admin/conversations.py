"""Threads, each with its parts to read."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from .. import queries
from ..models import Conversation
from ..shapes import MessagePayload
from .thread import PARTS, ThreadAdmin


@admin.register(Conversation)
class ConversationAdmin(ThreadAdmin):
    """Conversations, the newest on top. They are moved by the inbox, which tells everybody; here they are looked at."""

    list_display = ["contact", "status", "assignee", "team", "widget", "said", "cycle", "last_message_at"]
    list_filter = ["status", "priority"]
    list_select_related = ["contact", "assignee", "team", "widget"]
    search_fields = ["subject", "contact__name", "contact__email"]
    unshown = ["client_conversation_id", "visible_rev", "last_visible_seq", "last_message"]

    @admin.display(description=_("messages"))
    def said(self, conversation: Conversation) -> int:
        return conversation.contact_messages + conversation.reply_messages

    def thread(self, obj: Conversation, before: str) -> tuple[Sequence[MessagePayload], int | None]:
        bound = int(before) if before.isdecimal() and len(before) < 10 else None
        parts, has_more = queries.team_messages(obj, before=bound, after=None, limit=PARTS)
        return parts, parts[0]["seq"] if has_more else None
