"""Who takes part: tenants and their widgets, agents and their keys, contacts and their browsers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .tenancy import TenantKey, TenantModel, TenantReference, new_id, one_of, owned_once


class EmailUserManager(UserManager["User"]):
    """Creates users who sign in with their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:  # type: ignore[override]
        user = User(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:  # type: ignore[override]
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractUser):
    """A person who can sign in. What they may do in a tenant is their `Agent` there."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail address"), unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = EmailUserManager()  # type: ignore[misc]


class ThreadPolicy(models.TextChoices):
    CONVERSATIONS = "conversations", _("A conversation per topic")
    SINGLE_THREAD = "single_thread", _("One thread per contact, for ever")


class Tenant(models.Model):
    """A company that uses the messenger. Every other row belongs to one."""

    ThreadPolicy = ThreadPolicy

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    locale = models.CharField(_("language"), max_length=10, default="en")
    time_zone = models.CharField(_("time zone"), max_length=60, default="UTC")
    office_hours = models.JSONField(_("office hours"), default=dict, blank=True)
    thread_policy = models.CharField(
        _("thread policy"), max_length=20, choices=ThreadPolicy.choices, default=ThreadPolicy.CONVERSATIONS
    )
    accepts_user_hash = models.BooleanField(_("accepts user_hash"), default=False)
    reopen_days = models.PositiveIntegerField(
        _("days during which a closed conversation can be reopened"), null=True, blank=True
    )
    conversation_retention_days = models.PositiveIntegerField(
        _("days to keep closed conversations"), null=True, blank=True
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")
        constraints = [one_of("thread_policy", ThreadPolicy, "tenant_thread_policy")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_single_thread(self) -> bool:
        return self.thread_policy == self.ThreadPolicy.SINGLE_THREAD


class Widget(TenantModel):
    """One embed of a tenant: configuration and targeting, never identity."""

    name = models.CharField(_("name"), max_length=120)
    allowed_origins = models.JSONField(
        _("allowed origins"), default=list, blank=True, help_text=_("Sites that may embed it. None listed: nobody may.")
    )
    appearance = models.JSONField(_("appearance"), default=dict, blank=True)
    texts = models.JSONField(_("texts per language"), default=dict, blank=True)
    prechat = models.JSONField(_("pre-chat form"), default=dict, blank=True)
    features = models.JSONField(_("feature switches"), default=dict, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("widget")
        verbose_name_plural = _("widgets")
        constraints = [owned_once("widget")]

    def __str__(self) -> str:
        return self.name


class IdentitySecret(TenantModel):
    """A key that signs the users of the tenant's own site. Stored encrypted; at most two are live."""

    kid = models.CharField(max_length=40)
    ciphertext = models.BinaryField(editable=False)
    slot = models.PositiveSmallIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("identity secret")
        verbose_name_plural = _("identity secrets")
        constraints = [
            owned_once("identitysecret"),
            models.UniqueConstraint(fields=["tenant", "kid"], name="identitysecret_kid"),
            # Two slots, one live key in each: that is how "at most two" is a constraint and not a count.
            models.UniqueConstraint(
                fields=["tenant", "slot"], condition=Q(retired_at=None), name="identitysecret_live_slot"
            ),
            models.CheckConstraint(condition=Q(slot__in=[1, 2]), name="identitysecret_two_slots"),
        ]

    def __str__(self) -> str:
        return self.kid


class Role(models.TextChoices):
    ADMIN = "admin", _("admin")
    AGENT = "agent", _("agent")


class Availability(models.TextChoices):
    ONLINE = "online", _("online")
    AWAY = "away", _("away")


class Agent(TenantModel):
    """A user's membership in a tenant."""

    Role = Role

    Availability = Availability

    user = models.ForeignKey("messenger.User", models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.AGENT)
    display_name = models.CharField(_("display name"), max_length=120)
    avatar_url = models.CharField(_("avatar"), max_length=500, blank=True)
    availability = models.CharField(
        _("availability"), max_length=10, choices=Availability.choices, default=Availability.ONLINE
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        constraints = [
            owned_once("agent"),
            models.UniqueConstraint(fields=["tenant", "user"], name="agent_user"),
            one_of("role", Role, "agent_role"),
            one_of("availability", Availability, "agent_availability"),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def is_admin(self) -> bool:
        return self.role == self.Role.ADMIN


class Team(TenantModel):
    """A group of agents that conversations can be assigned to. Everybody in a tenant sees everything."""

    name = models.CharField(_("name"), max_length=120)

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        constraints = [
            owned_once("team"),
            models.UniqueConstraint(fields=["tenant", "name"], name="team_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ApiToken(TenantModel):
    """A key with which a program acts as an agent. Only its hash is stored; it is shown once."""

    agent = TenantKey(Agent, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=120)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints = [
            owned_once("apitoken"),
            TenantReference(field="agent", name="apitoken_agent_tenant"),
        ]

    def __str__(self) -> str:
        return self.name


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
