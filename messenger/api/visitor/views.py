"""The widget's contract (`visitor-api.md`): authenticate, validate, one action or query, respond."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial
from typing import TypedDict

import structlog
from django.http import HttpResponse
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from curbe.addresses import client_address

from ... import actions, offers, payloads, presence, queries, shapes, streams, transcripts
from ...actions.messages import Draft
from ...errors import NoContact
from ...principals import require_person
from ..downloads import answer_file, answer_transcript
from ..fields import ListQuery, MessageBody, PartsQuery, ReadBody, TranscriptQuery, UploadBody, valid_body, valid_query
from ..parsing import BoundedMultiPartParser
from ..polling import EventsQuery, events_after
from ..schema import answers
from . import charges
from .doors import PublicView, SpeakingView, VisitorView
from .serializers import HistoryQuery, RatingBody, StartBody, TypingBody

log = structlog.get_logger(__name__)


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


class WidgetView(PublicView):
    """The public configuration of a widget."""

    @answers(shapes.WidgetPayload, operation_id="visitor_widget")
    def get(self, request: Request, widget_id: uuid.UUID) -> Response:
        response = Response(payloads.widget(*offers.get_widget_and_offer(widget_id)))
        response["Cache-Control"] = "public, max-age=60"
        return response


class ConversationsView(SpeakingView):
    """The contact's conversations, and the start of one."""

    @answers(Conversations, parameters=[ListQuery], operation_id="visitor_conversations")
    def get(self, request: Request) -> Response:
        query = valid_query(ListQuery, request.query_params)
        page = queries.visitor_conversations(self.visitor.contact, query.get("cursor"), query["limit"])
        return Response({"items": page.items, "next": page.next})

    @answers(
        Started,
        status=201,
        also={
            200: "It existed already.",
            409: "single_thread or too_many_open_conversations",
            429: "rate_limited; Retry-After says when",
        },
        request=StartBody,
        operation_id="visitor_start",
    )
    def post(self, request: Request) -> Response:
        body = valid_body(StartBody, request.data)
        started = charges.start_conversation(
            by=self.visitor,
            address=client_address(request._request),
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


class MessagesView(SpeakingView):
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
        also={
            200: "Sent before; the header Idempotent-Replay says so.",
            409: "idempotency_key_reused",
            429: "rate_limited; Retry-After says when",
        },
        request=MessageBody,
        operation_id="visitor_send",
    )
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        draft = Draft.by_visitor(**valid_body(MessageBody, request.data))
        address = client_address(request._request)
        sent = charges.send_message(by=self.visitor, address=address, conversation_id=conversation_id, draft=draft)
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


class HandOffView(VisitorView):
    """Talk to a person: the assistant hands over. Where it does not answer, nothing changes."""

    @answers(shapes.ConversationPayload, request=None, operation_id="visitor_hand_off")
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        actions.ask_for_person(by=self.visitor, conversation_id=conversation_id)
        conversation = queries.get_conversation_for(self.visitor.contact, conversation_id)
        return Response(queries.visitor_conversation(conversation))


class RatingView(VisitorView):
    """Feedback on a closed cycle: changeable until there is a remark."""

    @answers(
        shapes.RatingPayload,
        also={409: "rating_not_requested"},
        request=RatingBody,
        operation_id="visitor_rate",
    )
    def put(self, request: Request, conversation_id: uuid.UUID) -> Response:
        given = valid_body(RatingBody, request.data)
        rating = actions.rate_conversation(
            by=self.visitor,
            conversation_id=conversation_id,
            cycle=given["cycle"],
            score=given["score"],
            remark=given.get("remark") or "",
        )
        return Response(payloads.rating(rating))


class AttachmentsView(SpeakingView):
    """Sending a file up, before the message that carries it."""

    parser_classes = (BoundedMultiPartParser,)

    @answers(
        shapes.AttachmentPayload,
        status=201,
        also={
            200: "Sent up before; the header Idempotent-Replay says so.",
            409: "idempotency_key_reused",
            413: "payload_too_large",
            429: "rate_limited; Retry-After says when",
        },
        request={"multipart/form-data": UploadBody},
        operation_id="visitor_upload",
    )
    def post(self, request: Request) -> Response:
        given = valid_body(UploadBody, request.data)
        content = given["file"]
        kept = charges.upload_file(
            by=self.visitor,
            address=client_address(request._request),
            client_upload_id=given["client_upload_id"],
            content=content,
        )
        return answer_sent(payloads.attachment(kept.attachment, for_team=False), is_replay=kept.is_replay)


class AttachmentView(VisitorView):
    """A file of a message to the visitor, or one of their own."""

    @answers(bytes, operation_id="visitor_attachment")
    def get(self, request: Request, attachment_id: uuid.UUID) -> HttpResponse:
        return answer_file(queries.get_file_for(self.visitor.contact, attachment_id))


class CloseView(VisitorView):
    """The visitor ends the conversation, where the tenant lets them."""

    @answers(
        shapes.ConversationPayload,
        also={403: "closing_not_allowed"},
        request=None,
        operation_id="visitor_close",
    )
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        ended = actions.end_conversation(by=self.visitor, conversation_id=conversation_id)
        return Response(queries.visitor_conversation(queries.get_conversation_for(self.visitor.contact, ended.id)))


class TranscriptView(VisitorView):
    """The thread as a file: what its visitor may see of it."""

    @answers(str, parameters=[TranscriptQuery], operation_id="visitor_transcript")
    def get(self, request: Request, conversation_id: uuid.UUID) -> HttpResponse:
        as_ = valid_query(TranscriptQuery, request.query_params)["format"]
        conversation = queries.get_conversation_for(self.visitor.contact, conversation_id)
        return answer_transcript(transcripts.for_visitor(conversation, self.visitor.tenant, as_))


class EventsView(VisitorView):
    """The socket's long-poll twin."""

    @answers(
        shapes.LogFrame,
        also={204: "Nothing has happened.", 409: "no_contact"},
        parameters=[EventsQuery],
        operation_id="visitor_events",
    )
    def get(self, request: Request) -> Response:
        query = valid_query(EventsQuery, request.query_params)
        contact = self.visitor.contact
        if contact is None:
            raise NoContact()
        return events_after(streams.contact_stream(contact), query, require_owner=partial(require_person, self.visitor))


class HistoryView(VisitorView):
    """The contact's latest messages over all conversations."""

    @answers(History, parameters=[HistoryQuery], operation_id="visitor_history")
    def get(self, request: Request) -> Response:
        limit = valid_query(HistoryQuery, request.query_params)["limit"]
        contact = self.visitor.contact
        return Response({"items": queries.history(contact, limit) if contact else []})


def answer_sent(payload: Mapping[str, object], *, is_replay: bool) -> Response:
    """201 the first time, 200 with `Idempotent-Replay` after that."""
    response = Response(payload, status=status.HTTP_200_OK if is_replay else status.HTTP_201_CREATED)
    if is_replay:
        response["Idempotent-Replay"] = "true"
    return response
