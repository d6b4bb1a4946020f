"""Pictures of every screen of the widget, the inbox and the admin: make screenshots

Into .local/screenshots/widget and …/inbox, light and dark, on a desktop and on a phone, in English and in Spanish, each
with a page that shows them side by side. `python -m curbe.testing.screenshots inbox` takes those of one place.
"""

from __future__ import annotations

import functools
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from curbe.testing import inbox_screens
from curbe.testing.bed import Bed
from curbe.testing.browser import SCREENSHOTS, BrowserSession
from curbe.testing.screens import ENV, LOOKS, SCREENS, Look, prepare, walk
from curbe.testing.stack import Stack

SCHEMES = ("light", "dark")
_ENOUGH_S = 420
Walk = Callable[[BrowserSession, Stack, Look], Iterator[tuple[str, Any]]]


@dataclass(frozen=True)
class Album:
    """The pictures of one walk."""

    name: str
    screens: Iterable[str]
    walk: Walk

    @property
    def place(self) -> Path:
        return SCREENSHOTS / self.name

    def file(self, screen: str, look: Look, scheme: str) -> Path:
        return self.place / f"{screen}-{look}-{scheme}.png"


ALBUMS = [
    Album("widget", SCREENS, walk),
    Album("inbox", inbox_screens.SCREENS, inbox_screens.walk_the_inbox),
]


def main() -> None:
    bed = Bed()
    try:
        for album in ALBUMS:
            if sys.argv[1:] in ([], [album.name]):
                _take(bed, album)
    finally:
        bed.close()


def _take(bed: Bed, album: Album) -> None:
    """On a fresh, seeded installation."""
    shutil.rmtree(album.place, ignore_errors=True)
    album.place.mkdir(parents=True)
    with bed.spawn_stack(env={**ENV, "RATE_LIMITS": "off"}) as stack:
        prepare(stack)
        for look in LOOKS:
            bed.browser.call(functools.partial(_show, bed.browser.session(str(look)), stack, look, album), _ENOUGH_S)
    (album.place / "index.html").write_text("\n".join(_sheet(album)))
    print(f"{len(list(album.place.glob('*.png')))} pictures: {album.place / 'index.html'}")


def _show(session: BrowserSession, stack: Stack, look: Look, album: Album) -> None:
    for name, walker in album.walk(session, stack, look):
        for scheme in SCHEMES:
            walker.page.emulate_media(color_scheme=scheme)
            walker.page.screenshot(path=album.file(name, look, scheme), animations="disabled", scale="css")


def _sheet(album: Album) -> Iterator[str]:
    """A row for each screen, a column for each look."""
    looks = [(look, scheme) for look in LOOKS for scheme in SCHEMES]
    yield f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Screens: {album.name}</title>'
    yield "<table>"
    yield f"<tr><th></th>{''.join(f'<th>{look} {scheme}</th>' for look, scheme in looks)}</tr>"
    for name in album.screens:
        files = [album.file(name, look, scheme).name for look, scheme in looks]
        cells = "".join(
            f'<td><a href="{file}"><img height="420" loading="lazy" src="{file}" alt=""></a></td>' for file in files
        )
        yield f"<tr><td>{escape(name)}</td>{cells}</tr>"
    yield "</table></html>"


if __name__ == "__main__":
    main()
