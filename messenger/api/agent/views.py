"""The inbox's and integrators' contract (`agent-api.md`): authenticate, validate, one action or query, respond."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any, TypedDict

from django.http import HttpResponse
from django.utils import timezone
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ... import actions, composing, files, loading, payloads, queries, shapes, streams
from ...actions.messages import Draft
from ...actions.rights import permissions_of
from ...models import Agent, Message
from ...principals import memberships_of
from ..downloads import answer_file
from ..fields import PartsQuery, ReadBody, UploadBody, valid_body, valid_query
from ..parsing import BoundedMultiPartParser
from ..polling import EventsQuery, events_after
from ..schema import answers
from ..visitor.session_views import realtime_of
from ..visitor.views import Messages, ReadAnswer, answer_sent
from .auth import authenticate_agent
from .serializers import (
    AgentTypingBody,
    AssignBody,
    CloseBody,
    ConversationChange,
    ConversationsQuery,
    PartBody,
    SnapshotQuery,
    ThreadsQuery,
    UnreadBody,
)


class Me(TypedDict):
    agent: shapes.AgentPayload
    tenant: shapes.TenantPayload
    tenants: list[shapes.TenantPayload]
    role: str
    permissions: list[str]
    preferences: shapes.PreferencesPayload


class Snapshot(TypedDict):
    agent: shapes.AgentPayload
    tenant: shapes.TenantPayload
    counts: dict[str, int]
    items: list[shapes.TeamConversationPayload]
    next: str | None
    cursor: str
    realtime: dict[str, Any]
    server_time: str


class ThreadRow(TypedDict):
    contact: shapes.TeamContactPayload
    display_name: str
    identity_type: str
    last_message: shapes.MessagePayload | None
    last_message_at: str | None
    message_count: int
    unread_count: int
    open: bool


class Threads(TypedDict):
    items: list[ThreadRow]
    next: str | None
    people: int


class Thread(TypedDict):
    contact: shapes.TeamContactPayload
    items: list[shapes.MessagePayload]
    has_more: bool
    next: str | None


class Conversations(TypedDict):
    items: list[shapes.TeamConversationPayload]
    next: str | None


class AgentView(APIView):
    """A door for an agent. `self.agent` is who asks; the tenant is theirs."""

    agent: Agent

    def perform_authentication(self, request: Request) -> None:
        self.agent = authenticate_agent(request)

    def answer_conversation(self, conversation_id: uuid.UUID) -> Response:
        conversation = queries.get_conversation_for_team(self.agent, conversation_id)
        return Response(queries.team_conversation(self.agent, conversation))


class MeView(AgentView):
    """Who the caller is, and where else they could work."""

    @answers(Me, operation_id="agent_me")
    def get(self, request: Request) -> Response:
        tenants = [payloads.tenant(one.tenant) for one in memberships_of(self.agent.user_id)]
        mine = {"agent": payloads.agent(self.agent), "tenant": payloads.tenant(self.agent.tenant)}
        preferences = payloads.preferences(composing.preferences_of(self.agent))
        may = {"role": self.agent.role, "permissions": permissions_of(self.agent)}
        return Response({**mine, "tenants": tenants, **may, "preferences": preferences})


class SnapshotView(AgentView):
    """What an inbox starts from."""

    @answers(Snapshot, parameters=[SnapshotQuery], operation_id="agent_snapshot")
    def get(self, request: Request) -> Response:
        view = valid_query(SnapshotQuery, request.query_params)["view"]
        snapshot = queries.team_snapshot(self.agent, view)
        clock = {"server_time": payloads.timestamp(timezone.now())}
        return Response({**snapshot, "realtime": realtime_of(request, "/ws/inbox"), **clock})


class EventsView(AgentView):
    """The agent socket's long-poll twin."""

    @answers(
        shapes.LogFrame, also={204: "Nothing has happened."}, parameters=[EventsQuery], operation_id="agent_events"
    )
    def get(self, request: Request) -> Response:
        query = valid_query(EventsQuery, request.query_params)
        stream = streams.team_stream(self.agent.tenant_id)
        return events_after(stream, query, agent=self.agent, require_owner=lambda owner: None)


class ThreadsView(AgentView):
    """The chat log: one row per contact, and how many people are in it, counted no further than to 10,001."""

    @answers(Threads, parameters=[ThreadsQuery], operation_id="agent_threads")
    def get(self, request: Request) -> Response:
        query = valid_query(ThreadsQuery, request.query_params)
        page = queries.chat_log(self.agent, q=query["q"], cursor=query.get("cursor"), limit=query["limit"])
        people = queries.count_people(self.agent.tenant_id)
        return Response({"items": page.items, "next": page.next, "people": people})


class ThreadView(AgentView):
    """The timeline of a contact over all conversations."""

    @answers(Thread, parameters=[ThreadsQuery], operation_id="agent_thread")
    def get(self, request: Request, contact_id: uuid.UUID) -> Response:
        query = valid_query(ThreadsQuery, request.query_params)
        contact = queries.get_contact_for_team(self.agent, contact_id)
        page = queries.timeline(contact, cursor=query.get("cursor"), limit=query["limit"])
        similar = loading.possible_duplicates(self.agent.tenant_id, [contact]).get(contact.id, [])
        answer = {"contact": payloads.team_contact(contact, similar), "items": page.items}
        return Response({**answer, "has_more": page.next is not None, "next": page.next})


class ConversationsView(AgentView):
    """The inbox, newest activity first or the longest waiting first."""

    @answers(Conversations, parameters=[ConversationsQuery], operation_id="agent_conversations")
    def get(self, request: Request) -> Response:
        query = valid_query(ConversationsQuery, request.query_params)
        page = queries.inbox_page(self.agent, **query)
        return Response({"items": page.items, "next": page.next})


