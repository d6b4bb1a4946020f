"""What was said, laid out for reading: parts with the dividers between conversations, cycles and days."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import payloads
from ..models import Conversation
from ..shapes import MessagePayload
from .base import ReadOnlyAdmin

PARTS = 100

_HAPPENED = {
    "agent_joined": gettext_lazy("joined the conversation"),
    "closed": gettext_lazy("closed the conversation"),
    "reopened": gettext_lazy("reopened the conversation"),
    "woken": gettext_lazy("the snooze has ended"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a thread and what begins with it."""

    message: MessagePayload
    at: datetime
    happened: str
    conversation: Conversation | None
    cycle: int | None
    is_new_day: bool


class ThreadAdmin(ReadOnlyAdmin):
    """A page that shows what was said, the latest 100 parts first."""

    change_form_template = "admin/messenger/thread_page.html"

    def thread(self, obj: Any, before: str) -> tuple[Sequence[MessagePayload], Any]:
        """Return parts in their order, and what to pass as `before` for older ones (None: there are none)."""
        raise NotImplementedError

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        messages, older = self.thread(obj, request.GET.get("before", ""))
        context = {**context, "parts": lay_out(obj.tenant_id, messages), "older": older}
        return super().render_change_form(request, context, add, change, form_url, obj)


def lay_out(tenant_id: uuid.UUID, messages: Sequence[MessagePayload]) -> list[Part]:
    """Return the parts in their order. `conversation` and `cycle` are set where another one begins."""
    ids = {message["conversation_id"] for message in messages}
    owned = Conversation.objects.select_related("widget", "contact").filter(tenant_id=tenant_id, id__in=ids)
    conversations = {str(one.id): one for one in owned}
    parts: list[Part] = []
    for before, message in zip([None, *messages], messages, strict=False):
        parts.append(_part(before, message, conversations))
    return parts


def _part(before: MessagePayload | None, message: MessagePayload, conversations: dict[str, Conversation]) -> Part:
    is_other = before is None or before["conversation_id"] != message["conversation_id"]
    is_next_cycle = before is not None and not is_other and before.get("cycle") != message.get("cycle")
    return Part(
        message=message,
        at=_time(message),
        happened=_happened(message["event"] or {}, conversations.get(message["conversation_id"])),
        conversation=conversations.get(message["conversation_id"]) if is_other else None,
        cycle=message.get("cycle") if is_next_cycle else None,
        is_new_day=before is None or _day(before) != _day(message),
    )


def _happened(event: dict[str, Any], conversation: Conversation | None) -> str:
    name = event.get("name", "")
    if name == "rated":
        given = _("gave {score} of 5").format(score=event.get("score"))
        return ": ".join(filter(None, [given, event.get("remark")]))
    if name == "merged" and conversation:
        return _("{guest} turned out to be {person}").format(
            guest=payloads.guest_name(event), person=conversation.contact
        )
    if name != "assigned":
        return str(_HAPPENED.get(name, name.replace("_", " ")))
    to = ", ".join(filter(None, [event.get("assignee"), event.get("team")]))
    return _("assigned this to {to}").format(to=to) if to else _("took the assignment away")


def _time(message: MessagePayload) -> datetime:
    return datetime.fromisoformat(message["created_at"])


def _day(message: MessagePayload) -> Any:
    return timezone.localtime(_time(message)).date()
