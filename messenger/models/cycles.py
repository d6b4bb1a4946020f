"""What reports count: the rounds of a conversation, from its first message or a reopening to the next closing."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .conversations import Conversation
from .tenancy import TenantKey, TenantModel, TenantReference, owned_once
from .tenants import Agent, Team


class Cycle(TenantModel):
    """One cycle of a conversation. The write path moves it when the cycle turns, never for what is said in between.

    Times are those of the parts of the thread that they tell of, so that a recount of the thread agrees.
    """

    conversation = TenantKey(Conversation, related_name="cycles", verbose_name=_("conversation"))
    cycle = models.PositiveIntegerField(_("cycle"))
    # The first cycle starts with the first message, a later one with the reopening.
    started_at = models.DateTimeField(_("started"))
    # The contact's first message, as long as no agent had replied; null where the team spoke first.
    first_contact_at = models.DateTimeField(_("first message of the contact"), null=True, blank=True)
    # The first reply by a person; what the assistant says never counts as one.
    first_reply_at = models.DateTimeField(_("first reply"), null=True, blank=True)
    first_reply_agent = TenantKey(Agent, null=True, blank=True, related_name="+", verbose_name=_("first replied"))
    assistant_reply_at = models.DateTimeField(_("first reply of the assistant"), null=True, blank=True)
    # When the assistant gave it to the team, if it did.
    handed_off_at = models.DateTimeField(_("handed over"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_agent = TenantKey(Agent, null=True, blank=True, related_name="+", verbose_name=_("closed by"))
    is_spam = models.BooleanField(_("closed as spam"), default=False)
    # Whose it was when it was closed: the assignee, else who closed it, else who replied first.
    agent = TenantKey(Agent, null=True, blank=True, related_name="+", verbose_name=_("credited agent"))
    team = TenantKey(Team, null=True, blank=True, related_name="+", verbose_name=_("credited team"))

    class Meta:
        verbose_name = _("cycle")
        verbose_name_plural = _("cycles")
        constraints = [
            owned_once("cycle"),
            models.UniqueConstraint(fields=["tenant", "conversation", "cycle"], name="cycle_once"),
            models.CheckConstraint(condition=Q(cycle__gte=1), name="cycle_from_1"),
            models.CheckConstraint(
                condition=Q(first_reply_at__isnull=False) | Q(first_reply_agent=None), name="cycle_first_reply"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=False) | Q(closed_agent=None, is_spam=False, agent=None, team=None),
                name="cycle_closed",
            ),
            TenantReference(field="conversation", name="cycle_conversation_tenant"),
            TenantReference(field="first_reply_agent", name="cycle_first_reply_agent_tenant"),
            TenantReference(field="closed_agent", name="cycle_closed_agent_tenant"),
            TenantReference(field="agent", name="cycle_agent_tenant"),
            TenantReference(field="team", name="cycle_team_tenant"),
        ]
        indexes = [
            # Reports of what began in a period (volume, first response, assistant), and their list, newest first.
            models.Index(fields=["tenant", "-started_at", "-id"], name="cycle_started"),
            # Reports of what was closed in a period (volume, resolution), and their list.
            models.Index(
                fields=["tenant", "-closed_at", "-id"], condition=Q(closed_at__isnull=False), name="cycle_ended"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} · {self.cycle}"
