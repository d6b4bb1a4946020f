"""The language that the demo's stories are written in: who did what, and how many minutes after the last thing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from .stage import Scene

HOUR = 60
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody does, `minutes` after the act before it."""

    minutes: float
    play: Callable[[Scene], None]


@dataclass(frozen=True, slots=True)
class When:
    """When a story begins, told from the present: a time of day (UTC) some days ago, or minutes ago."""

    days: int = 0
    at: str = ""
    minutes: int = 0

    def on(self, now: datetime) -> datetime:
        """Return the moment. Whatever the time of day, a story of days ago began on that day."""
        if not self.days:
            return now - timedelta(minutes=self.minutes)
        day = now.date() - timedelta(days=self.days)
        return datetime.combine(day, time.fromisoformat(self.at), tzinfo=now.tzinfo)


@dataclass(frozen=True, slots=True)
class Story:
    """A visitor of a page and everything that came of it."""

    visitor: str
    locale: str
    when: When
    page: tuple[str, str]
    acts: Sequence[Act]
    widget: int = 0
    # Whether the assistant takes part. It was switched on not long ago.
    assisted: bool = False

    def agenda(self, now: datetime) -> list[tuple[datetime, Act]]:
        """Return the acts with their moments, the opening of the page first."""
        moment = self.when.on(now)
        planned = [(moment, visits(0, *self.page))]
        for act in self.acts:
            moment += timedelta(minutes=act.minutes)
            planned.append((moment, act))
        return planned


def days_ago(days: int, at: str) -> When:
    return When(days=days, at=at)


def minutes_ago(minutes: int) -> When:
    return When(minutes=minutes)


# What visitors do


def visits(minutes: float, url: str, title: str) -> Act:
    """Load a page with the widget."""
    return Act(minutes, lambda scene: scene.visit(url, title))


def says(minutes: float, text: str) -> Act:
    """Write in the conversation, or begin it."""
    return Act(minutes, lambda scene: scene.say(text))


def begins(minutes: float, text: str) -> Act:
    """Begin another conversation beside the one there is."""
    return Act(minutes, lambda scene: scene.begin(text))


def fills(minutes: float, **traits: Any) -> Act:
    """Give name, email, phone or attributes."""
    return Act(minutes, lambda scene: scene.fill(traits))


def reads(minutes: float) -> Act:
    """Read to the end."""
    return Act(minutes, lambda scene: scene.read())


def rates(minutes: float, score: int, remark: str = "") -> Act:
    """Give the cycle that was closed 1 to 5, and perhaps say why."""
    return Act(minutes, lambda scene: scene.rate(score, remark))


def wants_a_person(minutes: float) -> Act:
    """Press "talk to a person"."""
    return Act(minutes, lambda scene: scene.want_a_person())


# What the assistant does


def assists(minutes: float) -> Act:
    """The assistant answers what it was asked from the help, or hands over."""
    return Act(minutes, lambda scene: scene.assist())


# What agents do


def replies(minutes: float, agent: str, text: str) -> Act:
    return Act(minutes, lambda scene: scene.reply(agent, text))


def notes(minutes: float, agent: str, text: str) -> Act:
    """Write a note that only the team sees."""
    return Act(minutes, lambda scene: scene.note(agent, text))


def assigns(minutes: float, agent: str, to: str) -> Act:
    """Give the conversation to an agent or a team, by key or name."""
    return Act(minutes, lambda scene: scene.assign(agent, to))


def closes(minutes: float, agent: str) -> Act:
    """End the cycle; the whole team has read it by then."""
    return Act(minutes, lambda scene: scene.close(agent))


def reopens(minutes: float, agent: str) -> Act:
    return Act(minutes, lambda scene: scene.reopen(agent))
