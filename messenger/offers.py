"""What a company offers its visitors at the moment: its widgets, whether somebody answers, and something to read."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone

from . import payloads
from .errors import NotFound
from .hours import opens_at
from .models import Agent, Article, Tenant, Widget
from .paging import Page, newest_first
from .payloads import Offer

# So many of the team are shown.
_FACES = ("face_1", "face_2", "face_3")


def get_widget(widget_id: uuid.UUID) -> Widget:
    """Return an active widget of an active tenant. Raises NotFound with the code `widget_not_found`."""
    return get_widget_and_offer(widget_id)[0]


def get_for_team(agent: Agent, widget_id: uuid.UUID) -> Widget:
    """Return a widget of the agent's tenant, switched off ones too. Raises NotFound."""
    widget = Widget.objects.filter(tenant_id=agent.tenant_id, id=widget_id).first()
    if widget is None:
        raise NotFound()
    return widget


def page_for_team(agent: Agent, *, cursor: str | None, limit: int) -> Page:
    """Return a page of all widgets of the agent's tenant, newest first. Raises BadCursor."""
    page = newest_first(Widget.objects.filter(tenant_id=agent.tenant_id), "created_at", cursor, limit)
    return Page([payloads.team_widget(row) for row in page.items], page.next)


def get_widget_and_offer(widget_id: uuid.UUID) -> tuple[Widget, Offer]:
    """Return the widget as `get_widget` does, and what its tenant has to offer, in one query."""
    rows = Widget.objects.select_related("tenant").filter(id=widget_id, is_active=True, tenant__is_active=True)
    widget = rows.annotate(**_marks(OuterRef("tenant"))).first()
    if widget is None:
        raise NotFound("There is no such widget.", code="widget_not_found")
    return widget, _offer(widget, widget.tenant)


def offer_of(tenant_id: uuid.UUID) -> Offer:
    """Return what the tenant has to offer now, in one query."""
    tenant = Tenant.objects.filter(id=tenant_id).annotate(**_marks(OuterRef("id"))).get()
    return _offer(tenant, tenant)


def _offer(marked: Any, tenant: Tenant) -> Offer:
    return Offer(
        team=[face for name in _FACES if (face := getattr(marked, name))],
        back_at=opens_at(tenant.office_hours, tenant.time_zone, timezone.now()),
        reply_time=tenant.reply_time,
        help=marked.has_articles,
    )


def _marks(tenant: OuterRef) -> dict[str, Exists | Subquery]:
    published = Article.objects.filter(tenant=tenant, status=Article.Status.PUBLISHED)
    # Those who are there first: "online" comes after "away" in the alphabet.
    active = Agent.objects.filter(tenant=tenant, is_active=True).order_by("-availability", "display_name", "id")
    face = JSONObject(name="display_name", avatar_url="avatar_url", availability="availability")
    faces = {name: Subquery(active.values(face=face)[n : n + 1]) for n, name in enumerate(_FACES)}
    return {"has_articles": Exists(published), **faces}
