"""What a widget may send. Everything else in a body is ignored, never assigned."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ...models.feedback import HIGHEST, LOWEST
from ..fields import AttributesField, KeyField, ListQuery, MessageBody


class PageBody(serializers.Serializer[Any]):
    """Where the widget was loaded."""

    url = serializers.CharField(required=False, allow_blank=True, max_length=8000)
    title = serializers.CharField(required=False, allow_blank=True, max_length=8000)
    referrer = serializers.CharField(required=False, allow_blank=True, max_length=8000)


class DeviceIdField(serializers.CharField):
    """Passed through as it is: whatever is wrong with it, a malformed device id has an answer of its own (S11)."""

    def run_validation(self, data: Any = None) -> Any:
        return data


class ProofField(serializers.CharField):
    """Text of any length: whatever is wrong with a proof is answered with 401, never with 422."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, allow_blank=True, allow_null=True, trim_whitespace=False, **options)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is serializers.empty or data is None:
            return ""
        return str(data) if isinstance(data, str | int) and not isinstance(data, bool) else UNREADABLE


# Stands for a proof that is no text: it is refused like any other that proves nothing.
UNREADABLE = "\0"


class IdentityBody(serializers.Serializer[Any]):
    """Who the page says is there: a signed token, or a user id with its hash; the rest is said without proof."""

    token = ProofField(help_text="A JWT signed with an identity secret of the tenant (HS256).")
    user_id = ProofField(help_text="Needs a token or a user_hash.")
    user_hash = ProofField(help_text="hex(HMAC-SHA256(secret, user_id)), where the tenant accepts it.")
    name = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=200)
    email = serializers.EmailField(required=False, allow_blank=True, allow_null=True, max_length=254)
    phone = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=50)
    attributes = AttributesField(required=False)


class ResetBody(serializers.Serializer[Any]):
    """Starting over."""

    device_id = DeviceIdField(help_text="The new one: 43 to 128 URL-safe characters, made by the loader.")


class BootstrapBody(serializers.Serializer[Any]):
    """The start of a session."""

    widget_id = serializers.CharField(max_length=100)
    device_id = DeviceIdField(help_text="43 to 128 URL-safe characters, made by the loader.")
    page = PageBody(required=False)
    locale = serializers.CharField(required=False, allow_blank=True, max_length=35)
    identity = IdentityBody(required=False, allow_null=True)


class VisitBody(serializers.Serializer[Any]):
    page = PageBody()


class ProfileBody(serializers.Serializer[Any]):
    """The pre-chat form: unverified traits."""

    name = serializers.CharField(required=False, allow_blank=True, max_length=200)
    email = serializers.EmailField(required=False, allow_blank=True, max_length=254)
    phone = serializers.CharField(required=False, allow_blank=True, max_length=50)
    attributes = AttributesField(required=False)
    consent = serializers.BooleanField(required=False, default=False, help_text="The box of the form was ticked.")


class StartBody(serializers.Serializer[Any]):
    """Get-or-open, or an explicit new conversation."""

    new = serializers.BooleanField(required=False, default=False)
    client_conversation_id = KeyField(required=False, allow_null=True, default=None)
    message = MessageBody(required=False, allow_null=True, default=None)


class RatingBody(serializers.Serializer[Any]):
    """What the visitor thought of a cycle."""

    cycle = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    score = serializers.IntegerField(min_value=LOWEST, max_value=HIGHEST)
    remark = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=2000)


class TypingBody(serializers.Serializer[Any]):
    on = serializers.BooleanField()


class ArticleQuery(serializers.Serializer[Any]):
    """In which language."""

    locale = serializers.CharField(required=False, allow_blank=True, max_length=35, default="")


class ArticlesQuery(ListQuery, ArticleQuery):
    """A page of the help, or what is found in it."""

    q = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")


class HistoryQuery(serializers.Serializer[Any]):
    limit = serializers.IntegerField(required=False, min_value=1, max_value=50, default=50)
