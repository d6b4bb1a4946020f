"""What agents write with: texts to answer with, and, to look at, mentions, drafts and preferences."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import RegexValidator
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .. import actions
from ..models import Draft, Mention, Preference, SavedReply
from ..models.composing import SHORTCUT
from ..principals import System
from .base import OwnedAdmin, ReadOnlyAdmin


class SavedReplyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A reply whose shortcut can be typed after a slash."""

    shortcut = forms.CharField(
        label=_("Shortcut"),
        max_length=40,
        validators=[RegexValidator(SHORTCUT, _("Letters, digits, hyphens and underscores."))],
        help_text=_("Typed after a slash. Letters, digits, hyphens and underscores."),
    )

    class Meta:
        model = SavedReply
        fields = ["tenant", "agent", "shortcut", "title", "body"]
        widgets = {"body": forms.Textarea(attrs={"rows": 12, "cols": 80})}


@admin.register(SavedReply)
class SavedReplyAdmin(OwnedAdmin):
    """Texts that agents answer with. One without an agent is the whole team's."""

    form = SavedReplyForm
    list_display = ["shortcut", "title", "agent", "updated_at"]
    list_select_related = ["agent"]
    search_fields = ["shortcut", "title"]
    ordering = ["tenant_id", "shortcut", "id"]
    autocomplete_fields = ["tenant", "agent"]

    def save_model(self, request: HttpRequest, obj: SavedReply, form: Any, change: bool) -> None:
        actions.save_reply(by=System(obj.tenant_id), reply=obj)


@admin.register(Mention)
class MentionAdmin(ReadOnlyAdmin):
    """Who is named in which note."""

    list_display = ["agent", "conversation", "created_at"]
    list_select_related = ["agent", "conversation"]


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin):
    """Where agents have begun to write. What they have is theirs until they send it."""

    list_display = ["agent", "conversation", "kind", "updated_at"]
    list_select_related = ["agent", "conversation"]
    unshown = ["text"]


@admin.register(Preference)
class PreferenceAdmin(ReadOnlyAdmin):
    """How agents like to work; they set it in the inbox."""

    list_display = ["agent", "desktop", "sound", "ring", "mentions", "send_key", "theme"]
    list_select_related = ["agent"]
