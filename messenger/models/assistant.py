"""What is asked of the assistant: one turn for what a visitor writes in one go, and what became of it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .conversations import Conversation, Message
from .tenancy import TenantKey, TenantModel, TenantOneToOne, TenantReference, one_of, owned_once


class TurnState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    # While a person writes a reply.
    PAUSED = "paused", _("paused")
    ANSWERED = "answered", _("answered")
    HANDED_OFF = "handed_off", _("handed over")
    # Somebody else had answered, or there was nothing left to answer.
    DROPPED = "dropped", _("dropped")


OPEN_TURNS = (TurnState.WAITING, TurnState.RUNNING, TurnState.PAUSED)


class TurnReason(models.TextChoices):
    """Why a turn ended without an answer."""

    REQUESTED = "requested", _("The visitor asked for a person")
    LOW_CONFIDENCE = "low_confidence", _("No article answers it")
    RULE = "rule", _("A rule of the company")
    FAILED = "failed", _("The assistant could not answer")
    AGENT_WRITING = "agent_writing", _("An agent is writing")
    # Of a turn that was dropped.
    AGENT_REPLIED = "agent_replied", _("An agent replied")
    OVER = "over", _("The conversation was over")


class Turn(TenantModel):
    """Messages of a contact that the assistant is to answer, at most one turn of a conversation at a time.

    A worker claims it: `claim` names who works on it since when (`claimed_at`), so that one who was thought dead can
    store nothing any more. What it was stored as, and how sure it was, is told by the message.
    """

    State, Reason = TurnState, TurnReason

    conversation = TenantKey(Conversation, related_name="turns", verbose_name=_("conversation"))
    cycle = models.PositiveIntegerField(_("cycle"))
    # The contact's messages from the one to the other, in the team's order.
    asked_from = models.PositiveIntegerField(_("asked from"))
    asked_to = models.PositiveIntegerField(_("asked to"))
    asked_at = models.DateTimeField(_("asked"))
    state = models.CharField(_("state"), max_length=10, choices=TurnState.choices, default=TurnState.WAITING)
    reason = models.CharField(_("reason"), max_length=20, choices=TurnReason.choices, blank=True)
    # Waiting: when it becomes work. Paused: when it goes on, unless the person writes on.
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    paused_since = models.DateTimeField(_("paused since"), null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True, editable=False)
    claimed_at = models.DateTimeField(_("claimed"), null=True, blank=True)
    message = TenantOneToOne(
        Message, models.SET_NULL, null=True, blank=True, related_name="turn", verbose_name=_("message")
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("turn of the assistant")
        verbose_name_plural = _("turns of the assistant")
        constraints = [
            owned_once("turn"),
            # A message is asked about once …
            models.UniqueConstraint(fields=["tenant", "conversation", "asked_from"], name="turn_once"),
            # … and whatever is written while a turn is open belongs to it.
            models.UniqueConstraint(
                fields=["tenant", "conversation"], condition=Q(state__in=OPEN_TURNS), name="turn_one_open"
            ),
            one_of("state", TurnState, "turn_state"),
            models.CheckConstraint(condition=Q(reason="") | Q(reason__in=TurnReason.values), name="turn_reason"),
            models.CheckConstraint(condition=Q(asked_from__gte=1, asked_to__gte=F("asked_from")), name="turn_asked"),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_TURNS, ended_at=None)
                | (~Q(state__in=OPEN_TURNS) & Q(ended_at__isnull=False)),
                name="turn_ended",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=(TurnState.WAITING, TurnState.PAUSED)) | Q(due_at__isnull=False),
                name="turn_is_due",
            ),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(claim__isnull=False, claimed_at__isnull=False), name="turn_is_claimed"
            ),
            TenantReference(field="conversation", name="turn_conversation_tenant"),
            TenantReference(field="message", name="turn_message_tenant"),
        ]
        indexes = [
            # What has become due, of all tenants: asked several times a second.
            models.Index(fields=["due_at", "id"], condition=Q(state__in=("waiting", "paused")), name="turn_due"),
            # Whose worker is gone, of all tenants.
            models.Index(fields=["claimed_at", "id"], condition=Q(state="running"), name="turn_claimed"),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.asked_from}–{self.asked_to}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_TURNS
