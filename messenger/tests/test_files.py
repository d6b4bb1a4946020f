"""What a file is, its content decides; what it is called is made harmless (S42–S44)."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib

import pytest
from django.core.files.base import ContentFile
from PIL import Image, ImageOps, UnidentifiedImageError, _imaging
from PIL.GifImagePlugin import GifImageFile

from messenger import files, images
from messenger.errors import Invalid
from messenger.models import Tenant


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


def check(content, name, most_bytes=files.AGENT_MOST_BYTES, kinds=files.KINDS):
    return files.check(ContentFile(content), name, most_bytes=most_bytes, kinds=kinds)


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
    is_image = content_type.startswith("image/")
    assert (found.content_type, found.size) == (content_type, found.content.size)
    assert is_image or found.content.read() == content
    assert (found.width, found.height) == ((3, 2) if is_image else (None, None))


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
    assert refused.value.code == "file_too_large"
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


def test_nothing_and_too_much_are_refused():
    with pytest.raises(Invalid) as empty:
        check(b"", "a.txt")
    with pytest.raises(Invalid) as large:
        check(b"long", "a.txt", most_bytes=3)
    assert check(b"lon", "a.txt", most_bytes=3).size == 3
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


def from_a_phone(form, **options):
    """A picture that lies on its side and says where it was taken, with a note in it and something behind it."""
    exif = Image.Exif()
    exif[0x0112] = 6  # Turned by 90 degrees.
    exif[0x010E] = "taken at home"
    exif.get_ifd(0x8825)[1] = "N"  # GPS.
    stream = io.BytesIO()
    Image.new("RGB", (30, 20), "teal").save(stream, form, exif=exif, **options)
    return stream.getvalue() + b"hidden behind it"


@pytest.mark.parametrize(("form", "name"), [("JPEG", "a.jpg"), ("PNG", "a.png"), ("WEBP", "a.webp")])
def test_a_picture_is_kept_without_what_the_camera_wrote(form, name):
    sent = from_a_phone(form)
    assert b"taken at home" in sent
    assert Image.open(io.BytesIO(sent)).getexif()
    found = check(sent, name)
    kept = found.content.read()
    assert b"taken at home" not in kept
    assert b"hidden" not in kept
    with Image.open(io.BytesIO(kept)) as picture_kept:
        assert (dict(picture_kept.getexif()), picture_kept.format) == ({}, form)
        assert picture_kept.size == (found.width, found.height) == (20, 30)


def turned(way):
    """A picture with a dark corner, held in one of the eight ways that EXIF knows."""
    drawn = Image.new("RGB", (32, 16), "white")
    drawn.paste("black", (0, 0, 16, 8))
    exif = Image.Exif()
    exif[0x0112] = way
    stream = io.BytesIO()
    drawn.save(stream, "JPEG", exif=exif)
    return stream.getvalue()


@pytest.mark.parametrize("way", range(10))
def test_a_picture_is_turned_the_way_it_was_held(way):
    found = check(turned(way), "a.jpg").content
    with Image.open(io.BytesIO(turned(way))) as sent, Image.open(found) as kept:
        meant = ImageOps.exif_transpose(sent)
        assert (kept.size, dark_corner(kept)) == (meant.size, dark_corner(meant))


def dark_corner(image):
    right, bottom = image.width - 1, image.height - 1
    corners = [(0, 0), (right, 0), (0, bottom), (right, bottom)]
    return [corner for corner in corners if sum(image.convert("RGB").getpixel(corner)) < 100]


def odd(form="JPEG"):
    """A picture that lies on its side, of a camera that wrote a text where EXIF has a number."""
    entries = struct.pack("<HHLL", 0x0112, 3, 1, 6) + struct.pack("<HHL4s", 0x0128, 2, 2, b"x")
    stream = io.BytesIO()
    exif = b"Exif\0\0II*\0" + struct.pack("<LH", 8, 2) + entries + bytes(4)
    Image.new("RGB", (30, 20), "teal").save(stream, form, exif=exif)
    return stream.getvalue()


@pytest.mark.parametrize(("form", "name"), [("JPEG", "a.jpg"), ("PNG", "a.png"), ("WEBP", "a.webp")])
def test_a_slip_of_the_camera_costs_nobody_the_picture(form, name):
    with Image.open(io.BytesIO(odd(form))) as sent, pytest.raises(struct.error):
        ImageOps.exif_transpose(sent)  # The control: EXIF that cannot be written anew.
    found = check(odd(form), name)
    assert (found.width, found.height) == (20, 30)
    assert images.square(io.BytesIO(odd(form))).size


def several(form, frames=3):
    """A file of several pictures, each in a colour of its own, shown for ever longer."""
    drawn = [Image.new("RGB", (40, 30), (step * 80, 90, 90)) for step in range(frames)]
    stream = io.BytesIO()
    lasting = {} if form == "MPO" else {"duration": [100 * (step + 1) for step in range(frames)]}
    drawn[0].save(stream, form, save_all=True, append_images=drawn[1:], **lasting)
    return stream.getvalue()


def cut_exif(form):
    stream = io.BytesIO()
    Image.new("RGB", (3, 2)).save(stream, form, exif=b"Exif\0\0II*\0")
    return stream.getvalue()


def too_wide():
    """A moving WebP that says it is wider than one can be written."""
    content = bytearray(several("WEBP"))
    content[24:27] = (20_000 - 1).to_bytes(3, "little")
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (cut_exif("PNG"), "a.png", struct.error),
        (cut_exif("WEBP"), "a.webp", struct.error),
        (several("GIF").rpartition(b"," + bytes(4))[0] + b",\0\0", "a.gif", struct.error),
        (too_wide(), "a.webp", RuntimeError),
    ],
    ids=["png", "webp", "gif", "too wide"],
)
def test_a_picture_that_cannot_be_read_to_its_end_is_refused(content, name, reason):
    with pytest.raises(Invalid) as refused:
        check(content, name)
    assert refused.value.code == "file_content_mismatch"
    assert isinstance(refused.value.__cause__, reason)


def test_sent_again_a_picture_is_known_for_the_same():
    assert check(from_a_phone("JPEG"), "a.jpg").sha256 == hashlib.sha256(from_a_phone("JPEG")).hexdigest()


def moving(frames, size=(40, 30)):
    drawn = [Image.new("RGB", size, (step * 7 % 256, 90, 90)) for step in range(frames)]
    stream = io.BytesIO()
    drawn[0].save(stream, "GIF", save_all=True, append_images=drawn[1:], duration=120, loop=3, comment=b"from home")
    return stream.getvalue()


def test_a_moving_picture_still_moves():
    found = check(moving(5), "a.gif")
    content = found.content.read()
    assert b"from home" in moving(5)
    assert b"from home" not in content
    with Image.open(io.BytesIO(content)) as kept:
        assert (getattr(kept, "n_frames", 1), kept.info["duration"], kept.info["loop"], kept.size) == (
            5,
            120,
            3,
            (40, 30),
        )


def test_s44_a_moving_picture_of_too_many_pixels_is_refused(monkeypatch):
    monkeypatch.setattr(images, "MOST_FRAME_PIXELS", 40 * 30 * 4)
    assert check(moving(4), "a.gif").width == 40
    with pytest.raises(Invalid) as refused:
        check(moving(5), "a.gif")
    assert refused.value.code == "file_too_large"


def growing(frames, size):
    """A GIF whose first frame is of one pixel, and which grows with the second to `size`."""
    content = bytearray(moving(frames, size))
    first = content.index(b"," + bytes(4)) + 5
    for at in (6, first):  # The screen, and how much of it the frame covers.
        content[at : at + 4] = b"\1\0\1\0"
    return bytes(content)


def test_s44_a_moving_picture_that_grows_to_too_many_pixels_is_refused_before_it_is_unpacked(monkeypatch):
    """Once one of its frames is large, all of them are drawn as large."""
    unpacked, prepare = [], GifImageFile.load_prepare

    def noting(image):
        unpacked.append(image.size)
        return prepare(image)

    monkeypatch.setattr(GifImageFile, "load_prepare", noting)
    monkeypatch.setattr(images, "MOST_FRAME_PIXELS", 400 * 300 * 3)
    kept = check(growing(3, (400, 300)), "a.gif")
    assert (kept.width, kept.height, set(unpacked)) == (400, 300, {(1, 1), (400, 300)})  # The control.
    unpacked.clear()
    with pytest.raises(Invalid) as refused:
        check(growing(4, (400, 300)), "a.gif")
    assert (refused.value.code, set(unpacked)) == ("file_too_large", {(1, 1)})


def test_s44_a_frame_that_is_to_be_wiped_takes_no_more_memory_than_two_large_pictures(monkeypatch):
    """Pillow keeps what is there afterwards already when it goes to such a frame, before anybody knows its size."""
    taken, fill = [], _imaging.fill

    def noting(mode, size, *colour):
        assert size[0] * size[1] <= 2 * images.MOST_FRAME_PIXELS
        taken.append(size)
        return fill(mode, size, *colour)

    monkeypatch.setattr(_imaging, "fill", noting)
    wiped = growing(3, (40, 30)).replace(b"!\xf9\x04\x00", b"!\xf9\x04\x08")
    assert check(wiped, "a.gif").width == 40
    assert (40, 30) in taken  # The control.
    last = wiped.rindex(b"," + bytes(4)) + 5
    with pytest.raises(Invalid) as refused:
        check(wiped[:last] + (13_000).to_bytes(2, "little") * 2 + wiped[last + 4 :], "a.gif")
    assert refused.value.code == "file_too_large"


def test_a_company_decides_what_may_be_sent():
    assert check(b"hello", "a.TXT", kinds=["txt"]).content_type == "text/plain"
    assert check(picture("JPEG"), "a.jpeg", kinds=["jpg"]).content_type == "image/jpeg"
    with pytest.raises(Invalid) as refused:
        check(document(), "a.docx", kinds=files.USUAL_KINDS)
    assert refused.value.code == "file_type_unsupported"
    assert files.kinds_of(Tenant(file_kinds=["docx"])) == ["docx"]
    assert files.kinds_of(Tenant(file_kinds=[])) == []
    assert files.kinds_of(Tenant()) == files.USUAL_KINDS


def red_of(image):
    return image.convert("RGB").tobytes()[0]


def test_of_a_jpeg_of_several_pictures_the_first_is_kept():
    with Image.open(io.BytesIO(several("MPO"))) as sent:
        assert (sent.format, getattr(sent, "n_frames", 1)) == ("MPO", 3)  # The control.
    found = check(several("MPO"), "a.jpg")
    assert (found.content_type, found.width, found.height) == ("image/jpeg", 40, 30)
    with Image.open(io.BytesIO(found.content.read())) as kept:
        assert (kept.format, getattr(kept, "n_frames", 1)) == ("JPEG", 1)
        assert red_of(kept) < 5


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
def test_each_frame_stays_what_it_was_and_as_long(form):
    with Image.open(check(several(form), f"a.{form.lower()}").content) as kept:
        seen = []
        for step in range(getattr(kept, "n_frames", 1)):
            kept.seek(step)
            seen.append((round(red_of(kept) / 80), kept.info["duration"]))
    assert seen == [(0, 100), (1, 200), (2, 300)]


def test_a_picture_of_a_form_that_is_not_taken_is_none():
    for form in images.FORMS:
        files.refuse_too_many_pixels(io.BytesIO(picture(form)))
        assert images.square(io.BytesIO(picture(form))).size
    for form in ("BMP", "TIFF", "TGA", "PCX"):
        for look in (files.refuse_too_many_pixels, images.square):
            with pytest.raises(UnidentifiedImageError):
                look(io.BytesIO(picture(form)))
