"""After a backup was restored: see "Backup and restore" in the README."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand

from ...actions.retention import rotate_epochs


class Command(BaseCommand):
    help = "Tell every client to take a new snapshot, because a part of the log was lost with what a backup lacks."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Gave {rotate_epochs():,} streams a new epoch.")
