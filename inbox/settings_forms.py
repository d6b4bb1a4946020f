"""What agents set for themselves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from messenger.errors import DomainError
from messenger.models import Agent, Preference
from messenger.models.composing import SHORTCUT

_MOST_CHARACTERS = 20_000


class PreferencesForm(forms.Form):
    """How an agent likes to work."""

    ring = forms.ChoiceField(label=_("Tell me of new messages"), choices=Preference.Ring.choices)
    mentions = forms.BooleanField(label=_("Tell me when a colleague mentions me in a note"), required=False)
    desktop = forms.BooleanField(label=_("Show notifications on the desktop"), required=False)
    sound = forms.BooleanField(label=_("Play a sound"), required=False)
    send_key = forms.ChoiceField(label=_("Send with"), choices=Preference.SendKey.choices)
    theme = forms.ChoiceField(label=_("Appearance"), choices=Preference.Theme.choices)


class AvailabilityForm(forms.Form):
    """Whether the agent answers at the moment."""

    availability = forms.ChoiceField(choices=Agent.Availability.choices)


class SavedReplyForm(forms.Form):
    """A text to answer with. Sharing it is for admins."""

    shortcut = forms.CharField(
        label=_("Shortcut"),
        max_length=40,
        validators=[RegexValidator(SHORTCUT, _("Letters, digits, hyphens and underscores."))],
    )
    title = forms.CharField(label=_("Title"), max_length=100)
    body = forms.CharField(
        label=_("Text"), strip=False, max_length=_MOST_CHARACTERS, widget=forms.Textarea(attrs={"rows": 8})
    )
    is_shared = forms.BooleanField(label=_("For the whole team"), required=False)

    def __init__(self, *args: Any, is_admin: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_admin:
            del self.fields["is_shared"]

    def refuse(self, refusal: DomainError) -> None:
        """Say beside its field what the domain refused."""
        texts = {"shortcut_taken": _("This shortcut is taken."), "too_many_replies": _("No more replies can be kept.")}
        field = refusal.attr if refusal.attr in self.fields else None
        self.add_error(field, texts.get(refusal.code, refusal.detail))
