"""What a tenant's people work with together: teams and their members, tags, and kept views."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .. import actions
from ..models import Agent, SavedView, Tag, Tagging, Team, TeamMember
from ..principals import System
from .base import OwnedAdmin, ReadOnlyAdmin


class TeamForm(forms.ModelForm):  # type: ignore[type-arg]
    """A team and, once there is one, who is in it."""

    members = forms.ModelMultipleChoiceField(
        label=_("Members"),
        queryset=Agent.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Team
        fields = ["tenant", "name", "round_robin", "is_default"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            return
        field: Any = self.fields["members"]
        field.initial = [one.agent_id for one in TeamMember.objects.filter(team=self.instance)]
        # Who is switched off is no new member, but one who is may stay.
        eligible = Q(is_active=True) | Q(id__in=field.initial)
        agents = Agent.objects.filter(eligible, tenant_id=self.instance.tenant_id)
        field.queryset = agents.order_by("display_name", "id")

    def clean_is_default(self) -> bool:
        """The action takes the mark from whichever team has it, so there is nothing here that could be taken."""
        self.wants_default = bool(self.cleaned_data["is_default"])
        return bool(self.instance.is_default)

    def _get_validation_exclusions(self) -> set[str]:
        """The name of an archived team is not taken: the action brings that one back, or says how to."""
        given = {"tenant": self.cleaned_data.get("tenant"), "name": self.cleaned_data.get("name")}
        is_archived = Team.objects.filter(**given).exclude(archived_at=None).exists()
        usual: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # The stubs do not know it.
        return usual | {"name"} if is_archived else usual


@admin.register(Team)
class TeamAdmin(OwnedAdmin):
    """Groups that conversations are assigned to."""

    form = TeamForm
    list_display = ["name", "round_robin", "is_default", "archived_at"]
    search_fields = ["name"]
    ordering = ["tenant_id", "name"]
    autocomplete_fields = ["tenant"]
    actions = ["archive"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["tenant", "name", "round_robin", "is_default", *(["members"] if obj and not obj.archived_at else [])]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One that is no more is to look at, until it is made again under its name."""
        return super().has_change_permission(request, obj) and not (obj and obj.archived_at)

    def save_model(self, request: HttpRequest, obj: Team, form: Any, change: bool) -> None:
        fields = {"name": obj.name, "round_robin": obj.round_robin, "is_default": form.wants_default}
        if not change:
            obj.pk = actions.create_team(by=System(obj.tenant_id), fields=fields).pk
            return
        members = [one.pk for one in form.cleaned_data["members"]]
        actions.update_team(by=System(obj.tenant_id), team_id=obj.pk, fields={**fields, "members": members})

    @admin.action(description=_("Archive"))
    def archive(self, request: HttpRequest, chosen: QuerySet[Team]) -> None:
        for team in chosen:
            actions.archive_team(by=System(team.tenant_id), team_id=team.pk)


class TagForm(forms.ModelForm):  # type: ignore[type-arg]
    """A tag. Its name is what conversations bear, so it is chosen once."""

    class Meta:
        model = Tag
        fields = ["tenant", "name", "colour"]


@admin.register(Tag)
class TagAdmin(OwnedAdmin):
    """The words that conversations are marked with."""

    form = TagForm
    list_display = ["name", "colour", "archived_at"]
    list_filter = ["colour"]
    search_fields = ["name"]
    ordering = ["tenant_id", "key"]
    autocomplete_fields = ["tenant"]
    fields = ["tenant", "name", "colour"]
    actions = ["archive"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["name"] if obj else []

    def save_model(self, request: HttpRequest, obj: Tag, form: Any, change: bool) -> None:
        by = System(obj.tenant_id)
        if change:
            actions.update_tag(by=by, tag_id=obj.pk, fields={"colour": obj.colour})
        else:
            obj.pk = actions.create_tag(by=by, name=obj.name, colour=obj.colour).pk

    @admin.action(description=_("Archive"))
    def archive(self, request: HttpRequest, chosen: QuerySet[Tag]) -> None:
        for tag in chosen:
            actions.archive_tag(by=System(tag.tenant_id), tag_id=tag.pk)


@admin.register(TeamMember)
class TeamMemberAdmin(ReadOnlyAdmin):
    """Who is in which team; it is set on the team's own page."""

    list_display = ["team", "agent", "turn"]
    list_select_related = ["team", "agent"]


@admin.register(Tagging)
class TaggingAdmin(ReadOnlyAdmin):
    """Which conversation bears which tag; it is marked in the inbox."""

    list_display = ["tag", "conversation"]
    list_select_related = ["tag", "conversation"]


@admin.register(SavedView)
class SavedViewAdmin(ReadOnlyAdmin):
    """Lists that agents have kept; they keep them in the inbox."""

    list_display = ["name", "agent", "is_shared", "created_at"]
    list_filter = ["is_shared"]
    list_select_related = ["agent"]
    search_fields = ["name"]