class ConversationView(AgentView):
    """One conversation of the tenant."""

    @answers(shapes.TeamConversationPayload, operation_id="agent_conversation")
    def get(self, request: Request, conversation_id: uuid.UUID) -> Response:
        return self.answer_conversation(conversation_id)

    @answers(shapes.TeamConversationPayload, request=ConversationChange, operation_id="agent_update_conversation")
    def patch(self, request: Request, conversation_id: uuid.UUID) -> Response:
        fields = valid_body(ConversationChange, request.data)
        actions.describe_conversation(by=self.agent, conversation_id=conversation_id, fields=fields)
        return self.answer_conversation(conversation_id)


class MessagesView(AgentView):
    """All parts of a thread, notes included; replying and noting."""

    @answers(Messages, parameters=[PartsQuery], operation_id="agent_messages")
    def get(self, request: Request, conversation_id: uuid.UUID) -> Response:
        query = valid_query(PartsQuery, request.query_params)
        conversation = queries.get_conversation_for_team(self.agent, conversation_id)
        items, has_more = queries.team_messages(conversation, **query)
        return Response({"items": items, "has_more": has_more})

    @answers(
        shapes.MessagePayload,
        status=201,
        also={200: "Sent before: the stored part.", 409: "idempotency_key_reused or newer_reply_exists"},
        request=PartBody,
        operation_id="agent_send",
    )
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        body = valid_body(PartBody, request.data)
        written = Draft.by_agent(body["client_message_id"], body["body"], body["attachment_ids"])
        draft = replace(written, kept_version=body["draft_version"])
        shared: dict[str, Any] = {"by": self.agent, "conversation_id": conversation_id, "draft": draft}
        if body["kind"] == Message.Kind.NOTE:
            sent = actions.add_note(**shared)
        else:
            sent = actions.send_reply(**shared, last_seen_seq=body["last_seen_seq"])
        return answer_sent(payloads.team_message(sent.message), is_replay=sent.is_replay)


class AttachmentsView(AgentView):
    """Sending a file up, before the reply or note that carries it."""

    parser_classes = (BoundedMultiPartParser,)

    @answers(
        shapes.AttachmentPayload,
        status=201,
        also={200: "Sent up before.", 409: "idempotency_key_reused", 413: "payload_too_large"},
        request={"multipart/form-data": UploadBody},
        operation_id="agent_upload",
    )
    def post(self, request: Request) -> Response:
        given = valid_body(UploadBody, request.data)
        content, kinds = given["file"], files.kinds_of(self.agent.tenant)
        checked = files.check(content, content.name, most_bytes=files.AGENT_MOST_BYTES, kinds=kinds)
        kept = actions.upload_file(by=self.agent, client_upload_id=given["client_upload_id"], checked=checked)
        return answer_sent(payloads.attachment(kept.attachment, for_team=True), is_replay=kept.is_replay)


class AttachmentView(AgentView):
    """A file of the tenant's conversations, or one of the agent's own."""

    @answers(bytes, operation_id="agent_attachment")
    def get(self, request: Request, attachment_id: uuid.UUID) -> HttpResponse:
        return answer_file(queries.get_file_for_team(self.agent, attachment_id))


class ReadView(AgentView):
    """How far this agent has read."""

    @answers(ReadAnswer, request=ReadBody, operation_id="agent_read")
    def put(self, request: Request, conversation_id: uuid.UUID) -> Response:
        up_to = valid_body(ReadBody, request.data)["up_to"]
        read = actions.mark_read_by_agent(by=self.agent, conversation_id=conversation_id, up_to=up_to)
        return Response({"last_read_seq": read.last_read_seq, "unread": read.unread})


class UnreadView(AgentView):
    """Mark as unread, for this agent alone."""

    @answers(ReadAnswer, request=UnreadBody, operation_id="agent_unread")
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        first = valid_body(UnreadBody, request.data)["from"]
        read = actions.mark_unread_by_agent(by=self.agent, conversation_id=conversation_id, first_unread=first)
        return Response({"last_read_seq": read.last_read_seq, "unread": read.unread})


class TypingView(AgentView):
    """Typing a message moves Seen and shows dots to the visitor; typing a note stays in the team."""

    @answers(None, status=204, request=AgentTypingBody, operation_id="agent_typing")
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        body = valid_body(AgentTypingBody, request.data)
        actions.type_in(by=self.agent, conversation_id=conversation_id, on=body["on"], kind=body["kind"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class AssignView(AgentView):
    """Give a conversation to an agent or a team."""

    @answers(shapes.TeamConversationPayload, request=AssignBody, operation_id="agent_assign")
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        to = valid_body(AssignBody, request.data)
        actions.assign(by=self.agent, conversation_id=conversation_id, to=to)
        return self.answer_conversation(conversation_id)


class CloseView(AgentView):
    """End the cycle of a conversation."""

    @answers(shapes.TeamConversationPayload, request=CloseBody, operation_id="agent_close")
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        body = valid_body(CloseBody, request.data)
        actions.close_conversation(by=self.agent, conversation_id=conversation_id, **body)
        return self.answer_conversation(conversation_id)


class ReopenView(AgentView):
    """Begin the next cycle of a closed conversation."""

    @answers(shapes.TeamConversationPayload, request=None, operation_id="agent_reopen")
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        actions.reopen_conversation(by=self.agent, conversation_id=conversation_id)
        return self.answer_conversation(conversation_id)
