"""Handing out files: to whoever may have them, in a way in which no browser takes them for a page of ours."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from typing import IO

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from ..errors import NotFound
from ..files import SHOWN
from ..models import Attachment
from ..transcripts import Transcript

_CACHE_S = 3600
_CHUNK_BYTES = 64 * 1024
_IN_MEMORY_BYTES = 1024 * 1024


def answer_file(attachment: Attachment) -> HttpResponse:
    """Return the file. Images are shown, everything else is only saved; nothing in it runs (S41). Raises NotFound.

    Read at once, because it is never larger than 25 MB and one of our servers cannot stream what blocks.
    """
    is_shown = attachment.content_type in SHOWN
    try:
        with attachment.file.open("rb") as file:
            content = file.read()
    except FileNotFoundError as error:
        raise NotFound() from error
    response = HttpResponse(content, content_type=attachment.content_type if is_shown else "application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(not is_shown, attachment.name) or ""
    # Its own policy, instead of the project's.
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = f"private, max-age={_CACHE_S}"
    return response


def answer_archive(request: HttpRequest, name: str, write: Callable[[IO[bytes]], None]) -> StreamingHttpResponse:
    """Return an archive that is written first, to disk beyond 1 MB, and then sent piece by piece."""
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115  Closed by whoever sends it.
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    size = file.tell()
    file.seek(0)
    pieces = _pieces_async(file) if isinstance(request, ASGIRequest) else _pieces(file)
    response = StreamingHttpResponse(pieces, content_type="application/zip")
    response["Content-Length"] = str(size)
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "no-store"
    return response


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_CHUNK_BYTES):
            yield piece


async def _pieces_async(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while piece := await sync_to_async(file.read, thread_sensitive=False)(_CHUNK_BYTES):
            yield piece


def answer_transcript(made: Transcript) -> HttpResponse:
    """Return the file, to be saved."""
    headers = {"Content-Disposition": content_disposition_header(True, made.name) or ""}
    return HttpResponse(made.content, content_type=made.content_type, headers=headers)
