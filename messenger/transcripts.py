"""A conversation to take along: as a page, as plain text or as data, with what its reader may see and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import payloads, queries
from .hours import zone_of
from .models import Conversation, Tenant
from .shapes import MessagePayload

Format = Literal["html", "txt", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)
# Of a longer thread, the latest: it is a document for people, and made in one piece.
MOST_PARTS = 5000
MOST_CHARACTERS = 2_000_000
_AT_ONCE = 500
_TYPES = {"html": "text/html; charset=utf-8", "txt": "text/plain; charset=utf-8", "json": "application/json"}
_EVENTS = {
    "agent_joined": gettext_lazy("{name} joined the conversation"),
    "closed": gettext_lazy("The conversation was closed"),
    "reopened": gettext_lazy("The conversation was reopened"),
    "handed_off": gettext_lazy("The conversation was handed to the team"),
    "rated": gettext_lazy("Feedback was given"),
}


@dataclass(frozen=True, slots=True)
class Transcript:
    """A file: what it is about, its name, its type and what is in it."""

    title: str
    name: str
    content_type: str
    content: str


@dataclass(frozen=True, slots=True)
class _Line:
    """A part as people read it; an event is nobody's."""

    at: str
    author: str
    text: str
    markup: str
    files: tuple[str, ...] = ()


def for_visitor(conversation: Conversation, tenant: Tenant, as_: Format) -> Transcript:
    """Return the thread as its contact may see it, with the times of the tenant's place, in the language in use."""
    return _made(conversation, tenant, as_, _latest_parts(conversation))


def for_team(conversation: Conversation, tenant: Tenant, as_: Format) -> Transcript:
    """Return the same thread for an agent to keep or to pass on: without notes, and with the contact by name."""
    called = payloads.display_name(conversation.contact)
    parts = [_by_name(part, "contact", called) for part in _latest_parts(conversation)]
    return _made(conversation, tenant, as_, parts)


def _made(conversation: Conversation, tenant: Tenant, as_: Format, parts: list[MessagePayload]) -> Transcript:
    parts = [_by_name(part, "assistant", _("Assistant")) for part in parts]
    name = f"conversation-{timezone.localdate(conversation.created_at, zone_of(tenant.time_zone)).isoformat()}.{as_}"
    return Transcript(_title(conversation, tenant), name, _TYPES[as_], _WRITERS[as_](conversation, tenant, parts))


def _by_name(part: MessagePayload, kind: str, called: str) -> MessagePayload:
    """The part, its author called so if they are of that kind."""
    author = part["author"]
    return {**part, "author": {**author, "name": called}} if author["kind"] == kind else part


def _latest_parts(conversation: Conversation) -> list[MessagePayload]:
    """As many as there is room for, oldest first."""
    parts: list[MessagePayload] = []
    room = MOST_CHARACTERS
    for part in islice(_newest_first(conversation), MOST_PARTS):
        room -= len(part["body"]) + len(part["body_html"])
        if room < 0:
            break
        parts.append(part)
    return parts[::-1]


def _newest_first(conversation: Conversation) -> Iterator[MessagePayload]:
    before, has_more = None, True
    while has_more:
        items, has_more = queries.visitor_messages(conversation, before=before, after=None, limit=_AT_ONCE)
        yield from reversed(items)
        before = items[0]["seq"] if items else None


def _as_data(conversation: Conversation, tenant: Tenant, parts: list[MessagePayload]) -> str:
    told = queries.visitor_conversation(conversation)
    data = {"conversation": told, "messages": parts, "is_complete": not _is_cut(parts)}
    return json.dumps(data, ensure_ascii=False, indent=1)


def _as_text(conversation: Conversation, tenant: Tenant, parts: list[MessagePayload]) -> str:
    lines = [_title(conversation, tenant), ""]
    for line in _lines(tenant, parts):
        who = f"{line.author}: " if line.author else ""
        lines.append(f"[{line.at}] {who}{line.text}".rstrip())
        lines += [f"  + {name}" for name in line.files]
    return "\n".join([*lines, ""])


def _as_page(conversation: Conversation, tenant: Tenant, parts: list[MessagePayload]) -> str:
    context = {"title": _title(conversation, tenant), "lines": _lines(tenant, parts)}
    return render_to_string("messenger/transcript.html", context)


_WRITERS: dict[Format, Callable[[Conversation, Tenant, list[MessagePayload]], str]] = {
    "html": _as_page,
    "txt": _as_text,
    "json": _as_data,
}


def _title(conversation: Conversation, tenant: Tenant) -> str:
    day = date_format(timezone.localtime(conversation.created_at, zone_of(tenant.time_zone)), "DATE_FORMAT")
    return _("Conversation with {company} of {day}").format(company=tenant.name, day=day)


def _lines(tenant: Tenant, parts: list[MessagePayload]) -> list[_Line]:
    zone = zone_of(tenant.time_zone)
    lines = [line for part in parts if (line := _line(part, tenant, zone)).text or line.files]
    return [_Line(lines[0].at, "", _("Earlier messages are left out."), ""), *lines] if _is_cut(parts) else lines


def _is_cut(parts: list[MessagePayload]) -> bool:
    return bool(parts) and parts[0]["seq"] > 1


def _line(part: MessagePayload, tenant: Tenant, zone: ZoneInfo) -> _Line:
    at = date_format(timezone.localtime(datetime.fromisoformat(part["created_at"]), zone), "SHORT_DATETIME_FORMAT")
    author = part["author"]
    name = author["name"] or (_("You") if author["kind"] == "contact" else tenant.name)
    if part["event"]:
        return _Line(at, "", str(_EVENTS.get(part["event"]["name"], "")).format(name=name), "")
    if part["deleted"]:
        return _Line(at, name, _("This message was deleted"), "")
    return _Line(at, name, part["body"], part["body_html"], tuple(one["name"] for one in part["attachments"]))
