"""Erasing a person, for whoever has the server and not the inbox."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from ...actions import erase_contact
from ...errors import NotFound
from ..tenancy import acting_for, confirm, name_person


class Command(BaseCommand):
    help = "Erase a person: what was said, traits, pages and files. Ids and counts stay. It cannot be undone."

    def add_arguments(self, parser: CommandParser) -> None:
        name_person(parser)
        parser.add_argument("--yes", action="store_true", help="Do not ask.")

    def handle(self, *args: Any, **options: Any) -> None:
        by = acting_for(options["tenant"])
        if not options["yes"]:
            confirm("This erases the person for good.", "ERASE")
        try:
            contact = erase_contact(by=by, contact_id=options["contact"])
        except NotFound as error:
            raise CommandError("There is no such contact.") from error
        self.stdout.write(f"Erased {contact.id}.")
