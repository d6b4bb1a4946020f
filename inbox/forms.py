"""What people send to the screens. Everything that is not named here is ignored."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from messenger import queries
from messenger.bulk import MOST_AT_ONCE, VERBS
from messenger.models import Conversation
from messenger.paging import MOST_CURSOR
from messenger.signing_in import LimitedSignInForm

from .lists import NARROWING
from .snoozes import moment_of

# More changed rows than this are a reload of the list, not an update of it.
MOST_ROWS = 60
DEFAULT_VIEW = "all"


class SignInForm(LimitedSignInForm):
    """E-mail address and password. It never says which of the two was wrong, or that an account is switched off."""

    username = forms.EmailField(
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"}),
    )
    error_messages = {
        "invalid_login": _("This e-mail address and password do not belong together."),
        "inactive": _("This e-mail address and password do not belong together."),
    }


class IdsField(forms.CharField):
    """Comma-separated ids, by default at most MOST_ROWS of them."""

    def __init__(self, *, most: int = MOST_ROWS, **options: Any) -> None:
        super().__init__(**options)
        self.most = most

    def to_python(self, value: Any) -> list[uuid.UUID]:  # type: ignore[override]
        words = [word for word in str(value or "").split(",") if word]
        if len(words) > self.most:
            raise forms.ValidationError("too many ids", code="too_many")
        try:
            return [uuid.UUID(word) for word in words]
        except ValueError as error:
            raise forms.ValidationError("not an id", code="invalid") from error


class WhoField(forms.CharField):
    """Somebody or something by id, or one of some words; empty for anything."""

    def __init__(self, *words: str) -> None:
        super().__init__(required=False, max_length=40)
        self.words = {"", *words}

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        try:
            return text if text in self.words else str(uuid.UUID(text))
        except ValueError as error:
            raise forms.ValidationError("not an id", code="invalid") from error


class ListQuery(forms.Form):
    """Which part of which list. `given` holds what the address says beside the view, also where it says nothing."""

    view = forms.ChoiceField(choices=[(name, name) for name in queries.VIEWS], required=False)
    saved = forms.UUIDField(required=False)
    status = forms.ChoiceField(choices=Conversation.Status.choices, required=False)
    assignee = WhoField("me", "none")
    team = WhoField("none")
    tag = forms.CharField(max_length=60, required=False)
    priority = forms.ChoiceField(choices=Conversation.Priority.choices, required=False)
    unread = forms.ChoiceField(choices=[("1", "1"), ("0", "0")], required=False)
    q = forms.CharField(max_length=200, required=False)
    sort = forms.ChoiceField(choices=[(one, one) for one in (queries.NEWEST, queries.LONGEST_WAITING)], required=False)
    cursor = forms.CharField(max_length=MOST_CURSOR, required=False)

    def clean_view(self) -> str:
        return self.cleaned_data["view"] or DEFAULT_VIEW

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        given = {name: cleaned[name] for name in (*NARROWING, "sort") if name in self.data and name in cleaned}
        return {**cleaned, "given": given}


class LiveQuery(ListQuery):
    """What a page shows, so that it can be told what is new: rows, and the open thread after a part."""

    ids = IdsField(required=False)
    open = forms.UUIDField(required=False)
    after = forms.IntegerField(min_value=0, max_value=2**31 - 1, required=False)


class ThreadQuery(ListQuery):
    """Which thread beside which list, and the part to open it at."""

    at = forms.IntegerField(min_value=1, max_value=2**31 - 1, required=False)


class SearchQuery(forms.Form):
    """What to look for, and where to go on."""

    q = forms.CharField(max_length=200, required=False)
    cursor = forms.CharField(max_length=MOST_CURSOR, required=False)


class LogQuery(forms.Form):
    """Which part of the chat log."""

    q = forms.CharField(max_length=200, required=False)
    cursor = forms.CharField(max_length=MOST_CURSOR, required=False)
    ids = IdsField(required=False)
    open = IdsField(required=False)


class AssignForm(forms.Form):
    """Who gets the conversation: an agent, a team, or nobody. What is not sent stays as it is."""

    agent_id = forms.UUIDField(required=False)
    team_id = forms.UUIDField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        return {"to": {name: value for name, value in cleaned.items() if name in self.data}}


class CloseForm(forms.Form):
    """How it is closed."""

    silently = forms.BooleanField(required=False)
    spam = forms.BooleanField(required=False)


class SnoozeForm(forms.Form):
    """Until when: one of the choices in words, or a time of one's own in the company's time zone."""

    choice = forms.CharField(required=False, max_length=20)
    until = forms.DateTimeField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        until = cleaned.get("until") or moment_of(cleaned.get("choice", ""))
        if until is None:
            raise forms.ValidationError("no time", code="invalid")
        return {"until": until}


class TagForm(forms.Form):
    """A tag by its name."""

    name = forms.CharField(max_length=60)


class PriorityForm(forms.Form):
    priority = forms.ChoiceField(choices=Conversation.Priority.choices)


class SubjectForm(forms.Form):
    subject = forms.CharField(max_length=200, required=False)


class ColleagueForm(forms.Form):
    agent_id = forms.UUIDField()


class MuteForm(forms.Form):
    """Whether to be told no more."""

    on = forms.TypedChoiceField(choices=[("1", "1"), ("0", "0")], coerce=lambda value: value == "1")


class ReopenForm(forms.Form):
    """Nothing but the verb."""


class SavedViewForm(forms.Form):
    """A list to keep: a name, and whether everybody has it."""

    name = forms.CharField(max_length=60)
    is_shared = forms.BooleanField(required=False)


class BulkForm(forms.Form):
    """One verb over the chosen conversations."""

    verb = forms.ChoiceField(choices=[(name, name) for name in VERBS])
    ids = IdsField(most=MOST_AT_ONCE)


class FindForm(forms.Form):
    """What is looked for in the command bar."""

    q = forms.CharField(max_length=200, required=False)


class TenantForm(forms.Form):
    """Which company to work in."""

    tenant_id = forms.UUIDField()


class TraitsForm(forms.Form):
    """What an agent corrects of what was said of a person."""

    name = forms.CharField(max_length=200, required=False)
    email = forms.EmailField(max_length=254, required=False)
    phone = forms.CharField(max_length=50, required=False)


class BlockForm(forms.Form):
    """Whether a person may send anything."""

    blocked = forms.BooleanField(required=False)


class OpeningForm(forms.Form):
    """The first message to a person; the key is the page's, so that pressing twice sends once."""

    key = forms.UUIDField()
    body = forms.CharField(max_length=20_000, strip=False)
    new = forms.BooleanField(required=False)


class EraseForm(forms.Form):
    """The word that has to be typed."""

    word = forms.CharField(max_length=20)


class MailForm(forms.Form):
    """Who a conversation is sent to."""

    email = forms.EmailField(max_length=254)
