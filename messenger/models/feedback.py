"""What contacts thought of the help they got."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .conversations import Conversation, Message
from .tenancy import TenantKey, TenantModel, TenantOneToOne, TenantReference, owned_once
from .tenants import Agent

LOWEST, HIGHEST = 1, 5


class Rating(TenantModel):
    """CSAT: a contact's score for one cycle of a conversation, and perhaps a remark, which is the last word on it."""

    conversation = TenantKey(Conversation, related_name="ratings", verbose_name=_("conversation"))
    cycle = models.PositiveIntegerField(_("cycle"))
    score = models.PositiveSmallIntegerField(_("score"))
    remark = models.TextField(_("remark"), blank=True)
    # Whoever replied last in the cycle is credited; nobody when that was the assistant.
    agent = TenantKey(Agent, null=True, related_name="+", verbose_name=_("agent"))
    # The part of the thread that tells of it.
    part = TenantOneToOne(Message, related_name="+", verbose_name=_("message"))
    created_at = models.DateTimeField(_("rated"))
    updated_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        constraints = [
            owned_once("rating"),
            models.UniqueConstraint(fields=["tenant", "conversation", "cycle"], name="rating_once_per_cycle"),
            models.CheckConstraint(condition=Q(score__gte=LOWEST, score__lte=HIGHEST), name="rating_score"),
            models.CheckConstraint(condition=Q(cycle__gte=1), name="rating_cycle"),
            TenantReference(field="conversation", name="rating_conversation_tenant"),
            TenantReference(field="agent", name="rating_agent_tenant"),
            TenantReference(field="part", name="rating_part_tenant"),
        ]
        indexes = [
            # The report of what was rated in a period, and its list, newest first.
            models.Index(fields=["tenant", "-created_at", "-id"], name="rating_given"),
        ]

    def __str__(self) -> str:
        return f"{self.score} / {HIGHEST}"
