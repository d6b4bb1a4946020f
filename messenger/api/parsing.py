"""Request bodies: JSON, bounded, and refused with the right code."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import DataAndFiles, JSONParser, MultiPartParser

from ..files import AGENT_MOST_BYTES


class PayloadTooLarge(APIException):
    """The body is larger than any request of this API can be (S46)."""

    status_code = 413
    default_code = "payload_too_large"
    default_detail = "The request body is too large."


# Around a file: the other fields, and what separates them.
_ENVELOPE_BYTES = 64 * 1024


class BoundedMultiPartParser(MultiPartParser):
    """Takes a body that says how large it is, and is no larger than anybody's file may be."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> DataAndFiles[Any, Any]:
        context = dict(parser_context or {})
        length = context["request"].META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > AGENT_MOST_BYTES + _ENVELOPE_BYTES:
            raise PayloadTooLarge()
        return super().parse(stream, media_type, context)


class BoundedJSONParser(JSONParser):
    """Reads no more than DATA_UPLOAD_MAX_MEMORY_SIZE bytes of JSON, whatever Content-Length promises."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        body = stream.read(most + 1)
        if len(body) > most:
            raise PayloadTooLarge()
        try:
            return super().parse(BytesIO(body), media_type, dict(parser_context or {}))
        except RecursionError as error:
            raise ParseError("JSON parse error - nested too deeply") from error
