"""What agents write with: who is named in a note, texts kept for later, and how each of them likes to work."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from .conversations import Conversation, Message
from .tenancy import TenantKey, TenantModel, TenantOneToOne, TenantReference, one_of, owned_once
from .tenants import Agent


class Mention(TenantModel):
    """An agent who is named in a note by a colleague."""

    agent = TenantKey(Agent, related_name="mentions", verbose_name=_("agent"))
    message = TenantKey(Message, related_name="mentioned", verbose_name=_("message"))
    conversation = TenantKey(Conversation, related_name="mentions", verbose_name=_("conversation"))
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("mention")
        verbose_name_plural = _("mentions")
        constraints = [
            owned_once("mention"),
            # A note names somebody once; whom it names, when it is edited or removed.
            models.UniqueConstraint(fields=["tenant", "message", "agent"], name="mention_once"),
            TenantReference(field="agent", name="mention_agent_tenant"),
            TenantReference(field="message", name="mention_message_tenant"),
            TenantReference(field="conversation", name="mention_conversation_tenant"),
        ]
        indexes = [
            # An agent's mentions, newest first.
            models.Index(fields=["tenant", "agent", "-created_at", "-id"], name="mention_newest"),
            # The view "Mentions", and the reference check when retention removes a conversation.
            models.Index(fields=["tenant", "conversation", "agent"], name="mention_of_conversation"),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.message_id}"


# Of a shortcut: what can be typed after a slash.
SHORTCUT = r"^[A-Za-z0-9][A-Za-z0-9_-]*\Z"


class SavedReply(TenantModel):
    """A text to answer with, called by its shortcut: the whole team's or, with an agent, that agent's own."""

    agent = TenantKey(
        Agent, models.CASCADE, null=True, blank=True, related_name="saved_replies", verbose_name=_("agent")
    )
    # In lower case, so that there is one of a name however it is written.
    shortcut = models.CharField(_("shortcut"), max_length=40)
    title = models.CharField(_("title"), max_length=100)
    body = models.TextField(_("text"))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("saved reply")
        verbose_name_plural = _("saved replies")
        constraints = [
            owned_once("savedreply"),
            # The team has one of a shortcut …
            models.UniqueConstraint(
                fields=["tenant", "shortcut"],
                condition=Q(agent=None),
                name="savedreply_shared_shortcut",
                violation_error_message=_("This shortcut is taken."),
            ),
            # … and so has each agent, whatever their colleagues call theirs.
            models.UniqueConstraint(fields=["tenant", "agent", "shortcut"], name="savedreply_own_shortcut"),
            models.CheckConstraint(condition=Q(shortcut=Lower("shortcut")), name="savedreply_shortcut_lower"),
            models.CheckConstraint(condition=~Q(shortcut=""), name="savedreply_is_called"),
            models.CheckConstraint(condition=~Q(body=""), name="savedreply_says_something"),
            TenantReference(field="agent", name="savedreply_agent_tenant"),
        ]
        indexes = [
            # The replies that an agent is offered, in the order of their shortcuts.
            models.Index(fields=["tenant", "shortcut", "id"], name="savedreply_by_shortcut"),
        ]

    def __str__(self) -> str:
        return self.title


class DraftKind(models.TextChoices):
    MESSAGE = "message", _("message")
    NOTE = "note", _("note")


class Draft(TenantModel):
    """What an agent has begun to write in a conversation. `version` tells two tabs of theirs apart."""

    Kind = DraftKind

    agent = TenantKey(Agent, related_name="drafts", verbose_name=_("agent"))
    conversation = TenantKey(Conversation, related_name="drafts", verbose_name=_("conversation"))
    kind = models.CharField(_("kind"), max_length=10, choices=DraftKind.choices, default=DraftKind.MESSAGE)
    text = models.TextField(_("text"))
    version = models.PositiveIntegerField(_("version"), default=1)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [
            owned_once("draft"),
            # An agent's own in a conversation; and those of the rows on their screen.
            models.UniqueConstraint(fields=["tenant", "agent", "conversation"], name="draft_once"),
            one_of("kind", DraftKind, "draft_kind"),
            TenantReference(field="agent", name="draft_agent_tenant"),
            TenantReference(field="conversation", name="draft_conversation_tenant"),
        ]
        indexes = [
            # The reference check when retention removes a conversation.
            models.Index(fields=["tenant", "conversation"], name="draft_of_conversation"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"


class Ring(models.TextChoices):
    """Which visitors' messages an agent wants to be told of."""

    ALL = "all", _("Of every conversation")
    MINE_AND_UNASSIGNED = "mine_and_unassigned", _("Of mine, and of those that nobody has")
    MINE = "mine", _("Of mine alone")
    NONE = "none", _("Of none")


class SendKey(models.TextChoices):
    ENTER = "enter", _("Enter")
    MOD_ENTER = "mod_enter", _("Ctrl+Enter or ⌘+Enter")


class Theme(models.TextChoices):
    SYSTEM = "system", _("As the computer is set")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Preference(TenantModel):
    """How an agent likes to work. Who has said nothing has what the columns have."""

    Ring, SendKey, Theme = Ring, SendKey, Theme

    agent = TenantOneToOne(Agent, related_name="preference", verbose_name=_("agent"))
    desktop = models.BooleanField(_("notifications of the desktop"), default=False)
    sound = models.BooleanField(_("sound"), default=True)
    ring = models.CharField(_("new messages"), max_length=20, choices=Ring.choices, default=Ring.MINE_AND_UNASSIGNED)
    mentions = models.BooleanField(_("when a colleague names you in a note"), default=True)
    send_key = models.CharField(_("send with"), max_length=10, choices=SendKey.choices, default=SendKey.ENTER)
    theme = models.CharField(_("appearance"), max_length=10, choices=Theme.choices, default=Theme.SYSTEM)

    class Meta:
        verbose_name = _("preferences of an agent")
        verbose_name_plural = _("preferences of agents")
        constraints = [
            owned_once("preference"),
            one_of("ring", Ring, "preference_ring"),
            one_of("send_key", SendKey, "preference_send_key"),
            one_of("theme", Theme, "preference_theme"),
            TenantReference(field="agent", name="preference_agent_tenant"),
        ]

    def __str__(self) -> str:
        return str(self.agent_id)
