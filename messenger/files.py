"""Files that people send: what one is, its content decides, and never what it is called (S41–S44)."""

from __future__ import annotations

import hashlib
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

import puremagic
from django.core.files import File
from PIL import Image, UnidentifiedImageError

from .errors import Invalid

MOST_BYTES = 20 * 1024 * 1024
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
    """What is known of a file whose content is what its name says. Width and height of an image are in pixels."""

    name: str
    content_type: str
    size: int
    sha256: str
    width: int | None = None
    height: int | None = None


def check(content: File[bytes], name: str) -> CheckedFile:
    """Return what the file is. Raises Invalid for one that is empty, too large, unknown, or not what it is called."""
    size = content.size
    if size > MOST_BYTES:
        raise too_large()
    if size == 0:
        raise Invalid("This file is empty.", code="file_empty", attr="file")
    name = clean_name(name)
    ending = name.rpartition(".")[2].lower()
    if ending not in _KINDS:
        raise Invalid("Files of this kind cannot be sent.", code="file_type_unsupported", attr="file")
    content_type, look = _KINDS[ending]
    content.seek(0)
    width, height = look(content)
    return CheckedFile(name, content_type, size, _sha256(content), width, height)


def clean_name(name: str) -> str:
    """Return a name that is one, on any system and in any header: no path, nothing invisible, not too long (S42)."""
    last = name.replace("\\", "/").rpartition("/")[2]
    visible = "".join(char for char in last if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp", "Co"})
    stem, dot, ending = " ".join(visible.split()).strip(". ").rpartition(".")
    stem, ending = (stem, ending[:10]) if dot else (ending, "")
    stem = "".join("_" if char in '<>:"|?*;' else char for char in stem)[: LONGEST_NAME - len(ending) - 1].strip(". ")
    return f"{stem or 'file'}{dot}{ending}"


def too_large() -> Invalid:
    """The refusal of a file that is larger than 20 MB."""
    return Invalid("Files may have up to 20 MB.", code="file_too_large", attr="file")


_Look = Callable[[IO[bytes]], tuple[int | None, int | None]]
_UNMEASURED = (None, None)
# Begins each entry of a ZIP archive's directory (APPNOTE 4.3.12).
_ENTRY = b"PK\x01\x02"


def _image(form: str) -> _Look:
    def look(content: IO[bytes]) -> tuple[int, int]:
        try:
            with Image.open(content, formats=[form]) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise Invalid("This image has too many pixels.", code="file_too_large", attr="file")
                size = image.size
                image.verify()
        except (
            UnidentifiedImageError,
            Image.DecompressionBombError,
            OSError,
            SyntaxError,
            ValueError,
            IndexError,
        ) as error:
            raise _mismatch() from error
        return size

    return look


def _magic(*types: str) -> _Look:
    def look(content: IO[bytes]) -> tuple[None, None]:
        if not set(types) & _seen_in(content.read(_HEAD_BYTES)):
            raise _mismatch()
        return _UNMEASURED

    return look


def _archive(member: str = "") -> _Look:
    """A ZIP archive, in which that member has to be: what makes a document of it."""

    def look(content: IO[bytes]) -> tuple[None, None]:
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
        return _UNMEASURED

    return look


def _text(content: IO[bytes]) -> tuple[None, None]:
    """Text that is neither a page nor a picture made of text, whatever it is called."""
    head = content.read(_HEAD_BYTES)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"\0" in head or start.startswith((b"<!doctype", b"<html", b"<svg", b"<?xml", b"<script", b"%pdf", b"mz")):
        raise _mismatch()
    return _UNMEASURED


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
