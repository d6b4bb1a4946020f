"""The worker of a production installation: does what is due, and what requests left to be done."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management import BaseCommand

from ...actions import close_idle_conversations, wake_due
from ...assistant.answering import hand_out
from ...chores import EVERY_S, work_until
from ...jobs import Worker


class Command(BaseCommand):
    help = (
        f"Do what is due every {EVERY_S:g} seconds, such as to end snoozes, and the jobs that requests left, as"
        " are answers of the assistant. Any number of these may run; `serve` does it as well."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, and stop")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            # Not `do_chores`, which raises nothing: who runs this once is to hear that it could not be done.
            self.stdout.write(f"Woke {wake_due():,} conversations.")
            self.stdout.write(f"Closed {close_idle_conversations():,} conversations.")
            return
        stopped = threading.Event()
        for told in (signal.SIGTERM, signal.SIGINT):
            signal.signal(told, lambda *_: stopped.set())
        self.stdout.write("Working.")
        self.stdout.flush()
        threading.Thread(target=Worker(hand_out).work_until, args=(stopped,), name="jobs", daemon=True).start()
        work_until(stopped)
