"""Request fields that both APIs share."""

from __future__ import annotations

import uuid
from typing import Any, TypeVar

from rest_framework import serializers

from ..paging import MOST_CURSOR
from ..traits import MOST_ATTRIBUTES, is_attribute
from ..transcripts import FORMATS
from .errors import InvalidBody, InvalidQuery

MOST_CHARACTERS, MOST_ATTACHMENTS = 20_000, 5

S = TypeVar("S", bound="serializers.Serializer[Any]")


def valid_body(shape: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """Return the validated body, unknown fields left out (S18, S24). Raises InvalidBody (422)."""
    serializer = shape(data=data)
    if not serializer.is_valid():
        raise InvalidBody(serializer.errors)
    return dict(serializer.validated_data)


def valid_query(shape: type[serializers.Serializer[Any]], params: Any) -> dict[str, Any]:
    """Return the validated query parameters. Raises InvalidQuery (400)."""
    serializer = shape(data=params)
    if not serializer.is_valid():
        raise InvalidQuery(serializer.errors)
    return dict(serializer.validated_data)


class AttributesField(serializers.DictField):
    """Custom attributes: at most 50 of them, names to 64 characters, values plain and short."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        values = super().to_internal_value(data)
        if len(values) > MOST_ATTRIBUTES:
            raise serializers.ValidationError(f"At most {MOST_ATTRIBUTES} attributes can be kept.", code="too_many")
        for name, value in values.items():
            if not is_attribute(name, value):
                raise serializers.ValidationError(f"The attribute {name[:64]!a} cannot be kept.", code="invalid")
        return values


class KeyField(serializers.UUIDField):
    """A UUID that a client made, as text. (A number would read as one, too.)"""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class MessageBody(serializers.Serializer[Any]):
    """A message as a client sends it."""

    client_message_id = KeyField(help_text="Chosen by the sender; sending it again changes nothing.")
    body = serializers.CharField(
        max_length=MOST_CHARACTERS,
        trim_whitespace=False,
        allow_blank=True,
        help_text="Empty only with files.",
    )
    attachment_ids = serializers.ListField(
        child=KeyField(),
        required=False,
        max_length=MOST_ATTACHMENTS,
        default=list,
        help_text="Files sent up before.",
    )

    def validate_attachment_ids(self, value: list[uuid.UUID]) -> list[uuid.UUID]:
        if len(set(value)) != len(value):
            raise serializers.ValidationError("Each file can be attached once.", code="duplicate")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs["body"].strip() and not attrs["attachment_ids"]:
            raise serializers.ValidationError({"body": "A message needs some text."}, code="blank")
        return attrs


class UploadBody(serializers.Serializer[Any]):
    """A file on its way up."""

    client_upload_id = KeyField(help_text="Chosen by the sender; sending it again changes nothing.")
    file = serializers.FileField(allow_empty_file=True)


class TranscriptQuery(serializers.Serializer[Any]):
    format = serializers.ChoiceField(choices=FORMATS, required=False, default="html")


class ListQuery(serializers.Serializer[Any]):
    """A page of a list."""

    cursor = serializers.CharField(required=False, max_length=MOST_CURSOR)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=100, default=25)


class PartsQuery(serializers.Serializer[Any]):
    """A walk through the parts of a thread, in the caller's own numbering."""

    before = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1, default=None)
    after = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1, default=None)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=100, default=50)


class ReadBody(serializers.Serializer[Any]):
    """The highest part that was rendered."""

    up_to = serializers.IntegerField(min_value=0, max_value=2**31 - 1)
