"""Inputs of the admin that are more than one element: a colour, the questions of a form, the hours of a week."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import count, takewhile
from typing import Any

from django import forms
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ..errors import Invalid
from ..hours import DAYS, check_hours
from ..looks import MOST_FIELDS, MOST_LABEL

DAY_NAMES = dict(zip(DAYS, WEEKDAYS.values(), strict=True))
# From and to, as people write it: 9-14, 9:00–14:30, 09.00 - 14.00.
_INTERVAL = re.compile(r"(\d{1,2})(?:[:.](\d\d))?\s*[-–—]\s*(\d{1,2})(?:[:.](\d\d))?")


class ProjectTemplate:
    """Renders a widget from the templates of the project, which Django's own form renderer does not look at."""

    template_name: str

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        return render_to_string(self.template_name, self.get_context(name, value, attrs))  # type: ignore[attr-defined]


class ColorInput(ProjectTemplate, forms.TextInput):
    """A colour to pick and, for whoever knows it or cannot pick, to write. Empty: the one of the product."""

    template_name = "admin/messenger/widget/color.html"

    def __init__(self, *, shows_contrast: bool = False, attrs: dict[str, Any]) -> None:
        super().__init__({"spellcheck": "false", "maxlength": 7, "autocomplete": "off", **attrs})
        self.shows_contrast = shows_contrast

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return {**super().get_context(name, value, attrs), "shows_contrast": self.shows_contrast}


class QuestionsInput(ProjectTemplate, forms.Widget):
    """Rows of a name, a label per language and whether it must be answered. Empty rows count as none."""

    template_name = "admin/messenger/widget/questions.html"
    use_fieldset = True

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        given = value or []
        rows = [*given, *[{}] * (MOST_FIELDS - len(given))]
        context = super().get_context(name, value, attrs)
        return {**context, "rows": [_row(name, i, row) for i, row in enumerate(rows)], "longest": MOST_LABEL}

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[dict[str, Any]]:
        # However many there are: that these are too many, the domain says.
        numbers = takewhile(lambda i: f"{name}_{i}_name" in data, count())
        rows = [_posted(data, f"{name}_{i}") for i in numbers]
        return [row for row in rows if row["name"] or row["label"]]

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return False


class QuestionsField(forms.Field):
    """Custom questions, as they are stored. What is wrong with them, the domain says."""

    widget = QuestionsInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != (data or []))


class WeekInput(ProjectTemplate, forms.Widget):
    """A line of times for each day."""

    template_name = "admin/messenger/tenant/week.html"
    use_fieldset = True

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        lines = value if isinstance(value, dict) else {}
        wrong = wrong_days(lines)
        days = [(f"{name}_{day}", capfirst(DAY_NAMES[day]), lines.get(day, ""), day in wrong) for day in DAYS]
        return {**super().get_context(name, value, attrs), "days": days}

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> dict[str, str]:
        lines = {day: str(data.get(f"{name}_{day}", "")).strip() for day in DAYS}
        return {day: line for day, line in lines.items() if line}

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return False


class WeekField(forms.Field):
    """Office hours, read from lines such as "9–14, 16–19"; no line at all means always open."""

    widget = WeekInput

    def prepare_value(self, value: Any) -> Any:
        """Stored weeks as lines; what was just written as it was written."""
        if not isinstance(value, dict):
            return value
        return {day: line if isinstance(line, str) else _line(line) for day, line in value.items()}

    def to_python(self, value: Any) -> dict[str, list[list[str]]]:
        if wrong := wrong_days(value):
            raise forms.ValidationError([_refusal(day) for day in wrong])
        return {day: _intervals(line) for day, line in value.items()}

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial or {}) != data)


def _row(name: str, i: int, row: Mapping[str, Any]) -> dict[str, Any]:
    labels = row.get("label") if isinstance(row.get("label"), dict) else {}
    languages = [(code, language, (labels or {}).get(code, "")) for code, language in settings.LANGUAGES]
    return {**row, "at": f"{name}_{i}", "i": i, "number": i + 1, "labels": languages}


def _posted(data: Mapping[str, Any], at: str) -> dict[str, Any]:
    labels = {code: str(data.get(f"{at}_label_{code}", "")).strip() for code, _language in settings.LANGUAGES}
    return {
        "name": str(data.get(f"{at}_name", "")).strip(),
        "required": bool(data.get(f"{at}_required")),
        "label": {code: label for code, label in labels.items() if label},
    }


def wrong_days(lines: Mapping[str, str]) -> list[str]:
    """Return the days whose lines are no opening times."""
    return [day for day, line in lines.items() if not _is_line(line) or not _is_day(day, _intervals(line))]


def _is_line(line: str) -> bool:
    return all(_INTERVAL.fullmatch(part.strip()) for part in line.split(","))


def _intervals(line: str) -> list[list[str]]:
    return [_interval(match) for match in _INTERVAL.finditer(line)]


def _interval(match: re.Match[str]) -> list[str]:
    start_hour, start_minute, end_hour, end_minute = match.groups(default="00")
    end = "24:00" if (int(end_hour), end_minute) == (0, "00") else f"{int(end_hour):02}:{end_minute}"
    return [f"{int(start_hour):02}:{start_minute}", end]


def _is_day(day: str, intervals: Any) -> bool:
    try:
        check_hours({day: intervals})
    except Invalid:
        return False  # Handled: told with the day's name, in the reader's language.
    return True


def _refusal(day: str) -> str:
    return _("{day}: write up to four times in their order, such as 9:00–14:00, 16:00–19:00.").format(
        day=capfirst(DAY_NAMES[day])
    )


def _line(intervals: Any) -> str:
    return ", ".join(_written(intervals))


def _written(intervals: Any) -> Iterator[str]:
    for interval in intervals if isinstance(intervals, list) else []:
        yield "–".join(str(time) for time in interval) if isinstance(interval, list) else str(interval)
