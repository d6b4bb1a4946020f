"""Pictures of every screen of the widget: make screenshots

Into .local/screenshots/widget, light and dark, on a desktop and on a phone, in English and in Spanish, with a page that
shows them side by side.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterator
from html import escape
from pathlib import Path

from curbe.testing.bed import Bed
from curbe.testing.browser import SCREENSHOTS, BrowserSession
from curbe.testing.screens import LOOKS, SCREENS, Look, prepare, walk
from curbe.testing.stack import Stack

PLACE = SCREENSHOTS / "widget"
SCHEMES = ("light", "dark")
_ENOUGH_S = 300


def main() -> None:
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    bed = Bed()
    try:
        with bed.spawn_stack(env={"RATE_LIMITS": "off"}) as stack:
            prepare(stack)
            for look in LOOKS:
                bed.browser.call(functools.partial(_show, bed.browser.session(str(look)), stack, look), _ENOUGH_S)
    finally:
        bed.close()
    (PLACE / "index.html").write_text("\n".join(_sheet()))
    print(f"{len(list(PLACE.glob('*.png')))} pictures: {PLACE / 'index.html'}")


def _show(session: BrowserSession, stack: Stack, look: Look) -> None:
    for name, walker in walk(session, stack, look):
        for scheme in SCHEMES:
            walker.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            walker.page.screenshot(path=_file(name, look, scheme), animations="disabled", scale="css")


def _file(name: str, look: Look, scheme: str) -> Path:
    return PLACE / f"{name}-{look}-{scheme}.png"


def _sheet() -> Iterator[str]:
    """A row for each screen, a column for each look."""
    looks = [(look, scheme) for look in LOOKS for scheme in SCHEMES]
    yield '<!doctype html><html lang="en"><meta charset="utf-8"><title>The widget\'s screens</title>'
    yield "<table>"
    yield f"<tr><th></th>{''.join(f'<th>{look} {scheme}</th>' for look, scheme in looks)}</tr>"
    for name in SCREENS:
        files = [_file(name, look, scheme).name for look, scheme in looks]
        cells = "".join(
            f'<td><a href="{file}"><img height="420" loading="lazy" src="{file}" alt=""></a></td>' for file in files
        )
        yield f"<tr><td>{escape(name)}</td>{cells}</tr>"
    yield "</table></html>"


if __name__ == "__main__":
    main()
