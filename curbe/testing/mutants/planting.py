"""A bug put into a copy of the tree, and taken out again."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import cache_from_source
from itertools import takewhile
from pathlib import Path
from typing import Literal

from curbe.testing.npm import ROOT

# Not part of the tree, yet needed to run its tests.
_LINKED = (".venv", ".cache")


@dataclass(frozen=True, slots=True)
class Plant:
    """A bug, and the one test that must fail by it, at an assertion of its own.

    `old` occurs exactly once in `file`. `killer` is a pytest node id, of which any set of parameters counts, or
    `<file>.test.js::<name of the test>`; `assertion` is part of the statement of that test which must fail.
    """

    name: str
    bug: str
    file: str
    old: str
    new: str
    killer: str
    assertion: str
    database: Literal["sqlite", "postgres"] | None = "sqlite"

    @property
    def is_javascript(self) -> bool:
        return self.file.endswith(".js")


@dataclass(frozen=True, slots=True)
class Spot:
    """What differs in the planted file: characters from `start` up to `end` of its text."""

    path: Path
    start: int
    end: int

    @property
    def lines(self) -> tuple[int, int]:
        """The first and the last changed line, counted from 1."""
        text = self.path.read_text()
        return text.count("\n", 0, self.start) + 1, text.count("\n", 0, self.end) + 1


class MovedOn(Exception):
    """The text to replace is not there, or not only there: the product has changed, and the plant must follow."""


def copy_tree(folder: Path) -> None:
    """Copy what git tracks, or would track, as it is in the working tree."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in names:
        source, target = ROOT / name, folder / name
        if source.is_file() and name not in _LINKED:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    for name in _LINKED:
        (folder / name).symlink_to((ROOT / name).resolve())


@contextmanager
def planted(tree: Path, plant: Plant) -> Iterator[Spot]:
    """Keep the bug in the tree for as long as this lasts. Raises MovedOn."""
    path = tree / plant.file
    sound = path.read_text()
    if sound.count(plant.old) != 1:
        raise MovedOn(f"{plant.name}: {plant.file} has this text {sound.count(plant.old)} times:\n{plant.old}")
    _write(path, sound.replace(plant.old, plant.new))
    try:
        yield _spot(path, sound.index(plant.old), plant)
    finally:
        _write(path, sound)


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    # Python tells a stale compilation by size and second, and two plants may share both.
    Path(cache_from_source(str(path))).unlink(missing_ok=True)


def _spot(path: Path, at: int, plant: Plant) -> Spot:
    """Where old and new really differ; of a text that was only cut, the place of the cut."""
    same = _shared(plant.old, plant.new)
    rest_old, rest_new = plant.old[same:], plant.new[same:]
    changed = rest_new[: len(rest_new) - _shared(rest_old[::-1], rest_new[::-1])]
    start = at + same + len(changed) - len(changed.lstrip())
    return Spot(path, start, max(start, at + same + len(changed.rstrip()) - 1))


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
