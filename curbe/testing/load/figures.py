"""Figures with the limits they are held to: a table for people, JSON for programs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; `most` is its limit, None for a value that is only told."""

    what: str
    value: float
    unit: str
    most: float | None = None

    @property
    def holds(self) -> bool:
        return self.most is None or self.value <= self.most

    def __str__(self) -> str:
        limit = "" if self.most is None else f"≤ {self.most:g} {'' if self.holds else 'BROKEN'}"
        return f"{self.what:<72} {self.value:>10.4g} {self.unit:<8} {limit}".rstrip()


def broken(figures: Sequence[Figure]) -> list[str]:
    """The figures that are beyond their limits, in words."""
    return [str(one) for one in figures if not one.holds]


def p95(values: Sequence[float]) -> float:
    """The value that 95 of 100 do not exceed."""
    return quantiles(values, n=20, method="inclusive")[-1]


def write(found: dict[str, list[Figure]], folder: Path) -> Path:
    """Keep what was found, with the machine and the date that it was found on."""
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    machine = {"system": platform.platform(), "cores": os.cpu_count(), "python": platform.python_version()}
    rows = {name: [asdict(one) | {"holds": one.holds} for one in figures] for name, figures in found.items()}
    path = folder / f"{now:%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps({"at": now.isoformat(), "machine": machine, "figures": rows}, indent=2))
    return path
