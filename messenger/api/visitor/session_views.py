"""Sessions of the widget: begun, given to a user, ended, started over. Each view that begins one answers a snapshot."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypedDict

import structlog
from django.conf import settings
from django.utils import timezone
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from ... import actions, offers, payloads, queries, shapes
from ...actions.proving import NOBODY, Announced
from ...actions.sessions import Booted
from ...actions.visits import Page
from ...crawlers import is_crawler
from ...errors import DomainError, Forbidden, IdentityNotProven, NotFound, Unauthenticated
from ...models import Widget
from ...principals import require_person
from ...signing import is_device_id
from ..fields import MOST_CHARACTERS, valid_body
from ..schema import answers
from . import charges
from .doors import PublicView, VisitorView, bearer_of, page_of
from .serializers import BootstrapBody, IdentityBody, ProfileBody, ResetBody, VisitBody

log = structlog.get_logger(__name__)

HEARTBEAT_S = 25
_MOST_OVERTAKEN = 10


class MalformedDeviceId(DomainError):
    """Not 43 to 128 URL-safe characters (S11)."""

    status = 400
    code = "invalid_device_id"
    detail = "device_id must be 43 to 128 URL-safe characters."


class Snapshot(TypedDict):
    session_token: str
    expires_at: str
    tenant_id: str
    widget: shapes.WidgetPayload
    visit_id: str
    contact: shapes.ContactPayload | None
    merged_from: list[str]
    conversations: list[shapes.ConversationPayload]
    messages: list[shapes.MessagePayload]
    unread_count: int
    availability: shapes.Availability
    cursor: str | None
    realtime: dict[str, Any]
    server_time: str
    limits: dict[str, int]


class VisitAnswer(TypedDict):
    visit_id: str


class BootstrapView(PublicView):
    """Begin a session: the browser's device, a token, and everything the widget starts from."""

    @answers(
        Snapshot,
        also={
            401: "The announced user was not proven, or the device was reset.",
            403: "crawler",
            429: "rate_limited: too many new devices from this network; Retry-After says when",
        },
        request=BootstrapBody,
        operation_id="visitor_bootstrap",
    )
    def post(self, request: Request) -> Response:
        body = valid_body(BootstrapBody, request.data)
        widget, offer = offers.get_widget_and_offer(_widget_id(body["widget_id"]))
        page = page_of(request, body.get("page") or {}, body.get("locale", ""))
        _refuse_crawler(page)
        boot = partial(
            charges.boot_device,
            widget=widget,
            device_id=_device_id(body),
            page=page,
            announced=_announced(body["identity"]) if body.get("identity") else NOBODY,
            bearer=bearer_of(request, default=""),
        )
        with _verification_log(widget, page):
            return Response(_settled(boot, lambda booted: _snapshot(request, booted, offer)))


class IdentifyView(VisitorView):
    """Say who is there: signed in by a proof, or unverified traits. Answers a new session."""

    @answers(
        Snapshot,
        also={401: "identity_proof_required, identity_proof_invalid or identity_proof_expired; nothing changed"},
        request=IdentityBody,
        operation_id="visitor_identify",
    )
    def post(self, request: Request) -> Response:
        announced = _announced(valid_body(IdentityBody, request.data))
        visit = self.visitor.visit
        with _verification_log(visit.widget, page_of(request, {"url": visit.url}, "")):
            booted = actions.introduce(by=self.visitor, announced=announced)
        return Response(_snapshot(request, booted, offers.offer_of(self.visitor.tenant_id)))


class ShutdownView(VisitorView):
    """Sign out: every session of this browser ends. Never refused by a limit: nobody can do it twice."""

    def check_throttles(self, request: Request) -> None:
        pass

    @answers(None, status=204, request=None, operation_id="visitor_shutdown")
    def post(self, request: Request) -> Response:
        actions.shutdown_device(by=self.visitor)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ResetView(VisitorView):
    """Start over as somebody nobody knows. For guests only."""

    @answers(Snapshot, also={409: "verified_contact"}, request=ResetBody, operation_id="visitor_reset")
    def post(self, request: Request) -> Response:
        body = valid_body(ResetBody, request.data)
        booted = charges.reset_device(by=self.visitor, device_id=_device_id(body), page=page_of(request, {}, ""))
        return Response(_snapshot(request, booted, offers.offer_of(self.visitor.tenant_id)))


