"""The words of the reports: what each is called and about, what its figures are called, how they are written."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

Text = str | Promise


class Told(NamedTuple):
    """A report on the screen: its figures in order, and which of them are drawn, from the baseline up."""

    name: Text
    about: Text
    figures: dict[str, Text]
    drawn: tuple[str, ...]
    is_time: bool = False


_MEAN, _MEDIAN, _P90 = gettext_lazy("Average"), gettext_lazy("Median"), gettext_lazy("9 of 10 within")

TOLD = {
    "volume": Told(
        gettext_lazy("Volume"),
        gettext_lazy("How many conversations began, came back and were closed. A reopened one counts anew."),
        {
            "started": pgettext_lazy("report", "Begun"),
            "new": pgettext_lazy("report", "New"),
            "reopened": pgettext_lazy("report", "Reopened"),
            "closed": pgettext_lazy("report", "Closed"),
            "spam": pgettext_lazy("report", "Of these spam"),
        },
        ("new", "reopened"),
    ),
    "first-response": Told(
        gettext_lazy("First response"),
        gettext_lazy("How long people waited for the first answer by a person, by the day on which they wrote."),
        {
            "asked": pgettext_lazy("report", "Asked"),
            "answered": pgettext_lazy("report", "Answered"),
            "unanswered": pgettext_lazy("report", "Not answered"),
            "median_s": _MEDIAN,
            "mean_s": _MEAN,
            "p90_s": _P90,
        },
        ("median_s",),
        is_time=True,
    ),
    "resolution": Told(
        gettext_lazy("Resolution"),
        gettext_lazy("How long it took from the beginning of a conversation to its closing, by the day of closing."),
        {"resolved": pgettext_lazy("report", "Resolved"), "median_s": _MEDIAN, "mean_s": _MEAN, "p90_s": _P90},
        ("median_s",),
        is_time=True,
    ),
    "csat": Told(
        gettext_lazy("Satisfaction"),
        gettext_lazy("What people thought of the help they got. Happy are those who gave 4 or 5 of 5."),
        {
            "ratings": pgettext_lazy("report", "Ratings"),
            "happy_share": pgettext_lazy("report", "Happy"),
            "mean_score": _MEAN,
            **{f"score_{score}": f"{score} ★" for score in range(5, 0, -1)},
        },
        ("score_5", "score_4", "score_3", "score_2", "score_1"),
    ),
    "assistant": Told(
        gettext_lazy("Assistant"),
        gettext_lazy(
            "How many conversations the assistant took part in, how many it handed over, how many it solved alone, and"
            " what people thought of these."
        ),
        {
            "answered": pgettext_lazy("report", "Answered"),
            "by_assistant": pgettext_lazy("report", "By the assistant"),
            "handed_off": pgettext_lazy("report", "Handed to a person"),
            "alone": pgettext_lazy("report", "By it alone"),
            "rated": pgettext_lazy("report", "Rated"),
            "mean_score": pgettext_lazy("report", "Mean score"),
            "assistant_share": pgettext_lazy("report", "Its share"),
            "alone_share": pgettext_lazy("report", "Share alone"),
        },
        ("alone", "handed_off"),
    ),
}


def written(name: str, value: float | None) -> str:
    """Return a figure as people read it: "–" when there is none, durations in their two largest units."""
    if value is None:
        return "–"
    if name.endswith("_s"):
        return duration(value)
    if name.endswith("_share"):
        return percent(value)
    return number_format(value, 1) if name.startswith("mean") else f"{value:g}"


def percent(share: float) -> str:
    """Return a share from 0 to 1 in whole percents."""
    return _("{n}%").format(n=round(share * 100))


def duration(seconds: float) -> str:
    """Return a duration in its two largest units, such as "2 h 5 min"."""
    units = ((86_400, _("{n} d")), (3600, _("{n} h")), (60, _("{n} min")), (1, _("{n} s")))
    rest, words = round(seconds), []
    for length, text in units:
        number, rest = divmod(rest, length)
        if number:
            words.append(text.format(n=number))
        elif words:
            break
    return " ".join(words[:2]) or _("{n} s").format(n=0)


def days_text(number: int) -> str:
    """Return "Last 30 days"."""
    return ngettext("Last day", "Last {n} days", number).format(n=number)
