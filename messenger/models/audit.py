"""Who did what that somebody may have to answer for. Written once, never changed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .tenancy import TenantModel, one_of, owned_once


class AuditAction(models.TextChoices):
    """What is kept an account of."""

    SIGNED_IN = "signed_in", _("signed in")
    SIGN_IN_FAILED = "sign_in_failed", _("failed to sign in")
    AGENT_CREATED = "agent_created", _("agent created")
    ROLE_CHANGED = "role_changed", _("role changed")
    AGENT_ACTIVATED = "agent_activated", _("agent activated")
    AGENT_DEACTIVATED = "agent_deactivated", _("agent deactivated")
    SECRET_CREATED = "secret_created", _("identity secret created")
    SECRET_RETIRED = "secret_retired", _("identity secret retired")
    TOKEN_CREATED = "token_created", _("API token created")
    TOKEN_REVOKED = "token_revoked", _("API token revoked")
    CONTACT_MERGED = "contact_merged", _("contact merged")
    CONTACT_BLOCKED = "contact_blocked", _("contact blocked")
    CONTACT_UNBLOCKED = "contact_unblocked", _("contact unblocked")
    CONTACT_EXPORTED = "contact_exported", _("contact exported")
    CONTACT_ERASED = "contact_erased", _("contact erased")
    MESSAGE_REDACTED = "message_redacted", _("message redacted")
    TRANSCRIPT_SENT = "transcript_sent", _("transcript sent by e-mail")
    CHAT_DATA_WIPED = "chat_data_wiped", _("all chat data wiped")


class ActorKind(models.TextChoices):
    AGENT = "agent", _("agent")
    CONTACT = "contact", _("contact")
    USER = "user", _("administrator")
    SYSTEM = "system", _("system")


class AuditEntry(TenantModel):
    """A line of the audit log. Ids, roles and counts: nothing that was said, no credential and no address.

    It refers to nothing, so that it outlives what it tells of; the database refuses to change or remove it.
    """

    Action = AuditAction

    # Nothing takes a line along, not even the company's own end.
    tenant = models.ForeignKey(
        "messenger.Tenant", models.PROTECT, related_name="+", db_index=False, verbose_name=_("tenant")
    )
    action = models.CharField(_("action"), max_length=30, choices=AuditAction.choices)
    actor_kind = models.CharField(_("by"), max_length=10, choices=ActorKind.choices)
    actor_id = models.UUIDField(_("id of who did it"), null=True)
    # What it happened to: the name of the kind of row, and its id.
    subject_kind = models.CharField(_("what"), max_length=20, blank=True)
    subject_id = models.UUIDField(_("id"), null=True)
    facts = models.JSONField(_("facts"), default=dict)
    trace_id = models.CharField(_("trace"), max_length=64, blank=True)
    # Tells two addresses of one day apart and names neither.
    address_hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        constraints = [
            owned_once("auditentry"),
            one_of("action", AuditAction, "auditentry_action"),
            one_of("actor_kind", ActorKind, "auditentry_actor_kind"),
        ]
        indexes = [
            # The audit log, newest first.
            models.Index(fields=["tenant", "-created_at", "-id"], name="auditentry_log"),
            # What happened to somebody or something, newest first.
            models.Index(fields=["tenant", "subject_id", "-created_at", "-id"], name="auditentry_of_subject"),
        ]

    def __str__(self) -> str:
        return self.get_action_display()
