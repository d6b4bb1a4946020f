"""The widget's contract (`visitor-api.md`): authenticate, validate, one action or query, respond."""

from __future__ import annotations

import uuid
from typing import Any, TypedDict
from urllib.parse import parse_qsl, urlsplit

import structlog
from django.conf import settings
from django.utils import timezone
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from curbe.origins import is_own_origin

from ... import actions, payloads, presence, queries, shapes, streams
from ...actions.identity import Page
from ...actions.messages import Draft
from ...errors import DomainError, Forbidden, NotFound, Unauthenticated
from ...principals import Visitor, authenticate_visitor
from ...signing import is_device_id
from ..fields import MOST_CHARACTERS, ListQuery, MessageBody, PartsQuery, ReadBody, is_plain, valid_body, valid_query
from ..schema import answers
from .serializers import BootstrapBody, HistoryQuery, ProfileBody, StartBody, TypingBody, VisitBody

log = structlog.get_logger(__name__)

HEARTBEAT_S = 25
_CAMPAIGN = {"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"}


class MalformedDeviceId(DomainError):
    """Not 43 to 128 URL-safe characters (S11)."""

    status = 400
    code = "invalid_device_id"
    detail = "device_id must be 43 to 128 URL-safe characters."


class IdentityNotAccepted(Unauthenticated):
    """A session is never given to somebody who announces a user without a proof that was accepted (S02)."""

    code = "identity_proof_required"
    detail = "This identity could not be proven."


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


class Started(TypedDict):
    conversation: shapes.ConversationPayload
    message: shapes.MessagePayload | None
    contact: shapes.ContactPayload
    cursor: str


class Conversations(TypedDict):
    items: list[shapes.ConversationPayload]
    next: str | None


class Messages(TypedDict):
    items: list[shapes.MessagePayload]
    has_more: bool


class History(TypedDict):
    items: list[shapes.MessagePayload]


class ReadAnswer(TypedDict):
    last_read_seq: int
    unread: int


class VisitAnswer(TypedDict):
    visit_id: str


class PublicView(APIView):
    """A door that only our own frame, or a program without an Origin, may use. No cookies, so no CSRF."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if not is_own_origin(request._request):
            raise Forbidden("This origin may not call the messenger.", code="origin_not_allowed")
        super().initial(request, *args, **kwargs)


class VisitorView(PublicView):
    """A door for a widget session. `self.visitor` is who asks."""

    visitor: Visitor

    def perform_authentication(self, request: Request) -> None:
        self.visitor = authenticate_visitor(bearer_of(request))


class WidgetView(PublicView):
    """The public configuration of a widget."""

    @answers(shapes.WidgetPayload, operation_id="visitor_widget")
    def get(self, request: Request, widget_id: uuid.UUID) -> Response:
        widget = queries.get_widget(widget_id)
        response = Response(payloads.widget(widget, online=queries.is_online(widget.tenant_id)))
        response["Cache-Control"] = "public, max-age=60"
        return response


class BootstrapView(PublicView):
    """Begin a session: the browser's device, a token, and everything the widget starts from."""

    @answers(Snapshot, request=BootstrapBody, operation_id="visitor_bootstrap")
    def post(self, request: Request) -> Response:
        body = valid_body(BootstrapBody, request.data)
        widget = queries.get_widget(_widget_id(body["widget_id"]))
        if not is_device_id(body["device_id"]):
            raise MalformedDeviceId(attr="device_id")
        if body.get("identity"):
            raise IdentityNotAccepted()
        page = _page_of(request, body.get("page") or {}, body.get("locale", ""))
        booted = actions.boot_device(widget=widget, device_id=body["device_id"], page=page)
        return Response(_snapshot(request, booted.visitor, booted.session_token, widget))


