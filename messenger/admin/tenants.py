"""Companies: when and how they work."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.validators import MaxValueValidator
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .. import actions
from ..files import KINDS, kinds_of
from ..hours import time_zones
from ..models import Tenant
from ..models.tenants import MOST_TIME
from .base import OwnedAdmin
from .inputs import WeekField


def zone_choices() -> Iterator[tuple[str, Any]]:
    """Yield the time zones there are, those of a continent together."""
    names = sorted(time_zones(), key=lambda name: (name.partition("/")[::2], name))
    for continent, some in groupby(names, key=lambda name: name.partition("/")[0]):
        cities = [(name, name.replace("_", " ")) for name in some]
        yield (continent, cities) if len(cities) > 1 else cities[0]


class TenantForm(forms.ModelForm):  # type: ignore[type-arg]
    """A tenant whose language and time zone exist, with its office hours in words."""

    locale = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=zone_choices,
        initial="UTC",
        error_messages={"invalid_choice": _("This is not a time zone, such as Europe/Madrid.")},
    )
    office_hours = WeekField(
        label=_("Office hours"),
        required=False,
        help_text=_("From and to, such as 9–14, 16–19. A day without times is closed; without any, it is always open."),
    )
    reply_time = forms.ChoiceField(
        label=_("Expected reply time"),
        choices=[("", _("Say nothing")), *Tenant.ReplyTime.choices],
        required=False,
        help_text=_("What visitors are told during office hours."),
    )

    file_kinds = forms.TypedMultipleChoiceField(
        label=_("Files that may be sent"),
        choices=[(kind, kind) for kind in KINDS],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Pages and programs never. Visitors may send up to 10 MB, agents up to 25 MB."),
    )

    handoff_phrases = forms.CharField(
        label=_("Words that always go to a person"),
        widget=forms.Textarea({"rows": 4}),
        required=False,
        help_text=_("One on each line. Where a message has one of them, the assistant hands over without an answer."),
    )

    class Meta:
        model = Tenant
        fields = [
            *("name", "slug", "is_active", "locale", "time_zone", "office_hours", "reply_time"),
            *("thread_policy", "visitors_may_close", "edit_minutes", "reopen_days", "inactivity_days"),
            *("conversation_retention_days", "visit_retention_days", "guest_retention_days", "file_kinds"),
            *("handoff_phrases", "accepts_user_hash", "shares_device"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["handoff_phrases"] = "\n".join(self.instance.handoff_phrases)
        self.initial["file_kinds"] = list(kinds_of(self.instance))
        for name, most in MOST_TIME.items():
            self.fields[name].validators.append(MaxValueValidator(most))

    def clean_handoff_phrases(self) -> list[str]:
        """One phrase on each line, each once."""
        lines = (" ".join(line.split()) for line in self.cleaned_data["handoff_phrases"].splitlines())
        return list(dict.fromkeys(line for line in lines if line))


@admin.register(Tenant)
class TenantAdmin(OwnedAdmin):
    """Superusers add tenants and switch them off; a tenant's admin sets how their own one works."""

    owner_field = "pk"
    form = TenantForm
    list_display = ["name", "slug", "locale", "thread_policy", "is_active", "created_at"]
    list_filter = ["is_active", "thread_policy"]
    list_select_related = False
    search_fields = ["name", "slug"]
    ordering = ["name", "id"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "is_active"]}),
        (_("Language and time"), {"fields": ["locale", "time_zone", "office_hours", "reply_time"]}),
        (
            _("Conversations"),
            {"fields": ["thread_policy", "visitors_may_close", "edit_minutes", "reopen_days", "inactivity_days"]},
        ),
        (
            _("How long things are kept"),
            {
                "fields": ["conversation_retention_days", "visit_retention_days", "guest_retention_days"],
                "description": _("Empty: for ever. What is older is removed for good, with its files."),
            },
        ),
        (_("Assistant"), {"fields": ["handoff_phrases"]}),
        (_("Files"), {"fields": ["file_kinds"]}),
        (_("Identity"), {"fields": ["accepts_user_hash", "shares_device"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_superuser", False))

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        return []

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if self.has_add_permission(request) else ["slug", "is_active"]

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:
        if change:
            actions.update_tenant(obj)
        else:
            actions.create_tenant(obj)
