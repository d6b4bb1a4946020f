"""The log: one stream per contact and one per tenant, numbered in commit order without holes (I4)."""

from __future__ import annotations

import secrets
import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .conversations import Conversation
from .identity import Contact
from .tenancy import TenantKey, TenantModel, TenantReference, owned_once


def new_epoch() -> str:
    """Return a random epoch: cursors of another one are answered with `resync_required`."""
    return secrets.token_hex(6)


class Stream(TenantModel):
    """The head of a log. Its row is the last thing a transaction locks, so numbers follow the order of commits."""

    # Null: the tenant's own stream, read by its agents.
    contact = TenantKey(
        Contact, models.CASCADE, null=True, blank=True, related_name="streams", verbose_name=_("contact")
    )
    epoch = models.CharField(_("epoch"), max_length=32, default=new_epoch)
    head_seq = models.PositiveBigIntegerField(_("last number"), default=0)
    # The newest seq that retention has removed: a cursor below it is too old.
    min_seq = models.PositiveBigIntegerField(_("first number kept"), default=0)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("stream")
        verbose_name_plural = _("streams")
        constraints = [
            owned_once("stream"),
            models.UniqueConstraint(fields=["tenant", "contact"], name="stream_contact"),
            models.UniqueConstraint(fields=["tenant"], condition=Q(contact=None), name="stream_tenant"),
            models.CheckConstraint(condition=Q(min_seq__lte=F("head_seq")), name="stream_min_within_head"),
            TenantReference(field="contact", name="stream_contact_tenant"),
        ]

    def __str__(self) -> str:
        return self.cursor

    @property
    def subject_id(self) -> uuid.UUID:
        """Whose stream it is: the contact's id, or the tenant's."""
        return self.contact_id or self.tenant_id

    @property
    def cursor(self) -> str:
        """The position of the head, as clients carry it."""
        return f"{self.epoch}:{self.head_seq}"


class Event(TenantModel):
    """A pointer to something that changed. What it says is projected from the present row when it is sent."""

    stream = TenantKey(Stream, related_name="events", verbose_name=_("stream"))
    seq = models.PositiveBigIntegerField(_("number"))
    type = models.CharField(_("type"), max_length=40)
    v = models.PositiveSmallIntegerField(_("version"), default=1)
    conversation = TenantKey(
        Conversation, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("conversation")
    )
    entity_id = models.UUIDField(_("id of what changed"))
    actor_kind = models.CharField(_("done by"), max_length=10)
    actor_id = models.UUIDField(_("id of who did it"), null=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            # I4, and the walk after a cursor.
            models.UniqueConstraint(fields=["tenant", "stream", "seq"], name="event_seq"),
            TenantReference(field="stream", name="event_stream_tenant"),
            TenantReference(field="conversation", name="event_conversation_tenant"),
        ]
        indexes = [
            # The reference check when retention removes a conversation.
            models.Index(
                fields=["tenant", "conversation"],
                condition=Q(conversation__isnull=False),
                name="event_of_conversation",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"
