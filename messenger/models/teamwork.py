"""How a team shares its work: who is in which team, the catalogue of tags, and lists that somebody has kept."""

from __future__ import annotations

import unicodedata

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .conversations import Conversation
from .tenancy import TenantKey, TenantModel, TenantReference, one_of, owned_once
from .tenants import Agent, Team


class Colour(models.TextChoices):
    """The palette of tags: names, because light and dark screens show each in their own way."""

    GREY = "grey", _("grey")
    RED = "red", _("red")
    ORANGE = "orange", _("orange")
    YELLOW = "yellow", _("yellow")
    GREEN = "green", _("green")
    TEAL = "teal", _("teal")
    BLUE = "blue", _("blue")
    PURPLE = "purple", _("purple")
    PINK = "pink", _("pink")


class TeamMember(TenantModel):
    """An agent in a team. `turn` orders a round-robin: whoever has the lowest is next, and then goes to the end."""

    team = TenantKey(Team, related_name="members", verbose_name=_("team"))
    agent = TenantKey(Agent, related_name="memberships", verbose_name=_("agent"))
    turn = models.PositiveBigIntegerField(_("turn"), default=0, editable=False)

    class Meta:
        verbose_name = _("team member")
        verbose_name_plural = _("team members")
        constraints = [
            owned_once("teammember"),
            # An agent is in a team once; the members of a team.
            models.UniqueConstraint(fields=["tenant", "team", "agent"], name="teammember_once"),
            TenantReference(field="team", name="teammember_team_tenant"),
            TenantReference(field="agent", name="teammember_agent_tenant"),
        ]
        indexes = [
            # Round-robin: whose turn it is in a team.
            models.Index(fields=["tenant", "team", "turn", "id"], name="teammember_turn"),
        ]

    def __str__(self) -> str:
        return str(self.agent)


class Tag(TenantModel):
    """A word that conversations are marked with. An archived one stays on what was marked with it."""

    Colour = Colour

    name = models.CharField(_("name"), max_length=60)
    # The name with its case folded: "VIP" and "vip" are one tag.
    key = models.CharField(max_length=180, editable=False)
    colour = models.CharField(_("colour"), max_length=10, choices=Colour.choices, default=Colour.GREY)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [
            owned_once("tag"),
            # One of a name, however it is written; and the catalogue in its order.
            models.UniqueConstraint(fields=["tenant", "key"], name="tag_key"),
            one_of("colour", Colour, "tag_colour"),
        ]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def key_of(name: str) -> str:
        """Return what is the same for every way of writing a tag's name."""
        return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()


class Tagging(TenantModel):
    """A conversation that bears a tag: what the list of a tag walks. `Conversation.tags` says the same in names."""

    tag = TenantKey(Tag, related_name="taggings", verbose_name=_("tag"))
    conversation = TenantKey(Conversation, related_name="taggings", verbose_name=_("conversation"))

    class Meta:
        verbose_name = _("tagging")
        verbose_name_plural = _("taggings")
        constraints = [
            owned_once("tagging"),
            # A conversation bears a tag once; the conversations of a tag.
            models.UniqueConstraint(fields=["tenant", "tag", "conversation"], name="tagging_once"),
            TenantReference(field="tag", name="tagging_tag_tenant"),
            TenantReference(field="conversation", name="tagging_conversation_tenant"),
        ]
        indexes = [
            # The tags of a conversation, and the reference check when retention removes it.
            models.Index(fields=["tenant", "conversation", "tag"], name="tagging_of_conversation"),
        ]

    def __str__(self) -> str:
        return f"{self.tag_id} {self.conversation_id}"


class SavedView(TenantModel):
    """A list with its filters, kept under a name by an agent for themself or, when shared, for everybody."""

    agent = TenantKey(Agent, related_name="saved_views", verbose_name=_("made by"))
    name = models.CharField(_("name"), max_length=60)
    is_shared = models.BooleanField(_("shared"), default=False)
    # Validated filters of `GET conversations`, with its sort.
    filters = models.JSONField(_("filters"), default=dict, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [
            owned_once("savedview"),
            # Those that everybody has, by name …
            models.UniqueConstraint(
                fields=["tenant", "name"], condition=Q(is_shared=True), name="savedview_shared_name"
            ),
            # … and an agent's own ones.
            models.UniqueConstraint(fields=["tenant", "agent", "name"], name="savedview_name"),
            TenantReference(field="agent", name="savedview_agent_tenant"),
        ]
        indexes = [
            # The views that an agent is offered, in the order of their names.
            models.Index(fields=["tenant", "name", "id"], name="savedview_by_name"),
        ]

    def __str__(self) -> str:
        return self.name
