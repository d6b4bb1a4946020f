"""People in the agent API: the list, one of them, what they were told and where they have been."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TypedDict

from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from ... import actions, exports, payloads, people, queries, shapes
from ...actions.messages import Draft
from ..downloads import answer_archive
from ..fields import ListQuery, valid_body, valid_query
from ..schema import answers
from ..visitor.views import answer_sent
from .contact_bodies import BlockBody, ContactBody, ContactChange, ContactsQuery, OpeningBody
from .views import AgentView


class Contacts(TypedDict):
    items: list[shapes.TeamContactPayload]
    next: str | None


class Visits(TypedDict):
    items: list[shapes.VisitPayload]
    next: str | None


class Opened(TypedDict):
    conversation: shapes.TeamConversationPayload
    message: shapes.MessagePayload


class ContactsView(AgentView):
    """Those who talked, the latest first, then those who never did."""

    @answers(Contacts, parameters=[ContactsQuery], operation_id="agent_contacts")
    def get(self, request: Request) -> Response:
        page = people.contacts_page(self.agent, **valid_query(ContactsQuery, request.query_params))
        return Response({"items": page.items, "next": page.next})

    @answers(
        shapes.TeamContactPayload,
        status=201,
        also={200: "Made before under this key; the header Idempotent-Replay says so."},
        request=ContactBody,
        operation_id="agent_create_contact",
    )
    def post(self, request: Request) -> Response:
        body = valid_body(ContactBody, request.data)
        key = body.pop("client_contact_id")
        made = actions.create_contact(by=self.agent, traits=body, client_contact_id=key)
        return answer_sent(people.contact_for_team(self.agent, made.contact.id), is_replay=made.is_replay)


class ContactView(AgentView):
    """One person of the tenant. A merged guest's id leads to the user."""

    @answers(shapes.TeamContactPayload, operation_id="agent_contact")
    def get(self, request: Request, contact_id: uuid.UUID) -> Response:
        return self.answer_contact(contact_id)

    @answers(shapes.TeamContactPayload, request=ContactChange, operation_id="agent_update_contact")
    def patch(self, request: Request, contact_id: uuid.UUID) -> Response:
        traits = valid_body(ContactChange, request.data)
        actions.update_contact(by=self.agent, contact_id=contact_id, traits=traits)
        return self.answer_contact(contact_id)

    def answer_contact(self, contact_id: uuid.UUID) -> Response:
        return Response(people.contact_for_team(self.agent, contact_id))


class BlockView(ContactView):
    """Let a person send nothing any more, or again. They are not told."""

    http_method_names = ["post", "options"]

    @answers(shapes.TeamContactPayload, request=BlockBody, operation_id="agent_block_contact")
    def post(self, request: Request, contact_id: uuid.UUID) -> Response:
        blocked = valid_body(BlockBody, request.data)["blocked"]
        actions.block_contact(by=self.agent, contact_id=contact_id, blocked=blocked)
        return self.answer_contact(contact_id)


class EraseView(ContactView):
    """Empty everything that tells of a person. Admins only, and for good."""

    http_method_names = ["post", "options"]

    @answers(
        shapes.TeamContactPayload, also={403: "permission_denied"}, request=None, operation_id="agent_erase_contact"
    )
    def post(self, request: Request, contact_id: uuid.UUID) -> Response:
        actions.erase_contact(by=self.agent, contact_id=contact_id)
        return self.answer_contact(contact_id)


class ExportView(AgentView):
    """What is known of a person, to hand to them, with their files. Admins only."""

    @answers(bytes, also={403: "permission_denied"}, operation_id="agent_export_contact")
    def get(self, request: Request, contact_id: uuid.UUID) -> StreamingHttpResponse:
        contact = actions.export_contact(by=self.agent, contact_id=contact_id)
        return answer_archive(request._request, exports.name_of(contact), partial(exports.write_export, contact))


class VisitsView(AgentView):
    """Where a person has been, newest first."""

    @answers(Visits, parameters=[ListQuery], operation_id="agent_contact_visits")
    def get(self, request: Request, contact_id: uuid.UUID) -> Response:
        query = valid_query(ListQuery, request.query_params)
        page = people.visits_page(self.agent, contact_id, cursor=query.get("cursor"), limit=query["limit"])
        return Response({"items": page.items, "next": page.next})


class ContactConversationsView(AgentView):
    """The team speaks first."""

    @answers(
        Opened,
        status=201,
        also={
            200: "Sent before: the stored message; the header Idempotent-Replay says so.",
            409: "single_thread, too_many_open_conversations or idempotency_key_reused",
        },
        request=OpeningBody,
        operation_id="agent_write_to_contact",
    )
    def post(self, request: Request, contact_id: uuid.UUID) -> Response:
        body = valid_body(OpeningBody, request.data)
        draft = Draft.by_agent(body["client_message_id"], body["body"], body["attachment_ids"])
        where = {name: body[name] for name in ("client_conversation_id", "widget_id")}
        started = actions.write_to_contact(
            by=self.agent, contact_id=contact_id, draft=draft, is_new=body["new"], **where
        )
        row = queries.get_conversation_for_team(self.agent, started.conversation.id)
        conversation = queries.team_conversation(self.agent, row)
        message = payloads.team_message(started.message) if started.message else None
        return answer_sent({"conversation": conversation, "message": message}, is_replay=not started.created)
