"""Measure both pages by turns, and compare the medians of their scores: python -m curbe.testing.lighthouse"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from curbe.testing import chromium
from curbe.testing.bed import Bed
from curbe.testing.lighthouse.install import lighthouse
from curbe.testing.lighthouse.pages import passing_on
from curbe.testing.npm import FetchFailed, node
from curbe.testing.processes import Process, free_port, make_work_dir
from curbe.testing.waiting import wait_for

CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
RUNS = 3
# Of 100. Less than that is the noise of two measurements.
MOST_LOST = 1
Scores = dict[str, float]


def main() -> None:
    try:
        program = lighthouse()
    except FetchFailed as error:
        sys.exit(str(error))
    scores = measured(program)
    print(f"{'category':16}{'without':>9}{'with':>7}{'lost':>7}")
    lost = {name: scores[False][name] - scores[True][name] for name in CATEGORIES}
    for name in CATEGORIES:
        print(f"{name:16}{scores[False][name]:9.0f}{scores[True][name]:7.0f}{lost[name]:7.0f}")
    if max(lost.values()) > MOST_LOST:
        sys.exit(f"The widget costs a page more than {MOST_LOST} point.")


def measured(program: Path) -> dict[bool, Scores]:
    """The median scores of the page without the widget and with it, each of 100."""
    bed = Bed()
    try:
        with ExitStack() as open_until_the_end:
            stack = open_until_the_end.enter_context(bed.spawn_stack())
            port = open_until_the_end.enter_context(browser())
            pages = {
                has: open_until_the_end.enter_context(passing_on(stack.base_url, has_widget=has))
                for has in (False, True)
            }
            # By turns, so that a busy moment of this machine hits both.
            runs = [(has, scores_of(program, port, page)) for _ in range(RUNS) for has, page in pages.items()]
    finally:
        bed.close()
    return {has: medians([scores for which, scores in runs if which is has]) for has in pages}


@contextmanager
def browser() -> Iterator[int]:
    """The debugging port of a Chromium with a profile of its own."""
    found, port, folder = chromium.get(), free_port(), make_work_dir("lighthouse")
    flags = [*chromium.FLAGS, f"--remote-debugging-port={port}", f"--user-data-dir={folder}"]
    process = Process([found.path, *flags], folder / "chromium.log", env={**os.environ, **found.env})
    process.start()
    try:
        wait_for(lambda: "DevTools listening" in process.logs, "Chromium to listen", timeout=30)
        yield port
    finally:
        process.kill()


def scores_of(program: Path, port: int, page: str) -> Scores:
    """One measurement, on a mid-range phone with 4G as Lighthouse simulates it."""
    options = [f"--port={port}", "--output=json", "--quiet", "--no-enable-error-reporting"]
    command: list[str | Path] = [node(), program, page, *options, f"--only-categories={','.join(CATEGORIES)}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
    if done.returncode != 0:
        sys.exit(f"Lighthouse failed.\n{done.stderr}")
    report = json.loads(done.stdout)
    assert report.get("runtimeError") is None, report["runtimeError"]
    return {name: 100 * report["categories"][name]["score"] for name in CATEGORIES}


def medians(runs: list[Scores]) -> Scores:
    return {name: statistics.median(scores[name] for scores in runs) for name in CATEGORIES}


if __name__ == "__main__":
    main()
