"""Housekeeping: to be run every now and then, as docker-compose.yml does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from django.core.management import BaseCommand, CommandError

from ...actions import prune_conversations, prune_files, prune_guests, prune_log, prune_storage, prune_visits
from ...models import Contact, Conversation, Message
from ...wordtables import fill_words

log = structlog.get_logger(__name__)

STEPS: dict[str, Callable[[], int]] = {
    "Removed {:,} events of the log.": prune_log,
    "Removed {:,} closed conversations that were kept long enough.": prune_conversations,
    "Removed {:,} page views that were kept long enough.": prune_visits,
    "Removed {:,} guests of whom nothing was heard for long.": prune_guests,
    "Removed {:,} files that no message carries.": prune_files,
    "Removed {:,} files that no row speaks of.": prune_storage,
    "Made the words of {:,} rows for the search.": lambda: fill_words(Contact, Conversation, Message),
}


class Command(BaseCommand):
    help = (
        "Forget what the log keeps longer than 30 days for contacts, and 7 days or 100,000 events for a tenant, "
        "files that no message has claimed within a day, files that no row speaks of, and closed conversations, page "
        "views and idle guests that are older than their company's settings keep them."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Take every step, whatever became of the others. Raises CommandError when one was not done."""
        undone = [text for text, step in STEPS.items() if not self._is_done(text, step)]
        if undone:
            raise CommandError(f"{len(undone)} of {len(STEPS)} steps failed; the log says why.")

    def _is_done(self, text: str, step: Callable[[], int]) -> bool:
        try:
            self.stdout.write(text.format(step()))
        except Exception:
            log.exception("prune_step_failed", step=text)  # Handled: the next one is taken, and the command fails.
            return False
        return True
