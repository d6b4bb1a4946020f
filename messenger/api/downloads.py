"""Handing out files: to whoever may have them, in a way in which no browser takes them for a page of ours."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from ..errors import NotFound
from ..files import SHOWN
from ..models import Attachment

_CACHE_S = 3600


def answer_file(attachment: Attachment) -> HttpResponse:
    """Return the file. Images are shown, everything else is only saved; nothing in it runs (S41). Raises NotFound.

    Read at once, because it is never larger than 20 MB and one of our servers cannot stream what blocks.
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
