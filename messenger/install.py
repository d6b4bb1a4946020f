"""Putting a widget on a site: the line to paste, and whether a page with it was seen."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from .models import Agent, Widget

_MOST = 20


@dataclass(frozen=True, slots=True)
class Embed:
    """A widget, and the line that a site's pages need for it."""

    widget: Widget
    line: str


def widgets_to_paste(agent: Agent) -> list[Embed]:
    """Return the active widgets of the agent's tenant, the oldest first."""
    rows = Widget.objects.filter(tenant_id=agent.tenant_id, is_active=True).order_by("created_at", "id")[:_MOST]
    return [Embed(row, f'<script async src="{settings.WIDGET_ORIGIN}/widget/{row.pk}.js"></script>') for row in rows]


def first_seen(agent: Agent) -> Widget | None:
    """Return a widget of the tenant that was seen on a page of its sites, if there is any."""
    rows = Widget.objects.filter(tenant_id=agent.tenant_id, first_seen_at__isnull=False)
    return rows.order_by("first_seen_at", "id").first()


def site_of(widget: Widget, referrer: str) -> str:
    """Return the origin of the page that asked for the widget, when it is one of its sites; else ""."""
    try:
        parts = urlsplit(referrer[:2000])
    except ValueError:
        return ""  # Handled: it is no address, so it is none of theirs.
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    sites = [site.lower() for site in widget.allowed_origins if isinstance(site, str)]
    return origin if any(_is_same(origin, site) for site in sites) else ""


def _is_same(origin: str, site: str) -> bool:
    scheme, wild, domain = site.partition("://*.")
    if not wild:
        return origin == site
    return origin.startswith(f"{scheme}://") and origin.endswith(f".{domain}")
