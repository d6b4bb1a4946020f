"""Pictures as they are kept: drawn anew, so that nothing but the picture is left of what somebody sent."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any

from django.core.files.base import ContentFile
from PIL import ExifTags, Image, ImageOps, ImageSequence

# The forms of pictures that are read at all: what else Pillow knows is older, rarer, and more likely to hurt.
FORMS = ("PNG", "JPEG", "GIF", "WEBP")
# A JPEG of several pictures (MPO, of many phones) does not move: the others are views and depths of the first.
_MOVING = {"PNG", "GIF", "WEBP"}
# Of all the frames of a moving picture together: some forms have all of them unpacked while they are drawn anew.
MOST_FRAME_PIXELS = 50_000_000
MOST_FRAMES = 1_000
# Pillow itself refuses twice as many. Only it can do so in time where a GIF grows while one goes to its next frame.
Image.MAX_IMAGE_PIXELS = MOST_FRAME_PIXELS
_QUALITY = 90
AVATAR_PIXELS = 256
# What Pillow notes of a picture that belongs to how it looks.
_LOOKS = {"transparency", "background", "icc_profile"}
# What EXIF calls the ways in which a camera may have been held (EXIF 2.32, 4.6.4 A).
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class TooManyPixels(ValueError):
    """A moving picture is too long or too large to be drawn anew."""


def redrawn(content: IO[bytes], form: str) -> tuple[ContentFile[bytes], tuple[int, int]]:
    """Return the same picture, turned the way it is meant to be seen, and its size in pixels.

    Whatever else the file held is gone: the place and the camera (EXIF, XMP), comments, and what was hidden behind the
    picture. Colours stay (ICC profile), and so do the frames of a moving one. Raises TooManyPixels, and what Pillow
    raises for a picture that is none.
    """
    with Image.open(content, formats=[form]) as image:
        if form in _MOVING and getattr(image, "is_animated", False):
            return _moving(image, form)
        still = _upright(image)
        return _saved(still, form, icc_profile=image.info.get("icc_profile"), **_kept(form)), still.size


def square(content: IO[bytes]) -> ContentFile[bytes]:
    """Return the middle of a picture, 256 × 256 pixels, as WebP: somebody's face.

    Raises what Pillow raises, also for a picture that is none of FORMS.
    """
    with Image.open(content, formats=FORMS) as image:
        face = ImageOps.fit(_upright(image).convert("RGBA"), (AVATAR_PIXELS, AVATAR_PIXELS))
        return _saved(face, "WEBP", quality=_QUALITY)


def _upright(image: Image.Image) -> Image.Image:
    """The picture as it is meant to be seen. Pillow's own way writes EXIF anew, and fails where a camera slipped."""
    image.load()  # Only then does a PNG know.
    turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    return image if turn is None else image.transpose(turn)


def _moving(image: Image.Image, form: str) -> tuple[ContentFile[bytes], tuple[int, int]]:
    frames = getattr(image, "n_frames", 1)
    _refuse_too_many_pixels(image, frames)
    again = {"append_images": _Later(image), "duration": _lasting(image, frames), "loop": image.info.get("loop", 0)}
    image.seek(0)
    return _saved(image, form, save_all=True, **again), image.size


def _refuse_too_many_pixels(image: Image.Image, frames: int) -> None:
    if frames > MOST_FRAMES or frames * image.width * image.height > MOST_FRAME_PIXELS:
        raise TooManyPixels


def _lasting(image: Image.Image, frames: int) -> list[int]:
    """How long each frame is shown, in milliseconds."""
    lasting = []
    for frame in ImageSequence.Iterator(image):
        # A GIF grows with a frame that reaches over its edge, and all of its frames are drawn as large.
        _refuse_too_many_pixels(frame, frames)
        frame.load()  # Only then does a WebP know.
        lasting.append(frame.info.get("duration", 100))
    return lasting


@dataclass(frozen=True, slots=True)
class _Later:
    """The frames after the first, unpacked one by one as they are asked for: APNG asks for them twice."""

    image: Image.Image

    def __iter__(self) -> Iterator[Image.Image]:
        for frame in islice(ImageSequence.Iterator(self.image), 1, None):
            yield _bare(frame.copy())


def _bare(frame: Image.Image) -> Image.Image:
    """A frame that remembers nothing but how it looks."""
    frame.info = {name: fact for name, fact in frame.info.items() if name in _LOOKS}
    return frame


def _kept(form: str) -> dict[str, Any]:
    """How finely a form draws: none of them so that somebody would see it."""
    return {"quality": _QUALITY} if form in {"JPEG", "WEBP"} else {"optimize": True} if form == "PNG" else {}


def _saved(image: Image.Image, form: str, **how: Any) -> ContentFile[bytes]:
    bare = _bare(image.copy())
    stream = io.BytesIO()
    bare.save(stream, form, **{name: value for name, value in how.items() if value is not None})
    return ContentFile(stream.getvalue())
