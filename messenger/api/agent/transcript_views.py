"""A conversation as a file: to keep, or sent to somebody by e-mail."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from ... import actions, queries, transcripts
from ..downloads import answer_transcript
from ..fields import TranscriptQuery, valid_body, valid_query
from ..schema import answers
from .views import AgentView


class MailBody(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254, help_text="Who gets it.")


class TranscriptView(AgentView):
    """What the contact may see of the thread, and no note: for whoever it is passed on to."""

    @answers(str, parameters=[TranscriptQuery], operation_id="agent_transcript")
    def get(self, request: Request, conversation_id: uuid.UUID) -> HttpResponse:
        as_ = valid_query(TranscriptQuery, request.query_params)["format"]
        conversation = queries.get_conversation_for_team(self.agent, conversation_id)
        return answer_transcript(transcripts.for_team(conversation, self.agent.tenant, as_))

    @answers(
        None,
        status=204,
        also={409: "mail_not_configured", 429: "rate_limited", 503: "mail_failed"},
        request=MailBody,
        operation_id="agent_mail_transcript",
    )
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        email = valid_body(MailBody, request.data)["email"]
        actions.mail_transcript(by=self.agent, conversation_id=conversation_id, email=email)
        return Response(status=status.HTTP_204_NO_CONTENT)
