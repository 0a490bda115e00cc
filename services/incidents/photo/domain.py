"""Sanitizes photos. The type is detected from the bytes, whatever the name or content type says.

Each picture is decoded and encoded again, which removes place, time, device and anything hidden in
or behind the file.
"""

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from PIL import Image, ImageOps, UnidentifiedImageError

from chassis.domain import Refusal

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 50_000_000
MAX_SIDE = 2560
"""Pixels; larger pictures are scaled down."""
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


def sanitized(content: bytes) -> Photo:
    """The picture alone, upright, at most `MAX_SIDE` a side. Raises Refusal for what is no
    picture."""
    kind = media_type_of(content)
    if kind is None:
        raise Refusal("photo_type", "body")
    try:
        with warnings.catch_warnings(action="error", category=Image.DecompressionBombWarning):
            picture = Image.open(BytesIO(content), formats=[_FORMATS[kind]])
            if picture.width * picture.height > MAX_PIXELS:
                raise Refusal("photo_pixels", "body", max=MAX_PIXELS // 1_000_000)
            encoded = _encoded(picture, kind)
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
        Warning,
    ):
        raise Refusal("photo_broken", "body") from None
    return Photo(kind, encoded)


def _encoded(picture: Image.Image, kind: MediaType) -> bytes:
    picture.draft("RGB", (MAX_SIDE, MAX_SIDE))
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((MAX_SIDE, MAX_SIDE))
    pixels = upright.convert("RGB" if kind == "image/jpeg" else "RGBA")
    fresh = Image.new(pixels.mode, pixels.size)
    fresh.paste(pixels)
    out = BytesIO()
    if kind == "image/png":
        fresh.save(out, "PNG")
    else:
        fresh.save(out, _FORMATS[kind], quality=85)
    return out.getvalue()
