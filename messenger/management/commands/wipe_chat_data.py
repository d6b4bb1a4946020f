"""Starting afresh, as before a new widget goes live."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand, CommandParser

from ...actions import wipe_chat_data
from ...models import Contact
from ..tenancy import confirm, tenant_called


class Command(BaseCommand):
    help = (
        "Remove all contacts, conversations, visits and files of a company. Its settings, agents, widgets, articles "
        "and audit log stay. It cannot be undone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, help="The slug of the company.")
        parser.add_argument("--yes", action="store_true", help="Do not ask.")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_called(options["tenant"])
        people = Contact.objects.filter(tenant=tenant).count()
        if not options["yes"]:
            confirm(f"This removes {people:,} people of {tenant.name} and all they said, for good.", tenant.slug)
        counts = wipe_chat_data(tenant)
        self.stdout.write("Removed " + ", ".join(f"{number:,} {name}" for name, number in counts.items()) + ".")
