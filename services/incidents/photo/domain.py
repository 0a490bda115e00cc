"""What is taken for a photo: by its bytes, whatever its name or type says; and only its picture is
kept. Pure.

The picture is drawn anew: place, time, device and whatever hides in or behind the file are gone,
and a picture that does not open is refused.
"""

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from PIL import Image, ImageOps, UnidentifiedImageError

from chassis.domain import Refusal

MOST_BYTES = 5 * 1024 * 1024
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 2560
"""Pixels; larger pictures are made smaller."""
MediaType = Literal["image/jpeg", "image/png", "image/webp"]
_FORMATS: dict[MediaType, str] = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}


@dataclass(frozen=True)
class Photo:
    media_type: MediaType
    content: bytes


def media_type_of(content: bytes) -> MediaType | None:
    """By the first bytes."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return None


def cleaned(content: bytes) -> Photo:
    """The picture alone, upright, at most `LONGEST_SIDE`. Raises Refusal (422) for what is no
    picture."""
    kind = media_type_of(content)
    if kind is None:
        raise Refusal("photo_type", "body")
    try:
        with warnings.catch_warnings(action="error", category=Image.DecompressionBombWarning):
            picture = Image.open(BytesIO(content), formats=[_FORMATS[kind]])
            if picture.width * picture.height > MOST_PIXELS:
                raise Refusal("photo_pixels", "body", most=MOST_PIXELS // 1_000_000)
            drawn = _redrawn(picture, kind)
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
        Warning,
    ):
        raise Refusal("photo_broken", "body") from None
    return Photo(kind, drawn)


def _redrawn(picture: Image.Image, kind: MediaType) -> bytes:
    picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    seen = upright.convert("RGB" if kind == "image/jpeg" else "RGBA")
    fresh = Image.new(seen.mode, seen.size)
    fresh.paste(seen)
    out = BytesIO()
    if kind == "image/png":
        fresh.save(out, "PNG")
    else:
        fresh.save(out, _FORMATS[kind], quality=85)
    return out.getvalue()
