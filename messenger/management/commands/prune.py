"""Housekeeping: to be run every now and then, as docker-compose.yml does."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand

from ...actions import prune_files, prune_log


class Command(BaseCommand):
    help = (
        "Forget what the log keeps longer than 30 days for contacts, and 7 days or 100,000 events for a tenant, "
        "and files that no message has claimed within a day."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Removed {prune_log():,} events of the log. No message is touched.")
        self.stdout.write(f"Removed {prune_files():,} files that no message carries.")
