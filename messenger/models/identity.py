"""Visitors: the contact, its browsers, their visits and sessions."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .tenancy import TenantKey, TenantModel, TenantReference, one_of, owned_once
from .tenants import Widget


class ContactType(models.TextChoices):
    ANONYMOUS = "anonymous", _("guest")
    LEAD = "lead", _("lead")
    USER = "user", _("user")


class Contact(TenantModel):
    """The person. Unverified traits are columns of their own; what a signature vouched for is in `verified`."""

    Type = ContactType

    type = models.CharField(_("type"), max_length=10, choices=Type.choices, default=Type.ANONYMOUS)
    external_id = models.CharField(_("external id"), max_length=255, null=True, blank=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    phone = models.CharField(_("phone"), max_length=50, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    verified = models.JSONField(_("verified traits"), default=dict, blank=True)
    avatar_url = models.CharField(max_length=500, blank=True)
    merged_into = TenantKey("self", null=True, blank=True, related_name="merged_from")
    blocked = models.BooleanField(_("blocked"), default=False)
    # The chat log's sort and column, kept by the write path; null until something was said.
    last_message_at = models.DateTimeField(_("last message"), null=True, blank=True)
    message_count = models.PositiveIntegerField(_("messages"), default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            owned_once("contact"),
            models.UniqueConstraint(
                fields=["tenant", "external_id"], condition=Q(external_id__isnull=False), name="contact_external_id"
            ),
            one_of("type", ContactType, "contact_type"),
            # A person is a user exactly when a verified user id says so.
            models.CheckConstraint(
                condition=Q(type="user", external_id__isnull=False) | (~Q(type="user") & Q(external_id=None)),
                name="contact_user_has_external_id",
            ),
            TenantReference(field="merged_into", name="contact_merged_into_tenant"),
        ]
        indexes = [
            # The chat log: people who said or were told something, newest first.
            models.Index(
                fields=["tenant", "-last_message_at", "-id"],
                condition=Q(last_message_at__isnull=False, merged_into=None),
                name="contact_chat_log",
            ),
            # "Possibly the same person": equal unverified e-mail or phone.
            models.Index(fields=["tenant", "email"], name="contact_email"),
            models.Index(fields=["tenant", "phone"], name="contact_phone"),
            # The guests that were merged into a user: `merged_from`, and old ids that keep resolving.
            models.Index(
                fields=["tenant", "merged_into"], condition=Q(merged_into__isnull=False), name="contact_merged_into"
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """Name, else e-mail, else "Guest" with the last six characters of the id; verified traits go first."""
        verified = self.verified
        return (
            verified.get("name")
            or self.name
            or verified.get("email")
            or self.email
            or _("Guest {tail}").format(tail=str(self.id)[-6:])
        )


class Device(TenantModel):
    """One browser of a tenant's visitor, with a slot for its guest and a slot for the user last proven on it."""

    key_hash = models.CharField(max_length=64, editable=False)
    contact = TenantKey(Contact, null=True, blank=True, related_name="guest_devices")
    user = TenantKey(Contact, null=True, blank=True, related_name="user_devices")
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        constraints = [
            owned_once("device"),
            models.UniqueConstraint(fields=["tenant", "key_hash"], name="device_key_hash"),
            # I7: a guest lives in one browser only.
            models.UniqueConstraint(fields=["tenant", "contact"], name="device_contact"),
            TenantReference(field="contact", name="device_contact_tenant"),
            TenantReference(field="user", name="device_user_tenant"),
        ]
        indexes = [
            # A contact's devices, for the contact panel and for revocation.
            models.Index(fields=["tenant", "user"], condition=Q(user__isnull=False), name="device_user"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Visit(TenantModel):
    """One page load of a device through a widget: context only, never the definition of a conversation."""

    device = TenantKey(Device, related_name="visits")
    contact = TenantKey(Contact, null=True, blank=True, related_name="visits")
    widget = TenantKey(Widget, related_name="+")
    url = models.CharField(max_length=2000, blank=True)
    title = models.CharField(max_length=300, blank=True)
    referrer = models.CharField(max_length=2000, blank=True)
    user_agent = models.CharField(max_length=400, blank=True)
    locale = models.CharField(max_length=35, blank=True)
    utm = models.JSONField(default=dict, blank=True)
    ip_hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        constraints = [
            owned_once("visit"),
            TenantReference(field="device", name="visit_device_tenant"),
            TenantReference(field="contact", name="visit_contact_tenant"),
            TenantReference(field="widget", name="visit_widget_tenant"),
        ]
        indexes = [
            # A guest's first interaction claims the visits of its device; a device's trail, newest first.
            models.Index(fields=["tenant", "device", "-created_at"], name="visit_of_device"),
            # The contact panel's visit trail, newest first.
            models.Index(
                fields=["tenant", "contact", "-created_at"],
                condition=Q(contact__isnull=False),
                name="visit_of_contact",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.url


class Assurance(models.TextChoices):
    ANONYMOUS = "anonymous", _("anonymous")
    VERIFIED = "verified", _("verified")


class RevocationReason(models.TextChoices):
    SHUTDOWN = "shutdown", _("signed out")
    IDENTITY_CHANGED = "identity_changed", _("identity changed")
    REVOKED = "revoked", _("revoked")


class VisitorToken(TenantModel):
    """An issued bearer token of one tab. Only its hash is stored."""

    Assurance = Assurance

    Reason = RevocationReason

    token_hash = models.CharField(
        max_length=64, unique=True, editable=False, validators=[RegexValidator(r"^[0-9a-f]{64}$")]
    )
    device = TenantKey(Device, related_name="tokens")
    contact = TenantKey(Contact, models.CASCADE, null=True, blank=True, related_name="tokens")
    visit = TenantKey(Visit, related_name="+")
    assurance = models.CharField(max_length=10, choices=Assurance.choices, default=Assurance.ANONYMOUS)
    proven_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=20, choices=Reason.choices, blank=True)

    class Meta:
        verbose_name = _("visitor token")
        verbose_name_plural = _("visitor tokens")
        constraints = [
            owned_once("visitortoken"),
            one_of("assurance", Assurance, "visitortoken_assurance"),
            # I10: "verified" is for somebody, and was proven at some time.
            models.CheckConstraint(
                condition=Q(assurance="anonymous") | Q(contact__isnull=False, proven_at__isnull=False),
                name="visitortoken_verified_is_proven",
            ),
            TenantReference(field="device", name="visitortoken_device_tenant"),
            TenantReference(field="contact", name="visitortoken_contact_tenant"),
            TenantReference(field="visit", name="visitortoken_visit_tenant"),
        ]
        indexes = [
            # Every identity change revokes all live tokens of the device.
            models.Index(fields=["tenant", "device"], condition=Q(revoked_at=None), name="visitortoken_live"),
        ]

    def __str__(self) -> str:
        return str(self.id)
