"""What a file is, its content decides; what it is called is made harmless (S42–S44)."""

from __future__ import annotations

import io
import zipfile
import zlib

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from messenger import files
from messenger.errors import Invalid


def picture(form="PNG", size=(3, 2)):
    stream = io.BytesIO()
    Image.new("RGB", size, "teal").save(stream, form)
    return stream.getvalue()


def archive(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return stream.getvalue()


def document():
    return archive(**{"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"})


def huge_png():
    """A few hundred bytes that say they are an image of 100,000 × 100,000 pixels."""

    def chunk(kind, data):
        body = kind + data
        return len(data).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)

    header = (100_000).to_bytes(4) * 2 + b"\x08\x02\0\0\0"
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")
    )


def check(content, name):
    return files.check(ContentFile(content), name)


MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2mp41" + b"\0" * 100


@pytest.mark.parametrize(
    ("content", "name", "content_type"),
    [
        (picture(), "a.png", "image/png"),
        (picture("JPEG"), "A.JPG", "image/jpeg"),
        (picture("GIF"), "a.gif", "image/gif"),
        (picture("WEBP"), "a.webp", "image/webp"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a.pdf", "application/pdf"),
        ("Grüße\n".encode(), "a.txt", "text/plain"),
        (b"a,b\n1,2\n", "a.csv", "text/csv"),
        (document(), "a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (archive(a="b"), "a.zip", "application/zip"),
        (MP4, "a.mp4", "video/mp4"),
    ],
)
def test_a_file_that_is_what_it_is_called_is_taken(content, name, content_type):
    found = check(content, name)
    assert (found.content_type, found.size) == (content_type, len(content))
    assert (found.width, found.height) == ((3, 2) if content_type.startswith("image/") else (None, None))


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (picture("JPEG"), "a.png"),
        (picture()[:40], "a.png"),
        (b"<html><script>alert(1)</script>", "a.png"),
        (b"MZ\x90\0" + b"\0" * 200, "a.pdf"),
        (b"<!DOCTYPE html><p>", "a.txt"),
        (b"\xef\xbb\xbf  <svg onload=alert(1)>", "a.txt"),
        (b"<?xml version='1.0'?><x/>", "a.csv"),
        (b"\0\1\2", "a.log"),
        (archive(a="b"), "a.docx"),
        (b"no archive", "a.zip"),
        (picture(), "a.mp4"),
    ],
)
def test_s43_a_file_that_is_something_else_is_refused(content, name):
    with pytest.raises(Invalid) as refused:
        check(content, name)
    assert (refused.value.status, refused.value.code) == (422, "file_content_mismatch")


@pytest.mark.parametrize("name", ["a.svg", "a.html", "a.xml", "a.xhtml", "a.exe", "a.js", "a.php", "noending", "a."])
def test_s41_pages_programs_and_what_nobody_knows_are_refused(name):
    with pytest.raises(Invalid) as refused:
        check(b"<svg xmlns='http://www.w3.org/2000/svg'/>", name)
    assert refused.value.code == "file_type_unsupported"


def test_s44_an_image_of_too_many_pixels_is_refused():
    with pytest.raises(Invalid) as refused:
        check(huge_png(), "a.png")
    assert refused.value.code in {"file_too_large", "file_content_mismatch"}
    assert len(huge_png()) < 1000


def test_s44_an_archive_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(files, "MOST_UNPACKED_BYTES", 1_000_000)
    with pytest.raises(Invalid) as refused:
        check(archive(a="0" * 1_000_001), "a.zip")
    assert refused.value.code == "file_too_large"
    assert check(archive(a="0" * 999_999), "a.zip").size < 10_000


def test_s44_an_archive_of_too_many_entries_is_not_even_opened():
    """Whatever its directory says that it holds, each entry would cost memory."""
    entries = b"PK\x01\x02" * (files.MOST_MEMBERS + 1)
    with pytest.raises(Invalid) as refused:
        check(archive(a="a") + entries, "many.zip")
    assert refused.value.code == "file_too_large"


def test_s43_a_picture_without_a_picture_in_it_is_refused():
    whole = picture()
    start = whole.index(b"IDAT") - 4
    with pytest.raises(Invalid):
        check(whole[:start] + whole[whole.index(b"IEND") - 4 :], "empty.png")


def test_nothing_and_too_much_are_refused(monkeypatch):
    with pytest.raises(Invalid) as empty:
        check(b"", "a.txt")
    monkeypatch.setattr(files, "MOST_BYTES", 3)
    with pytest.raises(Invalid) as large:
        check(b"long", "a.txt")
    assert (empty.value.code, large.value.code) == ("file_empty", "file_too_large")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\me\\secret.txt", "secret.txt"),
        ("in\r\nSet-Cookie: a=b.png", "inSet-Cookie_ a=b.png"),
        ("exe\u202egnp.txt", "exegnp.txt"),
        ("a\0b\u200b.txt", "ab.txt"),
        ("  spaced   out .txt", "spaced out.txt"),
        ("...", "file"),
        (".htaccess", "htaccess"),
        ("", "file"),
        ("Füße 你好 😀.png", "Füße 你好 😀.png"),
        ('"quoted".txt', "_quoted_.txt"),
    ],
)
def test_s42_a_name_is_only_a_name(given, kept):
    assert files.clean_name(given) == kept


def test_s42_a_long_name_keeps_its_ending():
    name = files.clean_name("x" * 5000 + ".png")
    assert len(name) == files.LONGEST_NAME and name.endswith(".png")
