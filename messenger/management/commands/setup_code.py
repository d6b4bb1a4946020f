"""Where a fresh install is set up, and by which code."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand, CommandError

from ...first_run import is_fresh, setup_url


class Command(BaseCommand):
    help = "Print the address, with its code, at which a fresh install is given its first company and admin."

    def handle(self, *args: Any, **options: Any) -> None:
        if not is_fresh():
            raise CommandError("This install is set up already. Add people and companies in the administration.")
        self.stdout.write(setup_url())
