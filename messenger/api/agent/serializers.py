"""What an inbox or an integrator may send."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ... import queries
from ...models import Conversation
from ..fields import AttributesField, KeyField, ListQuery, MessageBody


class SnapshotQuery(serializers.Serializer[Any]):
    view = serializers.ChoiceField(choices=sorted(queries.VIEWS), required=False, default="all")


class ThreadsQuery(ListQuery):
    q = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class AssigneeField(serializers.CharField):
    """`me`, `none`, or an agent's id."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        return text if text in {"me", "none"} else str(serializers.UUIDField().to_internal_value(text))


class TeamField(serializers.CharField):
    """`none`, or a team's id."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        return text if text == "none" else str(serializers.UUIDField().to_internal_value(text))


class ConversationsQuery(ListQuery):
    status = serializers.ChoiceField(choices=Conversation.Status.values, required=False)
    assignee = AssigneeField(required=False)
    team = TeamField(required=False)
    priority = serializers.ChoiceField(choices=Conversation.Priority.values, required=False)
    tag = serializers.CharField(required=False, max_length=60)
    unread = serializers.BooleanField(required=False, allow_null=True, default=None)
    q = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    mentions = serializers.ChoiceField(choices=["me"], required=False, help_text="A note in it names the agent.")
    sort = serializers.ChoiceField(
        choices=[queries.NEWEST, queries.LONGEST_WAITING], required=False, default=queries.NEWEST
    )


class PartBody(MessageBody):
    """A reply or a note."""

    kind = serializers.ChoiceField(choices=["message", "note"], required=False, default="message")
    last_seen_seq = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=0, max_value=2**31 - 1
    )
    draft_version = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=0,
        max_value=2**31 - 1,
        help_text="Of the draft that it was made of, which goes when it is sent.",
    )


class AgentTypingBody(serializers.Serializer[Any]):
    on = serializers.BooleanField()
    kind = serializers.ChoiceField(choices=["message", "note"], required=False, default="message")


class UnreadBody(serializers.Serializer[Any]):
    """The first part that is to count as unread again."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"from": serializers.IntegerField(min_value=1, max_value=2**31 - 1)}  # A word of Python's.


class AssignBody(serializers.Serializer[Any]):
    """Who it is given to. Null clears, a key left out keeps what is."""

    agent_id = KeyField(required=False, allow_null=True)
    team_id = KeyField(required=False, allow_null=True)


class CloseBody(serializers.Serializer[Any]):
    silently = serializers.BooleanField(required=False, default=False)
    spam = serializers.BooleanField(required=False, default=False)


class ConversationChange(serializers.Serializer[Any]):
    """What is to be different. Attributes are merged name by name; null removes one."""

    priority = serializers.ChoiceField(required=False, choices=Conversation.Priority.values)
    subject = serializers.CharField(required=False, allow_blank=True, max_length=200)
    attributes = AttributesField(required=False)