class VisitsView(VisitorView):
    """A page view of a single-page site."""

    @answers(VisitAnswer, status=201, request=VisitBody, operation_id="visitor_visit")
    def post(self, request: Request) -> Response:
        body = valid_body(VisitBody, request.data)
        visit = actions.record_visit(by=self.visitor, page=_page_of(request, body["page"], ""))
        return Response({"visit_id": str(visit.id)}, status=status.HTTP_201_CREATED)


class ProfileView(VisitorView):
    """What a visitor says of themself."""

    @answers(shapes.ContactPayload, request=ProfileBody, operation_id="visitor_profile")
    def post(self, request: Request) -> Response:
        contact = actions.update_profile(by=self.visitor, traits=valid_body(ProfileBody, request.data))
        return Response(payloads.visitor_contact(contact))


class ConversationsView(VisitorView):
    """The contact's conversations, and the start of one."""

    @answers(Conversations, parameters=[ListQuery], operation_id="visitor_conversations")
    def get(self, request: Request) -> Response:
        query = valid_query(ListQuery, request.query_params)
        page = queries.visitor_conversations(self.visitor.contact, query.get("cursor"), query["limit"])
        return Response({"items": page.items, "next": page.next})

    @answers(
        Started,
        status=201,
        also={200: "It existed already.", 409: "single_thread or too_many_open_conversations"},
        request=StartBody,
        operation_id="visitor_start",
    )
    def post(self, request: Request) -> Response:
        body = valid_body(StartBody, request.data)
        started = actions.start_conversation(
            by=self.visitor,
            is_new=body["new"],
            client_conversation_id=body["client_conversation_id"],
            draft=Draft.by_visitor(**body["message"]) if body["message"] else None,
        )
        cursor = streams.contact_stream(started.contact).cursor
        conversation = queries.get_conversation_for(started.contact, started.conversation.id)
        log.info(
            "chat_started",
            tenant_id=str(self.visitor.tenant_id),
            device_id=str(self.visitor.device.id),
            contact_id=str(started.contact.id),
            conversation_id=str(conversation.id),
            status=conversation.status,
            created=started.created,
        )
        answer = {
            "conversation": queries.visitor_conversation(conversation),
            "message": payloads.visitor_message(started.message) if started.message else None,
            "contact": payloads.visitor_contact(conversation.contact),
            "cursor": cursor,
        }
        return Response(answer, status=status.HTTP_201_CREATED if started.created else status.HTTP_200_OK)


class ConversationView(VisitorView):
    """One of the contact's conversations."""

    @answers(shapes.ConversationPayload, operation_id="visitor_conversation")
    def get(self, request: Request, conversation_id: uuid.UUID) -> Response:
        conversation = queries.get_conversation_for(self.visitor.contact, conversation_id)
        return Response(queries.visitor_conversation(conversation))


class MessagesView(VisitorView):
    """The visible parts of a thread, and saying something in it."""

    @answers(Messages, parameters=[PartsQuery], operation_id="visitor_messages")
    def get(self, request: Request, conversation_id: uuid.UUID) -> Response:
        query = valid_query(PartsQuery, request.query_params)
        conversation = queries.get_conversation_for(self.visitor.contact, conversation_id)
        items, has_more = queries.visitor_messages(conversation, **query)
        return Response({"items": items, "has_more": has_more})

    @answers(
        shapes.MessagePayload,
        status=201,
        also={200: "Sent before; the header Idempotent-Replay says so.", 409: "idempotency_key_reused"},
        request=MessageBody,
        operation_id="visitor_send",
    )
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        draft = Draft.by_visitor(**valid_body(MessageBody, request.data))
        sent = actions.send_message(by=self.visitor, conversation_id=conversation_id, draft=draft)
        return answer_sent(payloads.visitor_message(sent.message), is_replay=sent.is_replay)


class ReadView(VisitorView):
    """How far the visitor has read."""

    @answers(ReadAnswer, request=ReadBody, operation_id="visitor_read")
    def put(self, request: Request, conversation_id: uuid.UUID) -> Response:
        up_to = valid_body(ReadBody, request.data)["up_to"]
        read = actions.mark_read_by_contact(by=self.visitor, conversation_id=conversation_id, up_to=up_to)
        return Response({"last_read_seq": read.last_read_seq, "unread": read.unread})


