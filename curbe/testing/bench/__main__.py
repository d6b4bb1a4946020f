"""Fills a PostgreSQL of its own, asks it, prints a table and keeps it as JSON below .local/bench.

A number as argument says how many messages, by default 500,000; names say which parts: chat_log, search, assistant.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial

import django

from curbe.testing.bed import Bed
from curbe.testing.load.figures import Figure, broken, write
from curbe.testing.npm import ROOT
from curbe.testing.plugin import set_environment

_MESSAGES = 500_000


def main(arguments: Sequence[str]) -> int:
    """The exit code: 1 when a figure is beyond its limit."""
    bed = Bed()
    try:
        found = run(bed, *_wanted(arguments))
    finally:
        bed.close()
    print(f"\nKept in {write(found, ROOT / '.local' / 'bench').relative_to(ROOT)}")
    return int(any(broken(figures) for figures in found.values()))


def _wanted(arguments: Sequence[str]) -> tuple[int, list[str]]:
    """How many messages, and which parts; none means all."""
    numbers = [int(one) for one in arguments if one.isdigit()]
    return (numbers or [_MESSAGES])[0], [one for one in arguments if not one.isdigit()]


def run(bed: Bed, messages: int, parts: Sequence[str]) -> dict[str, list[Figure]]:
    """Every figure by what it is about, printed as soon as there are some."""
    set_environment("postgres", bed)
    os.environ |= {"DJANGO_SETTINGS_MODULE": "curbe.settings", "ALLOWED_HOSTS": "testserver"}
    bed.postgres.create_database(os.environ["DATABASE_URL"].rpartition("/")[2])
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from curbe.testing.bench.assistant import assistant
    from curbe.testing.bench.chat_log import chat_log
    from curbe.testing.bench.searching import search

    measures: dict[str, Callable[[], list[Figure]]] = {
        "chat_log": chat_log,
        "search": partial(search, messages),
        "assistant": assistant,
    }
    found = {}
    for name in parts or measures:
        found[name] = measures[name]()
        print(*found[name], sep="\n", flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
