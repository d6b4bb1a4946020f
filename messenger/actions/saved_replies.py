"""Texts to answer with: the team's, which admins keep, and each agent's own."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.db import IntegrityError, transaction

from ..errors import Forbidden, Invalid, NotFound
from ..events import EventLog, EventType
from ..models import Agent, SavedReply
from ..models.composing import SHORTCUT
from ..principals import System
from .changes import differs
from .verb import verb

# On the team's shelf, and on each agent's own.
MOST_SHARED, MOST_OWN = 1000, 200


@verb
def save_reply(events: EventLog, *, by: Agent | System, reply: SavedReply) -> SavedReply:
    """Store a reply as the administration has filled it in. Raises Invalid as `create_saved_reply` does."""
    return _store(events, reply)


@verb
def create_saved_reply(events: EventLog, *, by: Agent, fields: dict[str, Any]) -> SavedReply:
    """Keep a reply: shortcut, title and body; is_shared when the whole team is to have it.

    Raises Forbidden for sharing by whoever is no admin, and Invalid for a shortcut that is taken or cannot be typed,
    for a text that says nothing, and where as many are kept as may be.
    """
    return _keep(events, by, SavedReply(tenant_id=by.tenant_id, agent=by), fields)


@verb
def update_saved_reply(events: EventLog, *, by: Agent, reply_id: uuid.UUID, fields: dict[str, Any]) -> SavedReply:
    """Change a reply of one's own, or as an admin a shared one. Raises NotFound, Forbidden and Invalid."""
    return _keep(events, by, _changeable(by, reply_id), fields)


@verb
def delete_saved_reply(events: EventLog, *, by: Agent, reply_id: uuid.UUID) -> None:
    """Forget a reply of one's own, or as an admin a shared one. Raises NotFound and Forbidden."""
    reply = _changeable(by, reply_id)
    if reply.agent_id is None:
        events.add(EventType.SETTINGS_UPDATED, reply.id)
    reply.delete()


def _keep(events: EventLog, by: Agent, reply: SavedReply, fields: dict[str, Any]) -> SavedReply:
    for name in ("shortcut", "title", "body"):
        setattr(reply, name, fields.get(name, getattr(reply, name)))
    if "is_shared" in fields:
        reply.agent = None if fields["is_shared"] else by
    _require_right(by, reply)
    return _store(events, reply)


def _store(events: EventLog, reply: SavedReply) -> SavedReply:
    """Store a reply, its shortcut in lower case. The team is told of what it has, or had until now."""
    reply.shortcut = reply.shortcut.lower()
    if not differs(reply):
        return reply
    _require_sense(reply)
    shelf = list(SavedReply.objects.filter(tenant_id=reply.tenant_id, id=reply.id).values_list("agent_id", flat=True))
    if shelf != [reply.agent_id]:
        _require_room(reply)
    try:
        with transaction.atomic():
            reply.save()
    except IntegrityError as error:
        same = SavedReply.objects.filter(tenant_id=reply.tenant_id, agent=reply.agent_id, shortcut=reply.shortcut)
        if same.exclude(id=reply.id).exists():
            raise Invalid("This shortcut is taken.", code="shortcut_taken", attr="shortcut") from error
        raise
    if None in (*shelf, reply.agent_id):
        events.add(EventType.SETTINGS_UPDATED, reply.id)
    return reply


def _require_sense(reply: SavedReply) -> None:
    if not re.match(SHORTCUT, reply.shortcut):
        raise Invalid("Letters, digits, hyphens and underscores.", code="invalid", attr="shortcut")
    if not reply.body.strip():
        raise Invalid("A reply needs some text.", code="blank", attr="body")


def _require_room(reply: SavedReply) -> None:
    """Raise Invalid when there are as many as may be where the reply is put: with the team, or with an agent."""
    most = MOST_OWN if reply.agent_id else MOST_SHARED
    if SavedReply.objects.filter(tenant_id=reply.tenant_id, agent=reply.agent_id).count() >= most:
        raise Invalid(f"At most {most} replies can be kept.", code="too_many_replies")


def _changeable(by: Agent, reply_id: uuid.UUID) -> SavedReply:
    """Return a locked reply that the agent may change. A colleague's own one does not exist for them."""
    rows = SavedReply.objects.select_for_update(no_key=True).filter(tenant_id=by.tenant_id, id=reply_id)
    reply = rows.first()
    if reply is None or reply.agent_id not in {None, by.id}:
        raise NotFound()
    _require_right(by, reply)
    return reply


def _require_right(by: Agent, reply: SavedReply) -> None:
    if reply.agent_id is None and not by.is_admin:
        raise Forbidden("Only an admin may change what the whole team has.")
