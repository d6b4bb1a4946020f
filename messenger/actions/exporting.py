"""Handing out what is known of a person: an admin asks for it, and the audit log says so."""

from __future__ import annotations

import uuid

from django.db import transaction

from .. import audit
from ..models import Agent, Contact
from ..models.audit import AuditAction
from ..principals import System, actor_of
from .people import lock_person
from .rights import require_admin


@transaction.atomic
def export_contact(*, by: Agent | System, contact_id: uuid.UUID) -> Contact:
    """Return the person whose data may be written out by `exports`, and keep account of it.

    The id of a merged guest leads to the user. Raises Forbidden for an agent who is no admin, and NotFound.
    """
    require_admin(by)
    contact = lock_person(by.tenant_id, contact_id)
    audit.note(AuditAction.CONTACT_EXPORTED, tenant_id=by.tenant_id, by=actor_of(by), subject=contact)
    return contact
