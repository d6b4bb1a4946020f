"""Page views: the context of what a visitor says, and never who they are."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from .. import presence
from ..models import Contact, Device, Visit, VisitorToken, Widget
from ..principals import Visitor
from ..signing import address_hash
from .locks import lock_device, require_live
from .verb import in_one_transaction


@dataclass(frozen=True, slots=True)
class Page:
    """Where the widget was loaded: context of a visit, cut to what is kept."""

    url: str = ""
    title: str = ""
    referrer: str = ""
    locale: str = ""
    user_agent: str = ""
    address: str = ""
    utm: dict[str, str] = field(default_factory=dict)


@in_one_transaction
def record_visit(*, by: Visitor, page: Page) -> Visit:
    """Note a page view of a single-page site. Messages sent from now on point at it."""
    lock_device(by.tenant_id, by.device.id)
    require_live(by)
    visit = record_page_view(by.visit.widget, by.device, by.contact, page)
    VisitorToken.objects.filter(tenant_id=by.tenant_id, id=by.token.id).update(visit=visit)
    return visit


def record_page_view(widget: Widget, device: Device, contact: Contact | None, page: Page) -> Visit:
    """Store a page view of this browser, by whoever is known to be there."""
    now = timezone.now()
    visit = Visit.objects.create(
        tenant_id=widget.tenant_id,
        device=device,
        contact=contact,
        widget=widget,
        url=page.url[:2000],
        title=page.title[:300],
        referrer=page.referrer[:2000],
        user_agent=page.user_agent[:400],
        locale=page.locale[:35],
        utm=page.utm,
        ip_hash=address_hash(widget.tenant_id, page.address, now.date().isoformat()) if page.address else "",
        created_at=now,
    )
    if contact:
        transaction.on_commit(lambda: presence.contact_visits(contact, visit), robust=True)
    return visit


def claim_visits(device: Device, contact: Contact) -> None:
    """The page views of a browser before anybody was known there are those of the person who then was."""
    Visit.objects.filter(tenant_id=device.tenant_id, device=device, contact=None).update(contact=contact)
