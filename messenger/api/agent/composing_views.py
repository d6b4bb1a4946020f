"""What agents write with: corrections, mentions, saved replies, drafts, and how each of them likes to work."""

from __future__ import annotations

import uuid
from typing import Any, TypedDict

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from ... import actions, composing, payloads, queries, shapes
from ...actions.mentioning import read_as
from ...assistant.suggesting import suggest
from ...limits import Limit, charge
from ...models import Draft, Preference
from ...models.composing import SHORTCUT
from ..fields import MOST_CHARACTERS, ListQuery, valid_body, valid_query
from ..schema import answers
from .views import AgentView

_TOO_LATE = "permission_denied or edit_time_over"
_ADMINS = {403: "permission_denied"}


class EditBody(serializers.Serializer[Any]):
    """What the message is to say instead."""

    body = serializers.CharField(
        max_length=MOST_CHARACTERS, trim_whitespace=False, allow_blank=True, help_text="Empty only with files."
    )


class PreviewBody(serializers.Serializer[Any]):
    """What an agent is about to say."""

    kind = serializers.ChoiceField(choices=Draft.Kind.values, required=False, default="message")
    body = serializers.CharField(max_length=MOST_CHARACTERS, trim_whitespace=False, allow_blank=True)


class DraftBody(serializers.Serializer[Any]):
    """What the agent has written so far. `version` is that of the draft it was made of, 0 without one."""

    kind = serializers.ChoiceField(choices=Draft.Kind.values, required=False, default="message")
    text = serializers.CharField(
        max_length=MOST_CHARACTERS, trim_whitespace=False, allow_blank=True, help_text="Empty: no draft any more."
    )
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class ReplyChange(serializers.Serializer[Any]):
    """What is to be different."""

    shortcut = serializers.RegexField(SHORTCUT, required=False, max_length=40, help_text="Without regard to case.")
    title = serializers.CharField(required=False, max_length=100)
    body = serializers.CharField(required=False, max_length=MOST_CHARACTERS, trim_whitespace=False)
    is_shared = serializers.BooleanField(required=False, help_text="The whole team has it; for admins to set.")

    def validate_body(self, value: str) -> str:
        if not value.strip():
            raise serializers.ValidationError("A reply needs some text.", code="blank")
        return value


class ReplyBody(ReplyChange):
    shortcut = serializers.RegexField(SHORTCUT, max_length=40)
    title = serializers.CharField(max_length=100)
    body = serializers.CharField(max_length=MOST_CHARACTERS, trim_whitespace=False)


class RepliesQuery(ListQuery):
    q = serializers.CharField(required=False, allow_blank=True, default="", max_length=100)


class PreferencesBody(serializers.ModelSerializer[Preference]):
    """What is to be different."""

    class Meta:
        model = Preference
        fields = ["desktop", "sound", "ring", "mentions", "send_key", "theme"]
        extra_kwargs = {name: {"required": False} for name in fields}


class Preview(TypedDict):
    body_html: str


class KeptDraft(TypedDict):
    draft: shapes.DraftPayload | None


class Mentions(TypedDict):
    items: list[shapes.MessagePayload]
    next: str | None


class SavedReplies(TypedDict):
    items: list[shapes.SavedReplyPayload]
    next: str | None


class MessageView(AgentView):
    """A reply or note of one's own, for as long as the tenant lets it be changed."""

    @answers(
        shapes.MessagePayload,
        also={403: _TOO_LATE, 409: "message_deleted"},
        request=EditBody,
        operation_id="agent_edit_message",
    )
    def patch(self, request: Request, message_id: uuid.UUID) -> Response:
        body = valid_body(EditBody, request.data)["body"]
        message = actions.edit_message(by=self.agent, message_id=message_id, body=body)
        return Response(payloads.team_message(message))

    @answers(shapes.MessagePayload, also={403: _TOO_LATE}, operation_id="agent_redact_message")
    def delete(self, request: Request, message_id: uuid.UUID) -> Response:
        """Answers with the tombstone. Admins may remove anything, whoever wrote it and whenever."""
        message = actions.redact_message(by=self.agent, message_id=message_id)
        return Response(payloads.team_message(message))


