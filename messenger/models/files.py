"""Files: sent up first, then claimed by the one message that carries them."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .conversations import Message
from .identity import Contact
from .tenancy import TenantKey, TenantModel, TenantReference, owned_once
from .tenants import Agent


def path_of(attachment: Attachment, _name: str) -> str:
    """Where the bytes are: by tenant and id alone, so that nothing of what people call their files is in a path."""
    return path_for(attachment.tenant_id, attachment.id)


def path_for(tenant_id: uuid.UUID, attachment_id: uuid.UUID) -> str:
    return f"{folder_of(tenant_id)}/{attachment_id.hex[-2:]}/{attachment_id.hex}"


def folder_of(tenant_id: uuid.UUID) -> str:
    """Where a tenant's files are, in folders by the last byte of their ids."""
    return f"attachments/{tenant_id.hex}"


class Attachment(TenantModel):
    """A file of a contact or an agent. Without a message it is nobody else's business, and goes after a day."""

    contact = TenantKey(Contact, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("contact"))
    agent = TenantKey(Agent, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("agent"))
    message = TenantKey(
        Message, models.CASCADE, null=True, blank=True, related_name="attachments", verbose_name=_("message")
    )
    client_upload_id = models.UUIDField(null=True, editable=False)
    file = models.FileField(_("file"), upload_to=path_of, max_length=200)
    sha256 = models.CharField(max_length=64)
    name = models.CharField(_("name"), max_length=200)
    content_type = models.CharField(_("type"), max_length=100)
    size = models.PositiveIntegerField(_("size"))
    width = models.PositiveIntegerField(_("width"), null=True, blank=True)
    height = models.PositiveIntegerField(_("height"), null=True, blank=True)
    created_at = models.DateTimeField(_("sent up"))

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        constraints = [
            owned_once("attachment"),
            models.CheckConstraint(
                condition=Q(contact__isnull=False, agent=None) | Q(contact=None, agent__isnull=False),
                name="attachment_uploader",
            ),
            models.CheckConstraint(condition=Q(size__gte=1), name="attachment_size"),
            # Sent up again is the same file.
            models.UniqueConstraint(fields=["tenant", "contact", "client_upload_id"], name="attachment_contact_key"),
            models.UniqueConstraint(fields=["tenant", "agent", "client_upload_id"], name="attachment_agent_key"),
            TenantReference(field="contact", name="attachment_contact_tenant"),
            TenantReference(field="agent", name="attachment_agent_tenant"),
            TenantReference(field="message", name="attachment_message_tenant"),
        ]
        indexes = [
            # The files of a message: erasure and export.
            models.Index(fields=["tenant", "message"], name="attachment_of_message"),
            # Housekeeping: what nobody claimed, oldest first, over all tenants.
            models.Index(fields=["created_at", "id"], condition=Q(message=None), name="attachment_unclaimed"),
        ]

    def __str__(self) -> str:
        return self.name
