"""Visitors: the contact, its browsers, their visits and sessions."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .. import words
from .searchable import Searchable, SearchableQuerySet, without_words
from .tenancy import TenantKey, TenantModel, TenantReference, one_of, owned_once
from .tenants import Widget


class ContactType(models.TextChoices):
    ANONYMOUS = "anonymous", _("guest")
    LEAD = "lead", _("lead")
    USER = "user", _("user")


class Contact(Searchable, TenantModel):
    """The person. Unverified traits are columns of their own; what a signature vouched for is in `verified`."""

    Type = ContactType

    WORDS_FROM = frozenset({"name", "email", "phone", "external_id", "verified"})

    words_from = staticmethod(words.of_contact)

    type = models.CharField(_("type"), max_length=10, choices=Type.choices, default=Type.ANONYMOUS)
    external_id = models.CharField(_("external id"), max_length=255, null=True, blank=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    phone = models.CharField(_("phone"), max_length=50, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    verified = models.JSONField(_("verified traits"), default=dict, blank=True)
    avatar_url = models.CharField(max_length=500, blank=True)
    # Under which a program made this contact: sent again it is the same one.
    client_contact_id = models.UUIDField(null=True, blank=True, editable=False)
    merged_into = TenantKey("self", null=True, blank=True, related_name="merged_from", verbose_name=_("merged into"))
    blocked = models.BooleanField(_("blocked"), default=False)
    # When they first ticked the box of a pre-chat form.
    consented_at = models.DateTimeField(_("consent given"), null=True, blank=True)
    # The chat log's sort and column, kept by the write path; null until something was said.
    last_message_at = models.DateTimeField(_("last message"), null=True, blank=True)
    message_count = models.PositiveIntegerField(_("messages"), default=0)
    # When everything that was known of them was erased; the id and the counts are what is left.
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = SearchableQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            owned_once("contact"),
            models.UniqueConstraint(
                fields=["tenant", "external_id"], condition=Q(external_id__isnull=False), name="contact_external_id"
            ),
            # A contact made by a program is made once, however often it asks.
            models.UniqueConstraint(
                fields=["tenant", "client_contact_id"],
                condition=Q(client_contact_id__isnull=False),
                name="contact_client_id",
            ),
            one_of("type", ContactType, "contact_type"),
            # A person is a user exactly when a verified user id says so.
            models.CheckConstraint(
                condition=Q(type="user", external_id__isnull=False) | (~Q(type="user") & Q(external_id=None)),
                name="contact_user_has_external_id",
            ),
            # Two verified users never merge, by any path.
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(type="user"), name="contact_user_is_never_merged"
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=models.F("id")), name="contact_merged_into_another"
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
            # The chat log of whoever sees every tenant.
            models.Index(
                fields=["-last_message_at", "-id"],
                condition=Q(last_message_at__isnull=False, merged_into=None),
                name="contact_chat_log_of_all",
            ),
            # The list of people: those who never said anything, after all others, newest first.
            models.Index(
                fields=["tenant", "-created_at", "-id"],
                condition=Q(last_message_at=None, merged_into=None),
                name="contact_silent",
            ),
            # Housekeeping: guests of whom nothing was heard for long, over all who said something or nothing.
            models.Index(
                fields=["tenant", "created_at", "id"],
                condition=Q(type="anonymous", merged_into=None, erased_at=None),
                name="contact_idle_guest",
            ),
            # "Possibly the same person": equal unverified e-mail or phone.
            models.Index(fields=["tenant", "email"], name="contact_email"),
            models.Index(fields=["tenant", "phone"], name="contact_phone"),
            # The guests that were merged into a user: `merged_from`, and old ids that keep resolving.
            models.Index(
                fields=["tenant", "merged_into"], condition=Q(merged_into__isnull=False), name="contact_merged_into"
            ),
            without_words("contact"),
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
    contact = TenantKey(Contact, null=True, blank=True, related_name="guest_devices", verbose_name=_("contact"))
    user = TenantKey(Contact, null=True, blank=True, related_name="user_devices", verbose_name=_("user"))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    last_seen_at = models.DateTimeField(_("last seen"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

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

    device = TenantKey(Device, related_name="visits", verbose_name=_("device"))
    contact = TenantKey(Contact, null=True, blank=True, related_name="visits", verbose_name=_("contact"))
    widget = TenantKey(Widget, related_name="+", verbose_name=_("widget"))
    url = models.CharField(_("address"), max_length=2000, blank=True)
    title = models.CharField(_("title"), max_length=300, blank=True)
    referrer = models.CharField(_("referrer"), max_length=2000, blank=True)
    user_agent = models.CharField(_("browser"), max_length=400, blank=True)
    locale = models.CharField(_("language"), max_length=35, blank=True)
    utm = models.JSONField(_("UTM parameters"), default=dict, blank=True)
    ip_hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(_("created"))

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
            # Page views that nobody has claimed yet: the first who is known there does.
            models.Index(fields=["tenant", "device"], condition=Q(contact=None), name="visit_unclaimed"),
            # The contact panel's visit trail, newest first, page by page.
            models.Index(
                fields=["tenant", "contact", "-created_at", "-id"],
                condition=Q(contact__isnull=False),
                name="visit_trail",
            ),
            # Housekeeping: the oldest visits of a tenant.
            models.Index(fields=["tenant", "created_at", "id"], name="visit_by_age"),
        ]

    def __str__(self) -> str:
        return self.title or self.url


class ContactMerge(TenantModel):
    """A guest turned out to be a user, by a signed proof. The audit of it, and the alias for the guest's old id."""

    source = TenantKey(Contact, models.CASCADE, related_name="+", db_column="from_id", verbose_name=_("from"))
    into = TenantKey(Contact, models.CASCADE, related_name="+", verbose_name=_("into"))
    device = TenantKey(Device, null=True, related_name="+", verbose_name=_("device"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        constraints = [
            owned_once("contactmerge"),
            # A guest is merged once.
            models.UniqueConstraint(fields=["tenant", "source"], name="contactmerge_source"),
            models.CheckConstraint(condition=~Q(source=models.F("into")), name="contactmerge_of_two"),
            TenantReference(field="source", name="contactmerge_source_tenant"),
            TenantReference(field="into", name="contactmerge_into_tenant"),
            TenantReference(field="device", name="contactmerge_device_tenant"),
        ]
        indexes = [
            # Who was merged into a user: the reference check, and the user's page in the admin.
            models.Index(fields=["tenant", "into"], name="contactmerge_into"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} → {self.into_id}"


class ProofFault(models.TextChoices):
    """Why an identity was not accepted: what the verification log says, and never to the visitor."""

    MISSING = "missing", _("a user id without a proof")
    MALFORMED = "malformed", _("not a signed token")
    TOO_LARGE = "too_large", _("larger than 8 KB")
    WRONG_ALGORITHM = "wrong_algorithm", _("not signed with HS256")
    UNKNOWN_KID = "unknown_kid", _("signed with a key that is unknown or retired")
    WRONG_SIGNATURE = "wrong_signature", _("signed with another secret")
    NO_EXPIRY = "no_expiry", _("without an expiry time (exp)")
    EXPIRED = "expired", _("expired")
    EXPIRY_TOO_FAR = "expiry_too_far", _("valid for longer than 24 hours")
    NOT_YET_VALID = "not_yet_valid", _("not valid yet (nbf or iat)")
    WRONG_AUDIENCE = "wrong_audience", _("made for another tenant (aud)")
    NO_USER_ID = "no_user_id", _("without a usable user id")
    BAD_TRAITS = "bad_traits", _("traits that cannot be kept")
    USER_HASH_OFF = "user_hash_off", _("user_hash is switched off")
    WRONG_USER_HASH = "wrong_user_hash", _("the user_hash does not fit the user id")
    NO_SECRET = "no_secret", _("there is no identity secret")


class VerificationFailure(TenantModel):
    """A line of the verification log: a proof that was refused, and why. Never the proof itself."""

    widget = TenantKey(Widget, null=True, related_name="+", verbose_name=_("widget"))
    fault = models.CharField(_("reason"), max_length=20, choices=ProofFault.choices)
    # What the refused header claimed. Anybody can send anything, so it is shown and never used.
    kid = models.CharField(_("key id"), max_length=40, blank=True)
    page = models.CharField(_("page"), max_length=300, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("refused proof")
        verbose_name_plural = _("verification log")
        constraints = [
            owned_once("verificationfailure"),
            one_of("fault", ProofFault, "verificationfailure_fault"),
            TenantReference(field="widget", name="verificationfailure_widget_tenant"),
        ]
        indexes = [
            # The log, newest first, and the oldest ones that the next line pushes out.
            models.Index(fields=["tenant", "-at", "-id"], name="verificationfailure_log"),
        ]

    def __str__(self) -> str:
        return self.get_fault_display()


class Assurance(models.TextChoices):
    ANONYMOUS = "anonymous", _("anonymous")
    VERIFIED = "verified", _("verified")


class RevocationReason(models.TextChoices):
    SHUTDOWN = "shutdown", _("signed out")
    IDENTITY_CHANGED = "identity_changed", _("identity changed")
    RESET = "reset", _("started over")
    REVOKED = "revoked", _("revoked")


class VisitorToken(TenantModel):
    """An issued bearer token of one tab. Only its hash is stored."""

    Assurance = Assurance

    Reason = RevocationReason

    token_hash = models.CharField(
        max_length=64, unique=True, editable=False, validators=[RegexValidator(r"^[0-9a-f]{64}$")]
    )
    device = TenantKey(Device, related_name="tokens", verbose_name=_("device"))
    contact = TenantKey(
        Contact, models.CASCADE, null=True, blank=True, related_name="tokens", verbose_name=_("contact")
    )
    visit = TenantKey(Visit, related_name="+", verbose_name=_("visit"))
    assurance = models.CharField(_("assurance"), max_length=10, choices=Assurance.choices, default=Assurance.ANONYMOUS)
    proven_at = models.DateTimeField(_("proven"), null=True, blank=True)
    # The kid of the identity secret that proved it.
    proven_by = models.CharField(_("proven by"), max_length=40, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason.choices, blank=True)

    class Meta:
        verbose_name = _("visitor token")
        verbose_name_plural = _("visitor tokens")
        constraints = [
            owned_once("visitortoken"),
            one_of("assurance", Assurance, "visitortoken_assurance"),
            # I10: "verified" is for somebody, and was proven at some time.
            models.CheckConstraint(
                condition=Q(assurance="anonymous", proven_at=None, proven_by="")
                | Q(assurance="verified", contact__isnull=False, proven_at__isnull=False),
                name="visitortoken_verified_is_proven",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, reason="")
                | Q(revoked_at__isnull=False, reason__in=RevocationReason.values),
                name="visitortoken_revoked_for_a_reason",
            ),
            TenantReference(field="device", name="visitortoken_device_tenant"),
            TenantReference(field="contact", name="visitortoken_contact_tenant"),
            TenantReference(field="visit", name="visitortoken_visit_tenant"),
        ]
        indexes = [
            # Every identity change revokes all live tokens of the device.
            models.Index(fields=["tenant", "device"], condition=Q(revoked_at=None), name="visitortoken_live"),
            # The reference check when retention removes a visit.
            models.Index(fields=["tenant", "visit"], name="visitortoken_of_visit"),
            # The sessions of a person who is erased or removed.
            models.Index(
                fields=["tenant", "contact"], condition=Q(contact__isnull=False), name="visitortoken_of_contact"
            ),
            # The sessions that a lost identity secret has proven.
            models.Index(
                fields=["tenant", "proven_by"],
                condition=Q(revoked_at=None, assurance="verified"),
                name="visitortoken_proven_by",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
