"""Which days a report is about, as people choose them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from messenger.errors import DomainError
from messenger.models import Tenant
from messenger.periods import Period, period_for

CHOICES = (7, 30, 90)


class PeriodForm(forms.Form):
    """The last 7, 30 or 90 days, or from a day to another."""

    days = forms.TypedChoiceField(choices=[(days, days) for days in CHOICES], coerce=int, required=False)
    first = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    last = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )

    def __init__(self, tenant: Tenant, data: Any) -> None:
        super().__init__(data)
        self.tenant = tenant

    def clean(self) -> dict[str, Any]:
        """Add `period`; where the days are none, the usual one, and say what is wrong."""
        given = self.cleaned_data
        usual = period_for(self.tenant)
        try:
            return {**given, "period": self._period(usual.last)}
        except DomainError:  # Handled: told beside the fields.
            self.add_error(None, _("Choose a day and the same or a later one, at most a year apart."))
        return {**given, "period": usual}

    def _period(self, today: date) -> Period:
        days = self.cleaned_data.get("days") or 0
        if days:
            return period_for(self.tenant, today - timedelta(days=days - 1), today)
        return period_for(self.tenant, self.cleaned_data.get("first"), self.cleaned_data.get("last"))
