"""Pictures of agents: kept square and small on our own host, where the frame's policy lets visitors see them.

Names are random, so a picture may be cached for good, and nobody finds one that they were not told of.
"""

from __future__ import annotations

import re
import secrets
import uuid
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage

from . import images
from .errors import Invalid, NotFound
from .files import NO_PICTURE, refuse_too_many_pixels

MOST_BYTES = 5 * 1024 * 1024
_ADDRESS = re.compile(r"/faces/([0-9a-f]{32})/([0-9a-f]{32})\.webp")


def keep(tenant_id: uuid.UUID, content: File[Any]) -> str:
    """Keep a picture and return its address, for an agent's `avatar_url`.

    Raises Invalid for one that is no picture, over 5 MB, or of too many pixels.
    """
    if (content.size or 0) > MOST_BYTES:
        raise Invalid("A picture of somebody may have up to 5 MB.", code="file_too_large", attr="avatar")
    try:
        refuse_too_many_pixels(content)
        face = images.square(content)
    except NO_PICTURE as error:
        raise Invalid("This is not a picture.", code="file_content_mismatch", attr="avatar") from error
    name = secrets.token_hex(16)
    default_storage.save(_path(tenant_id.hex, name), face)
    return f"/faces/{tenant_id.hex}/{name}.webp"


def is_kept(avatar_url: str) -> bool:
    """Return whether an agent's `avatar_url` leads to a picture of ours, and to no other host."""
    return _ADDRESS.fullmatch(avatar_url) is not None


def forget(avatar_url: str) -> None:
    """Remove a kept picture; nothing happens for none, and for an address of elsewhere."""
    kept = _ADDRESS.fullmatch(avatar_url)
    if kept:
        default_storage.delete(_path(*kept.groups()))


def read(tenant: str, name: str) -> bytes:
    """Return a kept picture (WebP). Raises NotFound."""
    try:
        with default_storage.open(_path(tenant, name)) as file:
            return bytes(file.read())
    except FileNotFoundError as error:
        raise NotFound() from error


def _path(tenant: str, name: str) -> str:
    return f"faces/{tenant}/{name}.webp"
