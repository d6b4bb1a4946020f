"""The rows behind a conversation, to look at: who took part and read, browsers, sessions, visits, proofs, the log."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from ..models import (
    Attachment,
    AuditEntry,
    ContactMerge,
    Cycle,
    Device,
    Event,
    Message,
    Participant,
    Rating,
    ReadState,
    SeenState,
    Stream,
    Turn,
    VerificationFailure,
    Visit,
    VisitorToken,
)
from .base import ReadOnlyAdmin, one_line


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "conversation", "seq", "kind", "author", "text"]
    list_filter = ["kind", "author_kind"]
    list_select_related = ["conversation", "contact", "agent"]
    unshown = ["body_html", "client_message_id"]

    @admin.display(description=_("author"))
    def author(self, message: Message) -> str:
        person = message.contact if message.author_kind == Message.Author.CONTACT else message.agent
        return str(person or Message.Author(message.author_kind).label)

    @admin.display(description=_("text"))
    def text(self, message: Message) -> str:
        return one_line(message.body) if message.deleted_at is None else ""


@admin.register(Attachment)
class AttachmentAdmin(ReadOnlyAdmin):
    """Files: what and whose. What is in them is read where they were sent."""

    list_display = ["created_at", "name", "content_type", "size", "contact", "agent"]
    list_filter = ["content_type"]
    list_select_related = ["contact", "agent"]
    search_fields = ["name"]
    unshown = ["file", "client_upload_id", "sha256"]


@admin.register(Rating)
class RatingAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "conversation", "cycle", "score", "agent", "said"]
    list_filter = ["score"]
    list_select_related = ["conversation", "agent"]

    @admin.display(description=_("remark"))
    def said(self, rating: Rating) -> str:
        return one_line(rating.remark)


@admin.register(Cycle)
class CycleAdmin(ReadOnlyAdmin):
    """What the reports count."""

    list_display = ["started_at", "conversation", "cycle", "first_reply_at", "closed_at", "agent", "team"]
    list_filter = ["is_spam"]
    list_select_related = ["conversation", "agent", "team"]


@admin.register(Turn)
class TurnAdmin(ReadOnlyAdmin):
    """What the assistant was asked, and what became of it. How sure it was stands with its message."""

    list_display = ["asked_at", "conversation", "state", "reason", "took"]
    list_filter = ["state", "reason"]
    list_select_related = ["conversation"]
    unshown = ["id", "claim"]

    @admin.display(description=_("seconds"))
    def took(self, turn: Turn) -> str:
        return f"{(turn.ended_at - turn.asked_at).total_seconds():.1f}" if turn.ended_at else ""


class SubjectAdmin(ReadOnlyAdmin):
    """Rows about somebody in a conversation."""

    list_select_related = ["conversation", "contact", "agent"]

    @admin.display(description=_("who"))
    def who(self, row: Participant | ReadState) -> str:
        return str(row.contact or row.agent or Participant.Kind(row.kind).label)


@admin.register(Participant)
class ParticipantAdmin(SubjectAdmin):
    list_display = ["conversation", "kind", "who", "is_active", "can_reply", "notifications_enabled", "joined_at"]
    list_filter = ["kind", "is_active", "can_reply", "notifications_enabled"]


@admin.register(ReadState)
class ReadStateAdmin(SubjectAdmin):
    list_display = ["conversation", "kind", "who", "last_read_seq", "messages_read", "updated_at"]
    list_filter = ["kind"]


@admin.register(SeenState)
class SeenStateAdmin(ReadOnlyAdmin):
    list_display = ["conversation", "seen_seq", "agent", "at"]
    list_select_related = ["conversation", "agent"]


@admin.register(Device)
class DeviceAdmin(ReadOnlyAdmin):
    list_display = ["id", "contact", "user", "created_at", "last_seen_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["contact", "user"]


@admin.register(VisitorToken)
class VisitorTokenAdmin(ReadOnlyAdmin):
    list_display = ["id", "device", "contact", "assurance", "created_at", "expires_at", "revoked_at", "reason"]
    list_filter = ["assurance", ("revoked_at", admin.EmptyFieldListFilter), "reason"]
    list_select_related = ["device", "contact"]


@admin.register(Visit)
class VisitAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "contact", "widget", "title", "url", "locale"]
    list_select_related = ["contact", "widget"]
    search_fields = ["url", "title"]


@admin.register(VerificationFailure)
class VerificationFailureAdmin(ReadOnlyAdmin):
    """The verification log: who set up a site's login sees here why it is refused. The token itself is never kept."""

    list_display = ["at", "fault", "kid", "widget", "page"]
    list_display_links = ["at", "fault"]
    list_filter = ["fault"]
    list_select_related = ["widget"]
    ordering = ["tenant_id", "-at", "-id"]
    unshown = ["id"]


@admin.register(ContactMerge)
class ContactMergeAdmin(ReadOnlyAdmin):
    """Guests who turned out to be users, by a signed proof."""

    list_display = ["at", "source", "into"]
    list_select_related = ["source", "into"]
    unshown = ["id"]
    search_fields = ["source__name", "source__email", "into__name", "into__email", "into__external_id"]


@admin.register(Stream)
class StreamAdmin(ReadOnlyAdmin):
    list_display = ["id", "contact", "epoch", "head_seq", "min_seq"]
    list_select_related = ["contact"]


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "stream", "seq", "type", "conversation", "actor_kind"]
    list_filter = ["actor_kind"]
    list_select_related = ["stream", "conversation"]


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what that somebody may have to answer for. Lines are written once, and stay."""

    list_display = ["created_at", "action", "by", "subject", "told"]
    list_filter = ["action", "actor_kind", "created_at"]
    search_fields = ["=subject_id", "=actor_id", "=trace_id"]
    unshown = ["id"]

    @admin.display(description=_("by"))
    def by(self, entry: AuditEntry) -> str:
        return " ".join(filter(None, [entry.get_actor_kind_display(), str(entry.actor_id or "")]))

    @admin.display(description=_("what"))
    def subject(self, entry: AuditEntry) -> str:
        return " ".join(filter(None, [entry.subject_kind, str(entry.subject_id or "")]))

    @admin.display(description=_("facts"))
    def told(self, entry: AuditEntry) -> str:
        return one_line(", ".join(f"{name}: {value}" for name, value in sorted(entry.facts.items())))
