"""What an inbox or an integrator may send about the team's work."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ...bulk import MOST_AT_ONCE, VERBS
from ...models import Conversation, Tag
from ..fields import KeyField
from .serializers import AssignBody, CloseBody, ConversationsQuery

_MOST_MEMBERS = 500


class SnoozeBody(serializers.Serializer[Any]):
    until = serializers.DateTimeField(help_text="In the future, at most a year away.")


class TagNameBody(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60)


class ParticipantBody(serializers.Serializer[Any]):
    agent_id = KeyField()


class MuteBody(serializers.Serializer[Any]):
    on = serializers.BooleanField()


class PriorityBody(serializers.Serializer[Any]):
    priority = serializers.ChoiceField(choices=Conversation.Priority.values)


class NoBody(serializers.Serializer[Any]):
    """Nothing but the verb."""


# What else each verb over many conversations takes.
ARGUMENTS: dict[str, type[serializers.Serializer[Any]]] = {
    "assign": AssignBody,
    "close": CloseBody,
    "reopen": NoBody,
    "snooze": SnoozeBody,
    "tag": TagNameBody,
    "untag": TagNameBody,
    "priority": PriorityBody,
    "participants": ParticipantBody,
}
# Other words for a verb: the names of its route.
ALIASES = {"tags": "tag"}


class BulkBody(serializers.Serializer[Any]):
    """One verb over conversations, with what the verb takes beside it."""

    verb = serializers.ChoiceField(choices=[*VERBS, *ALIASES])
    ids = serializers.ListField(child=KeyField(), min_length=1, max_length=MOST_AT_ONCE)


class TagChange(serializers.Serializer[Any]):
    name = serializers.CharField(required=False, max_length=60, help_text="As it is: a tag keeps its name.")
    colour = serializers.ChoiceField(required=False, choices=Tag.Colour.values)


class TagBody(TagChange):
    name = serializers.CharField(max_length=60)


class TeamChange(serializers.Serializer[Any]):
    """What is to be different; `members` are the ids of all its agents."""

    name = serializers.CharField(required=False, max_length=120)
    round_robin = serializers.BooleanField(required=False, help_text="Its members get conversations in turns.")
    is_default = serializers.BooleanField(required=False, help_text="New conversations go to it.")
    members = serializers.ListField(child=KeyField(), required=False, max_length=_MOST_MEMBERS)


class TeamBody(TeamChange):
    name = serializers.CharField(max_length=120)


class ViewFilters(ConversationsQuery):
    """The filters of a kept view: those of `GET conversations`, without its paging."""

    cursor = None  # type: ignore[assignment]
    limit = None  # type: ignore[assignment]


class ViewChange(serializers.Serializer[Any]):
    name = serializers.CharField(required=False, max_length=60)
    is_shared = serializers.BooleanField(required=False, help_text="Everybody has it; for admins to set.")
    filters = ViewFilters(required=False)

    def validate_filters(self, value: dict[str, Any]) -> dict[str, Any]:
        """Only what was said is kept: defaults may change."""
        given = self.initial_data.get("filters", {})
        return {name: one for name, one in value.items() if name in given and one not in (None, "")}


class ViewBody(ViewChange):
    name = serializers.CharField(max_length=60)