class VisitsView(VisitorView):
    """A page view of a single-page site."""

    @answers(VisitAnswer, status=201, request=VisitBody, operation_id="visitor_visit")
    def post(self, request: Request) -> Response:
        body = valid_body(VisitBody, request.data)
        visit = actions.record_visit(by=self.visitor, page=page_of(request, body["page"], ""))
        return Response({"visit_id": str(visit.id)}, status=status.HTTP_201_CREATED)


class ProfileView(VisitorView):
    """What a visitor says of themself."""

    @answers(shapes.ContactPayload, request=ProfileBody, operation_id="visitor_profile")
    def post(self, request: Request) -> Response:
        body = valid_body(ProfileBody, request.data)
        consents = body.pop("consent")
        contact = actions.update_profile(by=self.visitor, traits=body, consents=consents)
        return Response(payloads.visitor_contact(contact))


def _refuse_crawler(page: Page) -> None:
    if is_crawler(page.user_agent):
        raise Forbidden("Crawlers get no session.", code="crawler")


def realtime_of(request: Request, path: str) -> dict[str, Any]:
    """Where the caller's socket is, and how often it beats."""
    scheme = "wss" if request.is_secure() else "ws"
    return {"url": f"{scheme}://{request.get_host()}{path}", "heartbeat_s": HEARTBEAT_S}


def _settled(boot: Callable[[], Booted], read: Callable[[Booted], dict[str, Any]]) -> dict[str, Any]:
    """Boot and read; again when a login in another tab overtakes the new session before its snapshot was read."""
    for _ in range(_MOST_OVERTAKEN):
        try:
            return read(boot())
        except IdentityNotProven:
            raise
        except Unauthenticated as refusal:
            if refusal.code != "identity_changed":
                raise
    return read(boot())


@contextmanager
def _verification_log(widget: Widget, page: Page) -> Iterator[None]:
    """A refused proof is noted for the tenant's admins, after everything else of the request was undone.

    From a network that has sent too many it is answered 429, and not noted: the log is for those who make mistakes.
    """
    try:
        yield
    except IdentityNotProven as refused:
        charges.refuse_failed_proofs(widget.tenant_id, page.address)
        actions.note_refused_proof(widget=widget, refused=refused, page_url=page.url)
        raise


def _announced(identity: dict[str, Any]) -> Announced:
    """What the page says of who is there. Sites print empty strings for nobody, so these count as nothing said."""
    traits = {name: identity.get(name) for name in ("name", "email", "phone", "attributes")}
    proof = {name: identity[name] for name in ("token", "user_id", "user_hash")}
    return Announced(**proof, said={name: value for name, value in traits.items() if value})


def _device_id(body: dict[str, Any]) -> str:
    device_id = body["device_id"]
    if not is_device_id(device_id):
        raise MalformedDeviceId(attr="device_id")
    return str(device_id)


def _widget_id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise NotFound("There is no such widget.", code="widget_not_found") from error


def _snapshot(request: Request, booted: Booted, offer: payloads.Offer) -> dict[str, Any]:
    visitor, widget = booted.visitor, booted.visitor.visit.widget
    person, state = queries.visitor_snapshot(visitor.contact)
    if person:
        require_person(visitor, person)
    log.info(
        "bootstrap",
        tenant_id=str(widget.tenant_id),
        widget_id=str(widget.id),
        found_device_row_id=str(visitor.device.id),
        contact_id=str(visitor.contact.id) if visitor.contact else None,
        conversation_ids=[one["id"] for one in state["conversations"]],
    )
    return {
        "session_token": booted.session_token,
        "expires_at": payloads.timestamp(visitor.token.expires_at),
        "tenant_id": str(widget.tenant_id),
        "widget": payloads.widget(widget, offer),
        "visit_id": str(visitor.token.visit_id),
        **state,
        "availability": payloads.availability(offer),
        "realtime": realtime_of(request, "/ws/messenger"),
        "server_time": payloads.timestamp(timezone.now()),
        "limits": {"message_characters": MOST_CHARACTERS, "body_bytes": settings.DATA_UPLOAD_MAX_MEMORY_SIZE},
    }
