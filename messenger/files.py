"""Files that people send: what one is, its content decides, and never what it is called (S41–S44)."""

from __future__ import annotations

import hashlib
import struct
import unicodedata
import zipfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import IO

import puremagic
from django.core.files import File
from PIL import Image, UnidentifiedImageError

from . import images
from .errors import Invalid
from .models import Tenant

VISITOR_MOST_BYTES, AGENT_MOST_BYTES = 10 * 1024 * 1024, 25 * 1024 * 1024
# Of an image when it is drawn, and of an archive when it is unpacked: more is there to hurt whoever opens it.
MOST_PIXELS = 50_000_000
MOST_UNPACKED_BYTES, MOST_MEMBERS = 500 * 1024 * 1024, 10_000
LONGEST_NAME = 120
# Browsers may show these beside the conversation; everything else is only ever saved.
SHOWN = {"image/png", "image/jpeg", "image/gif", "image/webp"}
_HEAD_BYTES = 4096
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument"


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file whose content is what its name says, as it is to be kept. Width and height of an image are in pixels.

    `sha256` is that of what was sent, so that sending it again is known for the same.
    """

    name: str
    content_type: str
    content: File[bytes]
    size: int
    sha256: str
    width: int | None = None
    height: int | None = None


def check(content: File[bytes], name: str, *, most_bytes: int, kinds: Collection[str]) -> CheckedFile:
    """Return what the file is. Pictures are drawn anew, without what a camera wrote into them.

    Raises Invalid for one that is empty, too large, of a kind that is not among `kinds` (names of KINDS), or not what
    it is called.
    """
    sent = content.size
    if sent > most_bytes:
        raise too_large(most_bytes)
    if sent == 0:
        raise Invalid("This file is empty.", code="file_empty", attr="file")
    name = clean_name(name)
    ending = name.rpartition(".")[2].lower()
    if _ALIASES.get(ending, ending) not in kinds or ending not in _KINDS:
        raise Invalid("Files of this kind cannot be sent.", code="file_type_unsupported", attr="file")
    content_type, look = _KINDS[ending]
    content.seek(0)
    kept, (width, height) = look(content)
    return CheckedFile(name, content_type, kept, kept.size, _sha256(content), width, height)


def kinds_of(tenant: Tenant) -> Collection[str]:
    """The kinds of files that may be sent to and from this company."""
    return USUAL_KINDS if tenant.file_kinds is None else tenant.file_kinds


def clean_name(name: str) -> str:
    """Return a name that is one, on any system and in any header: no path, nothing invisible, not too long (S42)."""
    last = name.replace("\\", "/").rpartition("/")[2]
    visible = "".join(char for char in last if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp", "Co"})
    stem, dot, ending = " ".join(visible.split()).strip(". ").rpartition(".")
    stem, ending = (stem, ending[:10]) if dot else (ending, "")
    stem = "".join("_" if char in '<>:"|?*;' else char for char in stem)[: LONGEST_NAME - len(ending) - 1].strip(". ")
    return f"{stem or 'file'}{dot}{ending}"


def too_large(most_bytes: int) -> Invalid:
    """The refusal of a file that is larger than it may be."""
    megabytes = most_bytes // (1024 * 1024)
    return Invalid(f"Files may have up to {megabytes} MB.", code="file_too_large", attr="file")


def refuse_too_many_pixels(content: IO[bytes], *forms: str) -> None:
    """Raise Invalid for an image that would be too large once it is drawn.

    Raises what Pillow raises for one of another form: without `forms`, one that is none of those that are read at all.
    """
    try:
        with Image.open(content, formats=forms or images.FORMS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _too_many_pixels()
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    content.seek(0)


_Size = tuple[int | None, int | None]
_Look = Callable[["File[bytes]"], tuple["File[bytes]", _Size]]
_UNMEASURED = (None, None)
# Begins each entry of a ZIP archive's directory (APPNOTE 4.3.12).
_ENTRY = b"PK\x01\x02"
# What Pillow raises for a picture that is none, or of which a part is missing or cannot be written anew.
NO_PICTURE = (
    UnidentifiedImageError,
    OSError,
    SyntaxError,
    ValueError,
    IndexError,
    RuntimeError,
    struct.error,
)


def _image(form: str) -> _Look:
    def look(content: File[bytes]) -> tuple[File[bytes], _Size]:
        try:
            refuse_too_many_pixels(content, form)
            return images.redrawn(content, form)
        except (images.TooManyPixels, Image.DecompressionBombError) as error:
            raise _too_many_pixels() from error
        except NO_PICTURE as error:
            raise _mismatch() from error

    return look


def _too_many_pixels() -> Invalid:
    return Invalid("This image has too many pixels.", code="file_too_large", attr="file")


def _magic(*types: str) -> _Look:
    def look(content: File[bytes]) -> tuple[File[bytes], _Size]:
        if not set(types) & _seen_in(content.read(_HEAD_BYTES)):
            raise _mismatch()
        return content, _UNMEASURED

    return look


def _archive(member: str = "") -> _Look:
    """A ZIP archive, in which that member has to be: what makes a document of it."""

    def look(content: File[bytes]) -> tuple[File[bytes], _Size]:
        # Its own count may lie, and every entry costs memory once it is read.
        if content.read().count(_ENTRY) > MOST_MEMBERS:
            raise Invalid("This archive is too large when it is unpacked.", code="file_too_large", attr="file")
        content.seek(0)
        try:
            with zipfile.ZipFile(content) as archive:
                members = archive.infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise _mismatch() from error
        if len(members) > MOST_MEMBERS or sum(one.file_size for one in members) > MOST_UNPACKED_BYTES:
            raise Invalid("This archive is too large when it is unpacked.", code="file_too_large", attr="file")
        if member and member not in {one.filename for one in members}:
            raise _mismatch()
        return content, _UNMEASURED

    return look


def _text(content: File[bytes]) -> tuple[File[bytes], _Size]:
    """Text that is neither a page nor a picture made of text, whatever it is called."""
    head = content.read(_HEAD_BYTES)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"\0" in head or start.startswith((b"<!doctype", b"<html", b"<svg", b"<?xml", b"<script", b"%pdf", b"mz")):
        raise _mismatch()
    return content, _UNMEASURED


_KINDS: dict[str, tuple[str, _Look]] = {
    "png": ("image/png", _image("PNG")),
    "jpg": ("image/jpeg", _image("JPEG")),
    "jpeg": ("image/jpeg", _image("JPEG")),
    "gif": ("image/gif", _image("GIF")),
    "webp": ("image/webp", _image("WEBP")),
    "pdf": ("application/pdf", _magic("application/pdf")),
    "txt": ("text/plain", _text),
    "log": ("text/plain", _text),
    "md": ("text/plain", _text),
    "csv": ("text/csv", _text),
    "json": ("application/json", _text),
    "zip": ("application/zip", _archive()),
    "docx": (f"{_OFFICE}.wordprocessingml.document", _archive("[Content_Types].xml")),
    "xlsx": (f"{_OFFICE}.spreadsheetml.sheet", _archive("[Content_Types].xml")),
    "pptx": (f"{_OFFICE}.presentationml.presentation", _archive("[Content_Types].xml")),
    "odt": (f"{_OPEN_DOCUMENT}.text", _archive("mimetype")),
    "ods": (f"{_OPEN_DOCUMENT}.spreadsheet", _archive("mimetype")),
    "odp": (f"{_OPEN_DOCUMENT}.presentation", _archive("mimetype")),
    "mp3": ("audio/mpeg", _magic("audio/mpeg")),
    "wav": ("audio/wav", _magic("audio/wave", "audio/x-wav")),
    "ogg": ("audio/ogg", _magic("audio/ogg")),
    "m4a": ("audio/mp4", _magic("audio/mp4", "video/mp4", "audio/x-m4a")),
    "mp4": ("video/mp4", _magic("video/mp4")),
    "mov": ("video/quicktime", _magic("video/quicktime")),
    "webm": ("video/webm", _magic("video/webm")),
}
_ALIASES = {"jpeg": "jpg"}
# What a tenant may let people send, and what it does unless it says otherwise. Never what a browser would run (S41).
KINDS = tuple(kind for kind in _KINDS if kind not in _ALIASES)
USUAL_KINDS = ("png", "jpg", "gif", "webp", "pdf", "txt", "csv", "mp4")


def _seen_in(head: bytes) -> set[str]:
    try:
        return {match.mime_type for match in puremagic.magic_string(head)}
    except (puremagic.PureError, ValueError):
        return set()  # Handled: nothing that anybody knows.


def _mismatch() -> Invalid:
    return Invalid("This file is not what its name says.", code="file_content_mismatch", attr="file")


def _sha256(content: File[bytes]) -> str:
    digest = hashlib.sha256()
    content.seek(0)
    for chunk in content.chunks():
        digest.update(chunk)
    content.seek(0)
    return digest.hexdigest()
