"""Writing out what is known of a person, for whoever has the server and not the inbox."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import transaction

from ...actions import export_contact
from ...errors import NotFound
from ...exports import name_of, write_export
from ...models import Contact
from ...principals import System
from ..tenancy import acting_for, name_person


class Command(BaseCommand):
    help = "Write what is known of a person into a ZIP archive: contact.json and their files."

    def add_arguments(self, parser: CommandParser) -> None:
        name_person(parser)
        parser.add_argument("--output", type=Path, help="Where to; by default contact-<id>.zip. Never overwritten.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError, and then leaves no half of a file behind."""
        contact, file = _open(acting_for(options["tenant"]), options["contact"], options["output"])
        path = Path(file.name)
        try:
            with file:
                write_export(contact, file)
        except BaseException:
            path.unlink()
            raise
        self.stdout.write(f"Wrote {path} ({path.stat().st_size:,} bytes).")


@transaction.atomic
def _open(by: System, contact_id: uuid.UUID, output: Path | None) -> tuple[Contact, BinaryIO]:
    """The contact and the new file for them. The audit log tells of an export only when there is a place for it."""
    try:
        contact = export_contact(by=by, contact_id=contact_id)
    except NotFound as error:
        raise CommandError("There is no such contact.") from error
    path = output or Path(name_of(contact))
    try:
        return contact, path.open("xb")
    except FileExistsError as error:
        raise CommandError(f"{path} is there already.") from error
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