class TypingView(VisitorView):
    """Typing dots for the team."""

    @answers(None, status=204, request=TypingBody, operation_id="visitor_typing")
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        on = valid_body(TypingBody, request.data)["on"]
        conversation = queries.get_conversation_for(self.visitor.contact, conversation_id)
        presence.contact_typing(conversation.contact, conversation, on=on)
        return Response(status=status.HTTP_204_NO_CONTENT)


class HistoryView(VisitorView):
    """The contact's latest messages over all conversations."""

    @answers(History, parameters=[HistoryQuery], operation_id="visitor_history")
    def get(self, request: Request) -> Response:
        limit = valid_query(HistoryQuery, request.query_params)["limit"]
        contact = self.visitor.contact
        return Response({"items": queries.history(contact, limit) if contact else []})


def bearer_of(request: Request) -> str:
    """Return the bearer token of the request. Raises Unauthenticated when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("A bearer token is required.", code="not_authenticated")
    return token.strip()


def answer_sent(payload: shapes.MessagePayload, *, is_replay: bool) -> Response:
    """201 the first time, 200 with `Idempotent-Replay` after that."""
    response = Response(payload, status=status.HTTP_200_OK if is_replay else status.HTTP_201_CREATED)
    if is_replay:
        response["Idempotent-Replay"] = "true"
    return response


def realtime_of(request: Request, path: str) -> dict[str, Any]:
    """Where the caller's socket is, and how often it beats."""
    scheme = "wss" if request.is_secure() else "ws"
    return {"url": f"{scheme}://{request.get_host()}{path}", "heartbeat_s": HEARTBEAT_S}


def _widget_id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise NotFound("There is no such widget.", code="widget_not_found") from error


def _page_of(request: Request, page: dict[str, str], locale: str) -> Page:
    """The visit's context. A page's query may hold personal data, so only its campaign parameters are kept."""
    url, query = _address(page.get("url", ""))
    campaign = {key: value[:200] for key, value in parse_qsl(query) if key in _CAMPAIGN and is_plain(value)}
    return Page(
        url=url,
        title=page.get("title", ""),
        referrer=_address(page.get("referrer", ""))[0],
        locale=locale,
        user_agent=request.headers.get("User-Agent", ""),
        address=request.META.get("REMOTE_ADDR", ""),
        utm=campaign,
    )


def _address(text: str) -> tuple[str, str]:
    """Return a web address without credentials, query and fragment, and its query; nothing of what is none."""
    try:
        parts = urlsplit(text)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "", ""  # Handled: a page address that is none is simply not kept.
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "", ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}", parts.query


def _snapshot(request: Request, visitor: Visitor, session_token: str, widget: Any) -> dict[str, Any]:
    online = queries.is_online(widget.tenant_id)
    state = queries.visitor_snapshot(visitor.contact)
    log.info(
        "bootstrap",
        tenant_id=str(widget.tenant_id),
        widget_id=str(widget.id),
        found_device_row_id=str(visitor.device.id),
        contact_id=str(visitor.contact.id) if visitor.contact else None,
        conversation_ids=[one["id"] for one in state["conversations"]],
    )
    return {
        "session_token": session_token,
        "expires_at": payloads.timestamp(visitor.token.expires_at),
        "tenant_id": str(widget.tenant_id),
        "widget": payloads.widget(widget, online=online),
        "visit_id": str(visitor.token.visit_id),
        **state,
        "availability": {"online": online},
        "realtime": realtime_of(request, "/ws/messenger"),
        "server_time": payloads.timestamp(timezone.now()),
        "limits": {"message_characters": MOST_CHARACTERS, "body_bytes": settings.DATA_UPLOAD_MAX_MEMORY_SIZE},
    }
