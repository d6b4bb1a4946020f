"""What the commands about people share: whose they are, and who acts."""

from __future__ import annotations

import uuid

from django.core.management import CommandError, CommandParser

from ..models import Tenant
from ..principals import System


def name_person(parser: CommandParser) -> None:
    """Have a command take a tenant and a contact."""
    parser.add_argument("contact", type=uuid.UUID, help="The contact's id; that of a merged guest leads to the user.")
    parser.add_argument("--tenant", required=True, help="The slug of the company.")


def tenant_called(slug: str) -> Tenant:
    """Return the tenant with this slug. Raises CommandError."""
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise CommandError(f"There is no tenant “{slug}”.")
    return tenant


def acting_for(slug: str) -> System:
    """Return Curbe itself in the tenant with this slug. Raises CommandError."""
    return System(tenant_called(slug).id)


def confirm(question: str, word: str) -> None:
    """Ask for a word to be typed. Raises CommandError for anything else, and where nobody can be asked."""
    try:
        answer = input(f"{question} Type “{word}” to go on: ")
    except EOFError:
        answer = ""
    if answer.strip() != word:
        raise CommandError("Nothing was changed.")
