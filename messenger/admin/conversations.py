"""Threads, each with its parts to read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from .. import queries
from ..models import Conversation
from .base import ReadOnlyAdmin
from .thread import lay_out

_PARTS = 100


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    """Conversations by activity. They are moved by the inbox, which tells everybody; here they are looked at."""

    list_display = ["contact", "status", "assignee", "team", "widget", "said", "cycle", "last_message_at"]
    list_filter = ["status", "priority"]
    list_select_related = ["contact", "assignee", "team", "widget"]
    search_fields = ["subject", "contact__name", "contact__email"]
    ordering = ["-last_message_at", "-id"]
    change_form_template = "admin/messenger/thread_page.html"
    unshown = ["client_conversation_id", "visible_rev", "last_visible_seq", "last_message"]

    @admin.display(description=_("messages"))
    def said(self, conversation: Conversation) -> int:
        return conversation.contact_messages + conversation.reply_messages

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        conversation = self.get_object(request, object_id)
        if conversation:
            before = request.GET.get("before", "")
            bound = int(before) if before.isdecimal() and len(before) < 10 else None
            page = queries.team_messages(conversation, before=bound, after=None, limit=_PARTS)
            parts = lay_out(conversation.tenant_id, page.items)
            older = parts[0].message["seq"] if page.next else None
            extra_context = {"parts": parts, "older": older, "thread_title": _("Thread"), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, extra_context)
