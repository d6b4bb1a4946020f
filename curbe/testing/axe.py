"""Accessibility as axe-core sees it: every rule for WCAG A and AA, and the best practices.

What it runs is evaluated over the DevTools protocol, as the console does, so a page's policy needs no exception for it.
For use inside `browser.run` only.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from playwright.sync_api import Frame, Page

from curbe.testing.npm import Package, fetch

PACKAGE = Package(
    "axe-core",
    "4.14.1",
    "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
)
# What another colour scheme can change.
COLOURS = ["color-contrast", "link-in-text-block"]
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# A frame is a page of its own, and is looked at for itself. What moves is looked at when it has come to rest.
_RUN = """async (only) => {
  const ends = (one) => Number.isFinite(one.effect.getComputedTiming().endTime);
  await Promise.all(document.getAnimations().filter(ends).map((one) => one.finished.catch(() => null)));
  const {violations} = await axe.run(document, {iframes: false, resultTypes: ["violations"], runOnly: only});
  return violations.flatMap(({id, nodes}) => nodes.map(({target, failureSummary: why}) => ({id, target, why})));
}"""


def violations(place: Page | Frame, rules: list[str] = _TAGS) -> list[str]:
    """What axe finds wrong in a page, without the frames in it, or in one frame: rule, element and remedy.

    `rules` are names of rules, or the tags of many.
    """
    if not place.evaluate("Boolean(window.axe)"):
        place.evaluate(_source())
    found = place.evaluate(_RUN, rules)
    return [_line(one) for one in found]


@cache
def _source() -> str:
    return (fetch(PACKAGE) / "axe.min.js").read_text()


def _line(found: dict[str, Any]) -> str:
    return f"{found['id']}: {found['target']} {' '.join(found['why'].split())}"
