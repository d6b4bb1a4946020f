"""Companies and their side: tenants, widgets, identity secrets, users, agents, teams and API tokens."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q, Value
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


class ReplyTime(models.TextChoices):
    """How soon visitors are usually answered, as they are told."""

    MINUTES = "minutes", _("a few minutes")
    HOURS = "hours", _("a few hours")
    DAY = "day", _("a day")


RETENTION_DAYS = ("conversation_retention_days", "visit_retention_days", "guest_retention_days")
DAYS = (*RETENTION_DAYS, "inactivity_days")
MOST_RETENTION_DAYS = 36_500
# The longest of the other times. A date that much earlier or later is one that a calendar has; always is empty.
MOST_TIME = {"reopen_days": MOST_RETENTION_DAYS, "edit_minutes": MOST_RETENTION_DAYS * 24 * 60}


class Tenant(models.Model):
    """A company that uses the messenger. Every other row belongs to one."""

    ThreadPolicy = ThreadPolicy

    ReplyTime = ReplyTime

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    locale = models.CharField(_("language"), max_length=10, default="en")
    time_zone = models.CharField(_("time zone"), max_length=60, default="UTC")
    # See `hours`: a week of opening times; always open when it is empty.
    office_hours = models.JSONField(_("office hours"), default=dict, blank=True)
    reply_time = models.CharField(
        _("expected reply time"),
        max_length=10,
        choices=ReplyTime.choices,
        blank=True,
        default="",
        db_default="",  # Processes of the release before it go on making tenants.
        help_text=_("What visitors are told during office hours. Empty: nothing."),
    )
    thread_policy = models.CharField(
        _("thread policy"), max_length=20, choices=ThreadPolicy.choices, default=ThreadPolicy.CONVERSATIONS
    )
    accepts_user_hash = models.BooleanField(_("accepts user_hash"), default=False)
    shares_device = models.BooleanField(
        _("one visitor across subdomains"),
        default=False,
        db_default=False,  # Processes of the release before it go on making tenants.
        help_text=_("Keeps the device id in a cookie of the registrable domain, so that all its subdomains share it."),
    )
    visitors_may_close = models.BooleanField(
        _("visitors may end conversations"),
        default=False,
        db_default=False,  # Processes of the release before it go on making tenants.
    )
    edit_minutes = models.PositiveIntegerField(
        _("minutes during which agents may change or remove what they wrote"),
        null=True,
        blank=True,
        default=15,
        db_default=15,  # Processes of the release before it go on making tenants.
        help_text=_("Empty: always. Admins may remove anything at any time."),
    )
    reopen_days = models.PositiveIntegerField(
        _("days during which a closed conversation can be reopened"), null=True, blank=True
    )
    inactivity_days = models.PositiveIntegerField(
        _("days without a word after which an answered conversation is closed"),
        null=True,
        blank=True,
        help_text=_("Empty: never. Whoever waits for the team, and what is snoozed, is left alone."),
    )
    conversation_retention_days = models.PositiveIntegerField(
        _("days to keep closed conversations"), null=True, blank=True
    )
    visit_retention_days = models.PositiveIntegerField(_("days to keep page views"), null=True, blank=True)
    guest_retention_days = models.PositiveIntegerField(
        _("days to keep guests of whom nothing is heard"), null=True, blank=True
    )
    handoff_phrases = models.JSONField(
        _("words that always go to a person"),
        default=list,
        db_default=Value([], models.JSONField()),  # Processes of the release before it go on making tenants.
        blank=True,
        help_text=_("Where a message has one of them, the assistant hands over without an answer."),
    )
    # Names of `files.KINDS`; null: the usual ones.
    file_kinds = models.JSONField(_("files that may be sent"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")
        constraints = [
            one_of("thread_policy", ThreadPolicy, "tenant_thread_policy"),
            models.CheckConstraint(condition=Q(reply_time__in=["", *ReplyTime.values]), name="tenant_reply_time"),
            # With 0 days, housekeeping would close or remove everything.
            *(
                models.CheckConstraint(
                    condition=Q(**{name: None}) | Q(**{f"{name}__range": (1, MOST_RETENTION_DAYS)}),
                    name=f"tenant_{name}",
                    violation_error_message=f"Between 1 and {MOST_RETENTION_DAYS:,} days, or empty.",
                )
                for name in DAYS
            ),
        ]
        # The list of tenants.
        indexes = [models.Index(fields=["name", "id"], name="tenant_by_name")]

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
    team = TenantKey(
        "messenger.Team",
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("team"),
        help_text=_("New conversations go to this team."),
    )
    # When a page of one of its sites first asked for it, and which site that was.
    first_seen_at = models.DateTimeField(_("first seen on a page"), null=True, blank=True, editable=False)
    first_seen_on = models.CharField(
        _("first seen on"),
        max_length=300,
        blank=True,
        editable=False,
        default="",
        db_default="",  # Processes of the release before it go on making widgets.
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("widget")
        verbose_name_plural = _("widgets")
        constraints = [owned_once("widget"), TenantReference(field="team", name="widget_team_tenant")]
        # The tenant's widgets in the agent API, newest first.
        indexes = [models.Index(fields=["tenant", "-created_at", "-id"], name="widget_list")]

    def __str__(self) -> str:
        return self.name


class IdentitySecret(TenantModel):
    """A key that signs the users of the tenant's own site. Stored encrypted; at most two are live."""

    kid = models.CharField(_("key id"), max_length=40)
    ciphertext = models.BinaryField(editable=False)
    slot = models.PositiveSmallIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)

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

    user = models.ForeignKey("messenger.User", models.CASCADE, related_name="memberships", verbose_name=_("user"))
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.AGENT)
    display_name = models.CharField(_("display name"), max_length=120)
    avatar_url = models.CharField(_("avatar"), max_length=500, blank=True)
    availability = models.CharField(
        _("availability"), max_length=10, choices=Availability.choices, default=Availability.ONLINE
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        constraints = [
            owned_once("agent"),
            models.UniqueConstraint(fields=["tenant", "user"], name="agent_user"),
            one_of("role", Role, "agent_role"),
            one_of("availability", Availability, "agent_availability"),
        ]
        # Colleagues, by name.
        indexes = [models.Index(fields=["tenant", "display_name", "id"], name="agent_by_name")]

    def __str__(self) -> str:
        return self.display_name

    @property
    def is_admin(self) -> bool:
        return self.role == self.Role.ADMIN


class Team(TenantModel):
    """A group of agents that conversations can be assigned to. Everybody in a tenant sees everything."""

    name = models.CharField(_("name"), max_length=120)
    round_robin = models.BooleanField(
        _("in turns"),
        default=False,
        db_default=False,  # Processes of the release before it go on making teams.
        help_text=_("What the team is given goes to the next of its members who is online."),
    )
    is_default = models.BooleanField(
        _("gets what is new"),
        default=False,
        db_default=False,
        help_text=_("New conversations go to this team, unless their widget names another one."),
    )
    # A team that is no more stays on what it was given.
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        constraints = [
            owned_once("team"),
            models.UniqueConstraint(fields=["tenant", "name"], name="team_name"),
            # What is new goes to one team; found without a look at the others.
            models.UniqueConstraint(fields=["tenant"], condition=Q(is_default=True), name="team_one_default"),
            models.CheckConstraint(condition=Q(is_default=False) | Q(archived_at=None), name="team_default_is_there"),
        ]

    def __str__(self) -> str:
        return self.name


class ApiToken(TenantModel):
    """A key with which a program acts as an agent. Only its hash is stored; it is shown once."""

    agent = TenantKey(Agent, related_name="api_tokens", verbose_name=_("agent"))
    name = models.CharField(_("name"), max_length=120)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints = [
            owned_once("apitoken"),
            TenantReference(field="agent", name="apitoken_agent_tenant"),
        ]

    def __str__(self) -> str:
        return self.name
