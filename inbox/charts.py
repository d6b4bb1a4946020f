"""Charts as the drawings they are: numbers turned into the coordinates of an SVG, which the templates draw."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 720, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 8, 12, 26
_MOST_LABELS = 8
# How much of a column's place it fills.
_FILLED = 0.72
_STEPS = (1, 2, 2.5, 5, 10)
# Steps that a clock is read in, in s: up to an hour, then hours, then days.
_CLOCK = (10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400)


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a column, with what is read out when one points at it."""

    x: float
    y: float
    width: float
    height: float
    series: int
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A word beside an axis, and for the upright one the height of its line."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns over a baseline."""

    bars: list[Bar]
    grid: list[Mark]
    labels: list[Mark]
    legend: list[str]
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    width: int = WIDTH
    height: int = HEIGHT


def columns(
    rows: Sequence[dict[str, Any]],
    series: Sequence[tuple[str, str]],
    *,
    label: Callable[[dict[str, Any]], str],
    text: Callable[[float], str],
    is_time: bool = False,
) -> Chart | None:
    """Return stacked columns, a row each, of the named `series` (name, label); None when there is nothing to draw."""
    top = max((sum(row[name] or 0 for name, _ in series) for row in rows), default=0)
    if not top:
        return None
    step = _clock_step(top) if is_time else _step(top)
    highest = step * math.ceil(top / step)
    place = (WIDTH - _LEFT - _RIGHT) / len(rows)
    bars = [bar for at, row in enumerate(rows) for bar in _column(at, row, series, place, highest, label, text)]
    lines = [step * number for number in range(round(highest / step) + 1)]
    grid = [Mark(_LEFT - 8, _height_of(value, highest), text(value)) for value in lines]
    every = math.ceil(len(rows) / _MOST_LABELS)
    middles = [(at, row) for at, row in enumerate(rows) if at % every == 0]
    labels = [Mark(round(_LEFT + place * (at + 0.5), 1), HEIGHT - 8, label(row)) for at, row in middles]
    return Chart(bars, grid, labels, [name for _, name in series])


def _column(
    at: int,
    row: dict[str, Any],
    series: Sequence[tuple[str, str]],
    place: float,
    highest: float,
    label: Callable[[dict[str, Any]], str],
    text: Callable[[float], str],
) -> list[Bar]:
    bars, below = [], 0.0
    for number, (name, called) in enumerate(series):
        value = row[name] or 0
        if value:
            y, foot = _height_of(below + value, highest), _height_of(below, highest)
            x = round(_LEFT + place * (at + (1 - _FILLED) / 2), 1)
            title = f"{label(row)} · {called}: {text(value)}"
            bars.append(Bar(x, y, round(place * _FILLED, 1), round(foot - y, 1), number, title))
        below += value
    return bars


def _height_of(value: float, highest: float) -> float:
    return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / highest, 1)


def _step(top: float) -> float:
    """A round number of which three to five make the top; whole ones, because nobody has half a conversation."""
    rough = max(top / 4, 1)
    power = float(10 ** math.floor(math.log10(rough)))
    step: float = next(power * step for step in _STEPS if power * step >= rough)
    return step if step == int(step) else math.ceil(step)


def _clock_step(top: float) -> float:
    days = 86_400 * max(1, math.ceil(top / 4 / 86_400))
    return next((step for step in _CLOCK if step >= top / 4), days)