class PreviewView(AgentView):
    """How a reply or note would look: rendered as it is when it is stored. Nothing is kept."""

    @answers(Preview, request=PreviewBody, operation_id="agent_preview")
    def post(self, request: Request) -> Response:
        body = valid_body(PreviewBody, request.data)
        return Response({"body_html": read_as(self.agent, **body)})


class DraftView(AgentView):
    """What the agent has begun to write in a conversation."""

    @answers(KeptDraft, operation_id="agent_draft")
    def get(self, request: Request, conversation_id: uuid.UUID) -> Response:
        conversation = queries.get_conversation_for_team(self.agent, conversation_id)
        return self._answer(composing.draft_of(self.agent, conversation.id))

    @answers(KeptDraft, also={409: "draft_changed"}, request=DraftBody, operation_id="agent_save_draft")
    def put(self, request: Request, conversation_id: uuid.UUID) -> Response:
        body = valid_body(DraftBody, request.data)
        return self._answer(actions.save_draft(by=self.agent, conversation_id=conversation_id, **body))

    def _answer(self, draft: Draft | None) -> Response:
        return Response({"draft": payloads.draft(draft) if draft else None})


class MentionsView(AgentView):
    """The notes that name the agent, newest first."""

    @answers(Mentions, parameters=[ListQuery], operation_id="agent_mentions")
    def get(self, request: Request) -> Response:
        query = valid_query(ListQuery, request.query_params)
        page = composing.mentions_page(self.agent, cursor=query.get("cursor"), limit=query["limit"])
        return Response({"items": page.items, "next": page.next})


class SavedRepliesView(AgentView):
    """Texts to answer with: the team's, and the agent's own."""

    @answers(SavedReplies, parameters=[RepliesQuery], operation_id="agent_saved_replies")
    def get(self, request: Request) -> Response:
        query = valid_query(RepliesQuery, request.query_params)
        page = composing.saved_replies_page(self.agent, q=query["q"], cursor=query.get("cursor"), limit=query["limit"])
        return Response({"items": page.items, "next": page.next})

    @answers(
        shapes.SavedReplyPayload,
        status=201,
        also={**_ADMINS, 422: "shortcut_taken, too_many_replies"},
        request=ReplyBody,
        operation_id="agent_create_saved_reply",
    )
    def post(self, request: Request) -> Response:
        reply = actions.create_saved_reply(by=self.agent, fields=valid_body(ReplyBody, request.data))
        return Response(payloads.saved_reply(reply), status=status.HTTP_201_CREATED)


class SavedReplyView(AgentView):
    """One saved reply."""

    @answers(shapes.SavedReplyPayload, operation_id="agent_saved_reply")
    def get(self, request: Request, reply_id: uuid.UUID) -> Response:
        return Response(payloads.saved_reply(composing.get_saved_reply_for(self.agent, reply_id)))

    @answers(
        shapes.SavedReplyPayload,
        also={**_ADMINS, 422: "shortcut_taken"},
        request=ReplyChange,
        operation_id="agent_update_saved_reply",
    )
    def patch(self, request: Request, reply_id: uuid.UUID) -> Response:
        fields = valid_body(ReplyChange, request.data)
        reply = actions.update_saved_reply(by=self.agent, reply_id=reply_id, fields=fields)
        return Response(payloads.saved_reply(reply))

    @answers(None, status=204, also=_ADMINS, operation_id="agent_delete_saved_reply")
    def delete(self, request: Request, reply_id: uuid.UUID) -> Response:
        actions.delete_saved_reply(by=self.agent, reply_id=reply_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SuggestionView(AgentView):
    """What the assistant would answer, to be changed and sent by the agent. Nothing is stored."""

    @answers(
        shapes.Suggestion,
        also={409: "assistant_off", 429: "rate_limited; Retry-After says when", 503: "assistant_unavailable"},
        request=None,
        operation_id="agent_suggestion",
    )
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        conversation = queries.get_conversation_for_team(self.agent, conversation_id)
        charge(Limit.SUGGESTION, self.agent.id)
        return Response(suggest(self.agent, conversation))


class PreferencesView(AgentView):
    """How the agent likes to work; `GET me` tells it."""

    @answers(shapes.PreferencesPayload, request=PreferencesBody, operation_id="agent_set_preferences")
    def patch(self, request: Request) -> Response:
        fields = valid_body(PreferencesBody, request.data)
        return Response(payloads.preferences(actions.set_preferences(by=self.agent, fields=fields)))
