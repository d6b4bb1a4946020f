"""The thread: conversations, who takes part in them, what was said, and how far everybody has read."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q, Value
from django.utils.translation import gettext_lazy as _

from .. import words
from .identity import Contact, Visit
from .searchable import Searchable, SearchableQuerySet, without_words
from .tenancy import TenantKey, TenantModel, TenantOneToOne, TenantReference, one_of, owned_once
from .tenants import Agent, Team, Widget


class Status(models.TextChoices):
    OPEN = "open", _("open")
    SNOOZED = "snoozed", _("snoozed")
    CLOSED = "closed", _("closed")


class Priority(models.TextChoices):
    NONE = "none", _("none")
    LOW = "low", _("low")
    HIGH = "high", _("high")
    URGENT = "urgent", _("urgent")


class Conversation(Searchable, TenantModel):
    """The thread. Lifecycle and numbering are described in `domain.md`; the write path keeps its counters."""

    Status = Status

    Priority = Priority

    WORDS_FROM = frozenset({"subject"})

    words_from = staticmethod(words.of_conversation)

    contact = TenantKey(Contact, related_name="conversations", verbose_name=_("contact"))
    widget = TenantKey(Widget, related_name="+", verbose_name=_("widget"))
    visit = TenantKey(Visit, null=True, blank=True, related_name="+", verbose_name=_("visit"))
    client_conversation_id = models.UUIDField(null=True, blank=True, editable=False)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.OPEN)
    is_primary = models.BooleanField(_("primary"), default=True)
    cycle = models.PositiveIntegerField(_("cycle"), default=1)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    priority = models.CharField(_("priority"), max_length=10, choices=Priority.choices, default=Priority.NONE)
    tags = models.JSONField(_("tags"), default=list, blank=True)
    attributes = models.JSONField(
        _("attributes"),
        default=dict,
        db_default=Value({}, models.JSONField()),  # Processes of the release before it go on opening conversations.
        blank=True,
    )
    # How it was closed the last time; a conversation that is not closed is none.
    is_spam = models.BooleanField(_("spam"), default=False, db_default=False)
    assignee = TenantKey(Agent, null=True, blank=True, related_name="assigned", verbose_name=_("assignee"))
    team = TenantKey(Team, null=True, blank=True, related_name="assigned", verbose_name=_("team"))
    # Numbering (I3): the team counts every part, the visitor only those it may see.
    last_seq = models.PositiveIntegerField(_("last number"), default=0, editable=False)
    last_visible_seq = models.PositiveIntegerField(default=0, editable=False)
    # Two revisions, so that a note does not show in what a visitor can see.
    rev = models.PositiveIntegerField(_("revision"), default=1, editable=False)
    visible_rev = models.PositiveIntegerField(default=1, editable=False)
    # What each side has said: an unread count is the difference to a counter in the reader's `ReadState`.
    contact_messages = models.PositiveIntegerField(_("messages of the contact"), default=0, editable=False)
    reply_messages = models.PositiveIntegerField(_("replies"), default=0, editable=False)
    last_message = TenantKey("messenger.Message", null=True, blank=True, related_name="+", editable=False)
    # The sort of every list: the last message, or the start until there is one.
    last_message_at = models.DateTimeField(_("last message"))
    last_part_at = models.DateTimeField(_("last part"), editable=False)
    waiting_since = models.DateTimeField(_("waiting since"), null=True, blank=True)
    first_reply_at = models.DateTimeField(_("first reply"), null=True, blank=True)
    snoozed_until = models.DateTimeField(_("snoozed until"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    # Feedback on the present cycle: whether it is asked for, and what was given.
    asks_rating = models.BooleanField(_("asks for feedback"), default=False, editable=False)
    rating = TenantKey(
        "messenger.Rating", null=True, blank=True, related_name="+", editable=False, verbose_name=_("feedback")
    )
    created_at = models.DateTimeField(_("created"))

    # Whether the assistant is to answer what its contact writes; known where the write path has looked.
    assistant_listens = False

    objects = SearchableQuerySet.as_manager()

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        constraints = [
            owned_once("conversation"),
            # Get-or-open: at most one primary conversation that is not closed.
            models.UniqueConstraint(
                fields=["tenant", "contact"],
                condition=Q(is_primary=True) & ~Q(status="closed"),
                name="conversation_one_primary",
            ),
            # "New conversation" retried is the same conversation.
            models.UniqueConstraint(
                fields=["tenant", "contact", "client_conversation_id"], name="conversation_client_id"
            ),
            one_of("status", Status, "conversation_status"),
            one_of("priority", Priority, "conversation_priority"),
            models.CheckConstraint(
                condition=Q(last_visible_seq__lte=F("last_seq")), name="conversation_visible_within_all"
            ),
            models.CheckConstraint(
                condition=Q(status="closed", closed_at__isnull=False) | (~Q(status="closed") & Q(closed_at=None)),
                name="conversation_closed_at",
            ),
            models.CheckConstraint(
                condition=Q(status="snoozed", snoozed_until__isnull=False)
                | (~Q(status="snoozed") & Q(snoozed_until=None)),
                name="conversation_snoozed_until",
            ),
            models.CheckConstraint(condition=Q(cycle__gte=1), name="conversation_cycle"),
            TenantReference(field="contact", name="conversation_contact_tenant"),
            TenantReference(field="widget", name="conversation_widget_tenant"),
            TenantReference(field="visit", name="conversation_visit_tenant"),
            TenantReference(field="assignee", name="conversation_assignee_tenant"),
            TenantReference(field="team", name="conversation_team_tenant"),
            TenantReference(field="last_message", name="conversation_last_message_tenant"),
            TenantReference(field="rating", name="conversation_rating_tenant"),
        ]
        indexes = [
            # A contact's conversations, newest activity first: snapshot, Messages space, contact panel, get-or-open.
            models.Index(fields=["tenant", "contact", "-last_message_at", "-id"], name="conversation_of_contact"),
            # The inbox: conversations in which something was said, all of them …
            models.Index(
                fields=["tenant", "-last_message_at", "-id"],
                condition=Q(last_message__isnull=False),
                name="conversation_inbox",
            ),
            # … by status …
            models.Index(
                fields=["tenant", "status", "-last_message_at", "-id"],
                condition=Q(last_message__isnull=False),
                name="conversation_inbox_status",
            ),
            # … by team within a status …
            models.Index(
                fields=["tenant", "team", "status", "-last_message_at", "-id"],
                condition=Q(last_message__isnull=False, team__isnull=False),
                name="conversation_inbox_team",
            ),
            # … by who has waited longest within a status …
            models.Index(
                fields=["tenant", "status", "waiting_since", "id"],
                condition=Q(last_message__isnull=False, waiting_since__isnull=False),
                name="conversation_inbox_waiting",
            ),
            # … by assignee ("Mine") within a status …
            models.Index(
                fields=["tenant", "assignee", "status", "-last_message_at", "-id"],
                condition=Q(last_message__isnull=False),
                name="conversation_inbox_assignee",
            ),
            # … and "Unassigned": PostgreSQL walks no index in order below "is null", so nobody has one of their own.
            models.Index(
                fields=["tenant", "status", "-last_message_at", "-id"],
                condition=Q(last_message__isnull=False, assignee=None),
                name="conversation_inbox_nobody",
            ),
            # The reference check when retention removes a visit.
            models.Index(fields=["tenant", "visit"], condition=Q(visit__isnull=False), name="conversation_of_visit"),
            # Housekeeping: a tenant's conversations that were closed the longest ago.
            models.Index(
                fields=["tenant", "closed_at", "id"], condition=Q(status="closed"), name="conversation_closed_by_age"
            ),
            # Whose snooze is over, of all tenants: asked every few seconds.
            models.Index(fields=["snoozed_until", "id"], condition=Q(status="snoozed"), name="conversation_snoozed"),
            without_words("conversation"),
        ]

    def __str__(self) -> str:
        return self.subject or str(self.id)

    @property
    def is_closed(self) -> bool:
        return self.status == self.Status.CLOSED


class SubjectKind(models.TextChoices):
    CONTACT = "contact", _("contact")
    AGENT = "agent", _("agent")
    ASSISTANT = "assistant", _("assistant")


class Subject(models.Model):
    """Somebody in a conversation: its contact, an agent, or the assistant (who is neither)."""

    Kind = SubjectKind

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    contact = TenantKey(Contact, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("contact"))
    agent = TenantKey(Agent, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("agent"))

    class Meta:
        abstract = True

    @property
    def subject_id(self) -> uuid.UUID | None:
        return self.contact_id or self.agent_id


def subject_constraints(table: str) -> list[models.BaseConstraint]:
    """`UNIQUE (conversation, subject)` for each kind of subject, and the columns that belong to the kind."""
    per_conversation = ["tenant", "conversation"]
    return [
        one_of("kind", SubjectKind, f"{table}_kind"),
        models.CheckConstraint(
            condition=Q(kind="contact", contact__isnull=False, agent=None)
            | Q(kind="agent", contact=None, agent__isnull=False)
            | Q(kind="assistant", contact=None, agent=None),
            name=f"{table}_subject",
        ),
        models.UniqueConstraint(fields=[*per_conversation, "contact"], name=f"{table}_contact"),
        models.UniqueConstraint(fields=[*per_conversation, "agent"], name=f"{table}_agent"),
        models.UniqueConstraint(fields=per_conversation, condition=Q(kind="assistant"), name=f"{table}_assistant"),
        TenantReference(field="conversation", name=f"{table}_conversation_tenant"),
        TenantReference(field="contact", name=f"{table}_contact_tenant"),
        TenantReference(field="agent", name=f"{table}_agent_tenant"),
    ]


class Participant(Subject, TenantModel):
    """Who takes part, and what they may do: rules the write path enforces."""

    conversation = TenantKey(Conversation, related_name="participants", verbose_name=_("conversation"))
    is_active = models.BooleanField(_("active"), default=True)
    can_reply = models.BooleanField(_("can reply"), default=True)
    can_invite = models.BooleanField(_("can invite"), default=False)
    notifications_enabled = models.BooleanField(_("is notified"), default=True)
    # When an agent first replied: from then on the visitor is told that they joined.
    joined_at = models.DateTimeField(_("joined"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        constraints = [owned_once("participant"), *subject_constraints("participant")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id or ''}"


class MessageKind(models.TextChoices):
    MESSAGE = "message", _("message")
    NOTE = "note", _("note")
    EVENT = "event", _("event")


class AuthorKind(models.TextChoices):
    CONTACT = "contact", _("contact")
    AGENT = "agent", _("agent")
    ASSISTANT = "assistant", _("assistant")
    SYSTEM = "system", _("system")


class Message(Searchable, TenantModel):
    """One part of the thread: a message, a team-only note, or an event. Never removed, at most a tombstone."""

    Kind = MessageKind

    Author = AuthorKind

    WORDS_FROM = frozenset({"body", "deleted_at"})

    words_from = staticmethod(words.of_message)

    conversation = TenantKey(Conversation, related_name="messages", verbose_name=_("conversation"))
    # The thread's contact, here so that a person's history is one index walk; the author when author_kind says so.
    contact = TenantKey(Contact, related_name="messages", verbose_name=_("contact"))
    agent = TenantKey(Agent, models.PROTECT, null=True, blank=True, related_name="messages", verbose_name=_("agent"))
    seq = models.PositiveIntegerField(_("number"))
    visible_seq = models.PositiveIntegerField(_("number for visitors"), null=True)
    cycle = models.PositiveIntegerField(_("cycle"), default=1)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.MESSAGE)
    author_kind = models.CharField(_("said by"), max_length=10, choices=Author.choices)
    body = models.TextField(_("text"), blank=True)
    body_html = models.TextField(blank=True)
    event = models.JSONField(_("event"), null=True, blank=True)
    # What readers are told of its attachments, which never changes: so that a thread is read without asking for them.
    files = models.JSONField(_("files"), default=list, blank=True)
    # Ids of the agents whom a note names, for the same reason.
    mentions = models.JSONField(_("mentions"), default=list, db_default=Value([], models.JSONField()), blank=True)
    # Of the assistant: the articles it cites, which everybody is shown; and what the team may know of how it was made.
    sources = models.JSONField(_("sources"), default=list, db_default=Value([], models.JSONField()), blank=True)
    answer = models.JSONField(_("answer"), null=True, blank=True)
    client_message_id = models.UUIDField(null=True)
    request_hash = models.CharField(max_length=64, blank=True)
    visit = TenantKey(Visit, null=True, blank=True, related_name="+", verbose_name=_("visit"))
    rev = models.PositiveIntegerField(_("revision"), default=1)
    created_at = models.DateTimeField(_("created"))
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("removed"), null=True, blank=True)

    objects = SearchableQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            owned_once("message"),
            # I3, and the walk through a thread as each side reads it.
            models.UniqueConstraint(fields=["tenant", "conversation", "seq"], name="message_seq"),
            models.UniqueConstraint(fields=["tenant", "conversation", "visible_seq"], name="message_visible_seq"),
            # I2: one (author, client_message_id) is one message.
            models.UniqueConstraint(
                fields=["tenant", "contact", "client_message_id"],
                condition=Q(author_kind="contact"),
                name="message_contact_key",
            ),
            models.UniqueConstraint(
                fields=["tenant", "agent", "client_message_id"],
                condition=Q(author_kind="agent"),
                name="message_agent_key",
            ),
            # A turn is answered once: its id is the key of the assistant's message.
            models.UniqueConstraint(
                fields=["tenant", "conversation", "client_message_id"],
                condition=Q(author_kind="assistant"),
                name="message_assistant_key",
            ),
            one_of("kind", MessageKind, "message_kind"),
            one_of("author_kind", AuthorKind, "message_author_kind"),
            # I9: a note has no number in the visitor's order; what a person wrote always has one.
            models.CheckConstraint(
                condition=Q(kind="note", visible_seq=None)
                | Q(kind="message", visible_seq__isnull=False)
                | Q(kind="event"),
                name="message_note_is_hidden",
            ),
            models.CheckConstraint(
                condition=Q(author_kind="agent", agent__isnull=False) | (~Q(author_kind="agent") & Q(agent=None)),
                name="message_agent_author",
            ),
            models.CheckConstraint(
                condition=Q(kind="event", event__isnull=False) | (~Q(kind="event") & Q(event=None)),
                name="message_event",
            ),
            models.CheckConstraint(
                condition=Q(seq__gte=1) & (Q(visible_seq=None) | Q(visible_seq__gte=1)), name="message_from_1"
            ),
            TenantReference(field="conversation", name="message_conversation_tenant"),
            TenantReference(field="contact", name="message_contact_tenant"),
            TenantReference(field="agent", name="message_agent_tenant"),
            TenantReference(field="visit", name="message_visit_tenant"),
        ]
        indexes = [
            # A contact's timeline and history over all conversations, by time.
            models.Index(fields=["tenant", "contact", "-created_at", "-id"], name="message_timeline"),
            # The contact panel: the latest notes on a person.
            models.Index(
                fields=["tenant", "contact", "-created_at", "-id"], condition=Q(kind="note"), name="message_notes"
            ),
            # Search: a tenant's newest messages and notes, looked at for words that many of them have.
            models.Index(fields=["tenant", "-created_at", "-id"], condition=~Q(kind="event"), name="message_newest"),
            without_words("message"),
            # The reference check when retention removes a visit.
            models.Index(fields=["tenant", "visit"], condition=Q(visit__isnull=False), name="message_of_visit"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.seq}"


class ReadState(Subject, TenantModel):
    """How far somebody has read, in the team's order and, for the contact, also in the visitor's."""

    conversation = TenantKey(Conversation, related_name="read_states", verbose_name=_("conversation"))
    last_read_seq = models.PositiveIntegerField(_("read up to"), default=0)
    last_read_visible_seq = models.PositiveIntegerField(_("read up to, for visitors"), default=0)
    # How many messages of the other side lie at or below the cursor: the conversation's counter minus this is unread.
    messages_read = models.PositiveIntegerField(_("messages read"), default=0)
    version = models.PositiveIntegerField(_("version"), default=1)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("read state")
        verbose_name_plural = _("read states")
        constraints = [owned_once("readstate"), *subject_constraints("readstate")]

    def __str__(self) -> str:
        return f"{self.kind} {self.last_read_seq}"


class SeenState(TenantModel):
    """What the visitor may be told was seen (I11): moved by a human agent typing or replying, by nothing else."""

    conversation = TenantOneToOne(Conversation, related_name="seen_state", verbose_name=_("conversation"))
    seen_seq = models.PositiveIntegerField(_("seen up to"), default=0)
    seen_visible_seq = models.PositiveIntegerField(_("seen up to, for visitors"), default=0)
    # The conversation's counter at that point: without anything new from the contact there is nothing new to see.
    contact_messages = models.PositiveIntegerField(_("messages of the contact"), default=0)
    agent = TenantKey(Agent, related_name="+", verbose_name=_("agent"))
    at = models.DateTimeField(_("seen at"))

    class Meta:
        verbose_name = _("seen state")
        verbose_name_plural = _("seen states")
        constraints = [
            owned_once("seenstate"),
            TenantReference(field="conversation", name="seenstate_conversation_tenant"),
            TenantReference(field="agent", name="seenstate_agent_tenant"),
        ]

    def __str__(self) -> str:
        return f"seen {self.seen_seq}"
