"""Lists that somebody keeps under a name, for themself or for everybody."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Q

from ..errors import Invalid, NotFound
from ..events import EventLog, EventType
from ..models import Agent, SavedView
from .rights import require_admin
from .verb import verb

MOST_VIEWS = 50


@verb
def create_view(events: EventLog, *, by: Agent, fields: dict[str, Any]) -> SavedView:
    """Keep a list: its name, validated filters, and is_shared when everybody is to have it.

    Raises Forbidden for sharing by whoever is no admin, and Invalid for a name that is taken and for a 51st view.
    """
    view = SavedView(tenant_id=by.tenant_id, agent=by)
    own = SavedView.objects.filter(tenant_id=by.tenant_id, agent=by)
    if own.count() >= MOST_VIEWS:
        raise Invalid(f"At most {MOST_VIEWS} views can be kept.", code="too_many_views")
    return _keep(events, by, view, fields)


@verb
def update_view(events: EventLog, *, by: Agent, view_id: uuid.UUID, fields: dict[str, Any]) -> SavedView:
    """Change a view of one's own, or as an admin a shared one. Raises NotFound, Forbidden and Invalid."""
    return _keep(events, by, _changeable(by, view_id), fields)


@verb
def delete_view(events: EventLog, *, by: Agent, view_id: uuid.UUID) -> None:
    """Forget a view of one's own, or as an admin a shared one. Raises NotFound and Forbidden."""
    view = _changeable(by, view_id)
    if view.is_shared:
        events.add(EventType.SETTINGS_UPDATED, view.id)
    view.delete()


def _keep(events: EventLog, by: Agent, view: SavedView, fields: dict[str, Any]) -> SavedView:
    before, was_shared = (view.name, view.is_shared, view.filters), view.is_shared
    for name in ("name", "is_shared", "filters"):
        setattr(view, name, fields.get(name, getattr(view, name)))
    if view.is_shared:
        require_admin(by)
    _require_free_name(view)
    if view._state.adding or before != (view.name, view.is_shared, view.filters):
        view.save()
        if view.is_shared or was_shared:  # Somebody's own list is nobody else's to hear of.
            events.add(EventType.SETTINGS_UPDATED, view.id)
    return view


def _require_free_name(view: SavedView) -> None:
    own = Q(agent=view.agent_id)
    same = SavedView.objects.filter(own | Q(is_shared=True) if view.is_shared else own, tenant_id=view.tenant_id)
    if same.filter(name=view.name).exclude(id=view.id).exists():
        raise Invalid("There is such a view already.", code="name_taken", attr="name")


def _changeable(by: Agent, view_id: uuid.UUID) -> SavedView:
    seen = SavedView.objects.filter(Q(agent=by) | Q(is_shared=True), tenant_id=by.tenant_id, id=view_id)
    view = seen.select_for_update(no_key=True).first()
    if view is None:
        raise NotFound()
    if view.is_shared:
        require_admin(by)
    return view
