"""The chat log: one row per person, newest first, and on a person's page everything that was said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Case, F, OuterRef, QuerySet, Subquery, TextField, Value, When
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from .. import queries
from ..models import Contact, Conversation
from ..shapes import MessagePayload
from .base import one_line
from .deeds import DEEDS
from .thread import PARTS, ThreadAdmin

_GUESTS = 50


class People(admin.SimpleListFilter):
    """The chat log by default; those who never said anything, and guests who became users, on request."""

    title = _("people")
    parameter_name = "people"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:
        return [
            ("silent", _("Never said anything")),
            ("merged", _("Merged into a user")),
            ("everybody", _("Everybody")),
        ]

    def queryset(self, request: HttpRequest, rows: QuerySet[Contact]) -> QuerySet[Contact]:
        chosen: dict[str | None, dict[str, Any]] = {
            None: {"last_message_at__isnull": False, "merged_into": None},
            "silent": {"last_message_at": None, "merged_into": None},
            "merged": {"merged_into__isnull": False},
        }
        return rows.filter(**chosen.get(self.value(), {}))

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        default, *others = super().choices(changelist)
        yield {**default, "display": _("Chat log")}
        yield from others


_SAID = ("name", "email", "phone", "attributes_told", "consented_at")


@admin.register(Contact)
class ContactAdmin(ThreadAdmin):
    """Contacts as a chat log, and each with their timeline over all conversations."""

    list_display = ["display_name", "identity", "last_message_at", "preview", "message_count", "is_open"]
    list_filter = [People, "type", "blocked"]
    search_fields = ["name", "email", "external_id", "verified__name__icontains", "verified__email__icontains"]
    actions = DEEDS
    readonly_fields = ["vouched_for", "attributes_told", "guests", "elsewhere"]
    fieldsets = [
        (None, {"fields": ["type", "external_id", "merged_into", "guests", "blocked", "erased_at", "created_at"]}),
        (_("Verified: what the site signed"), {"fields": ["vouched_for"]}),
        (_("Not verified: what the visitor said"), {"fields": _SAID}),
        (_("Conversations"), {"fields": ["last_message_at", "message_count", "elsewhere"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Contact]:
        return with_latest(super().get_queryset(request))

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """The chat log walks its index; where silent people are listed too, they come last on both databases."""
        if People.parameter_name in request.GET:
            return [F("last_message_at").desc(nulls_last=True), "-id"]
        return ["-last_message_at", "-id"]

    def thread(self, obj: Contact, before: str) -> tuple[Sequence[MessagePayload], str | None]:
        page = queries.timeline(obj, cursor=before, limit=PARTS)
        return page.items, page.next

    @admin.display(description=_("name"), ordering="name")
    def display_name(self, contact: Contact) -> str:
        return contact.display_name

    @admin.display(description=_("identity"), ordering="type")
    def identity(self, contact: Contact) -> str:
        return str(Contact.Type(contact.type).label)

    @admin.display(description=_("last said"))
    def preview(self, contact: Contact) -> str:
        return one_line(getattr(contact, "latest_text", "") or "")

    @admin.display(description=_("open"), boolean=True)
    def is_open(self, contact: Contact) -> bool:
        return bool(getattr(contact, "open_one", None))

    @admin.display(description=_("traits"))
    def vouched_for(self, contact: Contact) -> SafeString | str:
        return _listed(contact.verified)

    @admin.display(description=_("attributes"))
    def attributes_told(self, contact: Contact) -> SafeString | str:
        return _listed(contact.attributes)

    @admin.display(description=_("guests merged into this user"))
    def guests(self, contact: Contact) -> SafeString | str:
        """Their old ids, newest first. Each keeps a page, which says into whom it was merged."""
        ids = list(contact.merged_from.order_by("-id").values_list("pk", flat=True)[:_GUESTS])
        links = [(reverse("admin:messenger_contact_change", args=[one]), one) for one in ids]
        return format_html_join(mark_safe("<br>"), '<a href="{}">{}</a>', links) or self.get_empty_value_display()

    @admin.display(description=_("see also"))
    def elsewhere(self, contact: Contact) -> SafeString:
        pages = {"conversation": _("Conversations"), "message": _("Messages"), "visit": _("Visits")}
        links = [(reverse(f"admin:messenger_{page}_changelist"), contact.pk, label) for page, label in pages.items()]
        return format_html_join(" · ", '<a href="{}?contact__id__exact={}">{}</a>', links)


def _listed(traits: dict[str, Any]) -> SafeString | str:
    """Names and values, or the sign for "none". Both are somebody else's words, so both are escaped."""
    rows = format_html_join("", "<dt>{}</dt><dd>{}</dd>", sorted(traits.items()))
    return format_html('<dl class="traits">{}</dl>', rows) if traits else "-"


def with_latest(rows: QuerySet[Contact]) -> QuerySet[Contact]:
    """Add what was said last in any conversation, and one that is open, within the same statement.

    Each is looked up per row of the page: of an `Exists`, PostgreSQL would read every open conversation.
    """
    owned = Conversation.objects.filter(tenant=OuterRef("tenant"), contact=OuterRef("pk"), last_message__isnull=False)
    unless_removed = When(last_message__deleted_at=None, then=F("last_message__body"))
    text = Case(unless_removed, default=Value(""), output_field=TextField())
    newest = owned.annotate(text=text).order_by("-last_message_at", "-id").values("text")[:1]
    an_open_one = owned.exclude(status=Conversation.Status.CLOSED).order_by("-last_message_at", "-id").values("id")[:1]
    return rows.annotate(latest_text=Subquery(newest), open_one=Subquery(an_open_one))
