"""What a company offers its visitors at the moment: its widgets, whether somebody answers, and something to read."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone

from .errors import NotFound
from .hours import opens_at
from .models import Agent, Article, Tenant, Widget
from .payloads import Offer

_FACES = 3


def get_widget(widget_id: uuid.UUID) -> Widget:
    """Return an active widget of an active tenant. Raises NotFound with the code `widget_not_found`."""
    return get_widget_and_offer(widget_id)[0]


def get_widget_and_offer(widget_id: uuid.UUID) -> tuple[Widget, Offer]:
    """Return the widget as `get_widget` does, and what its tenant has to offer, in two queries."""
    rows = Widget.objects.select_related("tenant").filter(id=widget_id, is_active=True, tenant__is_active=True)
    widget = rows.annotate(has_articles=_has_articles(OuterRef("tenant"))).first()
    if widget is None:
        raise NotFound("There is no such widget.", code="widget_not_found")
    return widget, _offer(widget, widget.tenant)


def offer_of(tenant_id: uuid.UUID) -> Offer:
    """Return what the tenant has to offer now, in two queries."""
    tenant = Tenant.objects.filter(id=tenant_id).annotate(has_articles=_has_articles(OuterRef("id"))).get()
    return _offer(tenant, tenant)


def _offer(marked: Any, tenant: Tenant) -> Offer:
    return Offer(
        team=_faces_of(tenant),
        back_at=opens_at(tenant.office_hours, tenant.time_zone, timezone.now()),
        reply_time=tenant.reply_time,
        help=marked.has_articles,
    )


def _faces_of(tenant: Tenant) -> list[Agent]:
    """Those who are there first; "online" comes after "away" in the alphabet."""
    active = Agent.objects.filter(tenant=tenant, is_active=True)
    return list(active.order_by("-availability", "display_name", "id")[:_FACES])


def _has_articles(tenant: OuterRef) -> Exists:
    return Exists(Article.objects.filter(tenant=tenant, status=Article.Status.PUBLISHED))
