"""What people send to the screens. Everything that is not named here is ignored."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from messenger import queries
from messenger.signing_in import LimitedSignInForm

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
    """Comma-separated ids, at most MOST_ROWS of them."""

    def to_python(self, value: Any) -> list[uuid.UUID]:  # type: ignore[override]
        words = [word for word in str(value or "").split(",") if word]
        if len(words) > MOST_ROWS:
            raise forms.ValidationError("too many ids", code="too_many")
        try:
            return [uuid.UUID(word) for word in words]
        except ValueError as error:
            raise forms.ValidationError("not an id", code="invalid") from error


class ListQuery(forms.Form):
    """Which part of which list."""

    view = forms.ChoiceField(choices=[(name, name) for name in queries.VIEWS], required=False)
    cursor = forms.CharField(max_length=300, required=False)

    def clean_view(self) -> str:
        return self.cleaned_data["view"] or DEFAULT_VIEW


class LiveQuery(ListQuery):
    """What a page shows, so that it can be told what is new: rows, and the open thread after a part."""

    ids = IdsField(required=False)
    open = forms.UUIDField(required=False)
    after = forms.IntegerField(min_value=0, max_value=2**31 - 1, required=False)


class LogQuery(forms.Form):
    """Which part of the chat log."""

    q = forms.CharField(max_length=200, required=False)
    cursor = forms.CharField(max_length=300, required=False)
    ids = IdsField(required=False)
    open = IdsField(required=False)


class AssignForm(forms.Form):
    """Who gets the conversation: an agent, or nobody."""

    agent_id = forms.UUIDField(required=False)


class TenantForm(forms.Form):
    """Which company to work in."""

    tenant_id = forms.UUIDField()
