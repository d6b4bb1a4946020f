"""What an inbox or an integrator may send about people."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ...traits import TRAITS
from ..fields import AttributesField, KeyField, ListQuery, MessageBody


class ContactsQuery(ListQuery):
    """A page of people."""

    q = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class ContactChange(serializers.Serializer[Any]):
    """What is to be different of what was said. Attributes are merged name by name; null removes one."""

    name = serializers.CharField(required=False, allow_blank=True, max_length=TRAITS["name"])
    email = serializers.EmailField(required=False, allow_blank=True, max_length=TRAITS["email"])
    phone = serializers.CharField(required=False, allow_blank=True, max_length=TRAITS["phone"])
    attributes = AttributesField(required=False)


class ContactBody(ContactChange):
    """A new person: a name, an e-mail address or a phone number, at least."""

    client_contact_id = KeyField(
        required=False, default=None, allow_null=True, help_text="Chosen by the sender; sent again it is the same one."
    )


class BlockBody(serializers.Serializer[Any]):
    blocked = serializers.BooleanField(required=False, default=True)


class OpeningBody(MessageBody):
    """The first message to a person."""

    client_conversation_id = KeyField(required=False, default=None, allow_null=True)
    widget_id = KeyField(required=False, default=None, allow_null=True, help_text="Where they read it; else the last.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        new = serializers.BooleanField(required=False, default=False, help_text="In a conversation of its own.")
        return {**super().get_fields(), "new": new}
