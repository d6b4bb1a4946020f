"""Setting up the embeds of a tenant."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from .. import looks
from ..errors import Invalid, NotFound
from ..events import EventLog, EventType
from ..models import Agent, Team, Widget
from ..principals import System
from .changes import differs
from .rights import require_admin
from .verb import verb

_LOOKS = {one.__name__: one for one in (looks.appearance, looks.texts, looks.prechat, looks.features)}


@verb
def save_widget(events: EventLog, *, by: Agent | System, widget: Widget) -> Widget:
    """Store a widget whose looks were checked. Pages that have it follow within five minutes."""
    return _store(events, widget)


@verb
def create_widget(events: EventLog, *, by: Agent, fields: Mapping[str, Any]) -> Widget:
    """Make a widget. Raises Forbidden for whoever is no admin, and InvalidLook or Invalid for what cannot be set."""
    require_admin(by)
    return _store(events, _with(Widget(tenant_id=by.tenant_id), fields))


@verb
def update_widget(events: EventLog, *, by: Agent, widget_id: uuid.UUID, fields: Mapping[str, Any]) -> Widget:
    """Change some fields of a widget; a JSON column is given whole.

    Raises NotFound, Forbidden, InvalidLook and Invalid.
    """
    require_admin(by)
    widget = Widget.objects.select_for_update(no_key=True).filter(tenant_id=by.tenant_id, id=widget_id).first()
    if widget is None:
        raise NotFound()
    return _store(events, _with(widget, fields))


def _store(events: EventLog, widget: Widget) -> Widget:
    if differs(widget):
        widget.save()
        events.add(EventType.SETTINGS_UPDATED, widget.id)
    return widget


def _with(widget: Widget, fields: Mapping[str, Any]) -> Widget:
    for name, value in fields.items():
        if name == "allowed_origins":
            value = looks.origins(value)
        elif name in _LOOKS:
            value = _LOOKS[name](value, getattr(widget, name))
        elif name == "team_id":
            _require_team(widget, value)
        setattr(widget, name, value)
    return widget


def _require_team(widget: Widget, team_id: uuid.UUID | None) -> None:
    """Raise Invalid for a team that the tenant does not have, or has no more; the one that the widget has may stay."""
    if team_id is None or team_id == widget.team_id:
        return
    if not Team.objects.filter(tenant_id=widget.tenant_id, id=team_id, archived_at=None).exists():
        raise Invalid("There is no such team.", code="unknown_team", attr="team_id")
