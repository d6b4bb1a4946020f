"""From a browser to a person: booting a device, its visits, and what a visitor says of themself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from ..errors import Invalid, Unauthenticated
from ..events import EventLog, EventType
from ..models import Contact, Device, Stream, Visit, VisitorToken, Widget
from ..principals import SESSION_LIFE, Visitor
from ..signing import address_hash, device_key_hash, new_token, token_hash
from .locks import lock_device, lock_speaker
from .verb import verb

MOST_ATTRIBUTES = 50
_SEEN_EVERY = timedelta(minutes=5)


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


@dataclass(frozen=True, slots=True)
class Booted:
    """A session and the bearer token that is shown exactly once."""

    visitor: Visitor
    session_token: str


@transaction.atomic
def boot_device(*, widget: Widget, device_id: str, page: Page) -> Booted:
    """Begin a session of this browser: its device, a visit, and a token. No contact is made (I7).

    Nothing here is an event, and two tabs that boot a new device at once meet at UNIQUE(tenant, key_hash).
    """
    now = timezone.now()
    device = _known_or_new_device(widget, device_key_hash(widget.tenant_id, device_id))
    if device.revoked_at:
        raise Unauthenticated("This device was reset.", code="session_revoked")
    visit = _new_visit(widget, device, page)
    bearer = new_token("cvs")
    token = VisitorToken.objects.create(
        tenant_id=widget.tenant_id,
        token_hash=token_hash(bearer),
        device=device,
        contact=device.contact,
        visit=visit,
        expires_at=now + SESSION_LIFE,
    )
    token.tenant = widget.tenant
    return Booted(Visitor(token, device.contact), bearer)


def record_visit(*, by: Visitor, page: Page) -> Visit:
    """Note a page view of a single-page site. Messages sent from now on point at it."""
    visit = _new_visit(by.token.visit.widget, by.device, page)
    VisitorToken.objects.filter(tenant_id=by.tenant_id, id=by.token.id).update(visit=visit)
    return visit


@verb
def update_profile(events: EventLog, *, by: Visitor, traits: dict[str, Any]) -> Contact:
    """Keep what a visitor says of themself, unverified; a name, e-mail or phone makes a guest a lead.

    `traits` holds some of name, email, phone and attributes (merged key by key). They never look anybody up (S08).
    """
    contact = lock_speaker(by.tenant_id, by.contact.id) if by.contact else contact_of_device(by)
    before = (contact.name, contact.email, contact.phone, dict(contact.attributes), contact.type)
    for name in ("name", "email", "phone"):
        setattr(contact, name, traits.get(name, getattr(contact, name)))
    contact.attributes = {**contact.attributes, **traits.get("attributes", {})}
    if len(contact.attributes) > MOST_ATTRIBUTES:
        raise Invalid(f"At most {MOST_ATTRIBUTES} attributes can be kept.", code="too_many", attr="attributes")
    if contact.type == Contact.Type.ANONYMOUS and (contact.name or contact.email or contact.phone):
        contact.type = Contact.Type.LEAD
    if before != (contact.name, contact.email, contact.phone, contact.attributes, contact.type):
        contact.save(update_fields=["name", "email", "phone", "attributes", "type"])
        events.add(EventType.CONTACT_UPDATED, contact.id, contact_id=contact.id)
    return contact


def contact_of_device(by: Visitor) -> Contact:
    """Return the device's guest, locked, born now if this is the first interaction. Call it inside a verb."""
    device = lock_device(by.tenant_id, by.device.id)
    if device.contact_id:
        return lock_speaker(by.tenant_id, device.contact_id)
    contact = Contact.objects.create(tenant_id=by.tenant_id)
    Stream.objects.create(tenant_id=by.tenant_id, contact=contact)
    Device.objects.filter(tenant_id=by.tenant_id, id=device.id).update(contact=contact)
    Visit.objects.filter(tenant_id=by.tenant_id, device=device, contact=None).update(contact=contact)
    return contact


def _known_or_new_device(widget: Widget, key_hash: str) -> Device:
    """Return the device, inserted if need be. The insert ignores a racer's row, which the next look finds."""
    known = Device.objects.select_related("contact").filter(tenant_id=widget.tenant_id, key_hash=key_hash)
    if device := known.first():
        _touch(device)
        return device
    fresh = Device(tenant_id=widget.tenant_id, key_hash=key_hash, last_seen_at=timezone.now())
    Device.objects.bulk_create([fresh], ignore_conflicts=True)
    return known.get()


def _touch(device: Device) -> None:
    now = timezone.now()
    if now - device.last_seen_at > _SEEN_EVERY:
        Device.objects.filter(tenant_id=device.tenant_id, id=device.id).update(last_seen_at=now)


def _new_visit(widget: Widget, device: Device, page: Page) -> Visit:
    now = timezone.now()
    return Visit.objects.create(
        tenant_id=widget.tenant_id,
        device=device,
        contact=device.contact,
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
