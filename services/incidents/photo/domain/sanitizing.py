"""From the bytes that somebody sent to a photo of ours, or a refusal. Pure."""

from collections.abc import Callable, Mapping
from io import BytesIO
from types import MappingProxyType

from PIL import Image

from chassis.domain import Refusal
from services.incidents.photo.domain.drawing import drawn
from services.incidents.photo.domain.jpeg import parts_of_jpeg
from services.incidents.photo.domain.parts import (
    MAX_BYTES,
    MediaType,
    Parts,
    Photo,
    broken,
    incomplete,
    require_known_type,
    too_complex,
)
from services.incidents.photo.domain.png import parts_of_png
from services.incidents.photo.domain.webp import parts_of_webp

MAX_SIDE = 2560
"""Pixels; larger pictures are scaled down."""
_QUALITY = 85
_KINDS: Mapping[MediaType, tuple[str, Callable[[bytes], Parts]]] = MappingProxyType(
    {
        "image/jpeg": ("JPEG", parts_of_jpeg),
        "image/png": ("PNG", parts_of_png),
        "image/webp": ("WEBP", parts_of_webp),
    }
)


def sanitized(content: bytes) -> Photo:
    """The picture alone, upright, at most `MAX_SIDE` a side. Raises Refusal for what is no
    picture, or costs too much to draw."""
    media_type = require_known_type(content)
    kind, take_apart = _KINDS[media_type]
    parts = take_apart(content)
    try:
        return _encoded(drawn(parts, kind, MAX_SIDE), media_type)
    except Refusal:
        raise
    except MemoryError:
        raise too_complex() from None
    except Exception:  # a decoder may raise anything on what is no picture
        raise (broken() if parts.is_whole else incomplete()) from None


def _encoded(picture: Image.Image, media_type: MediaType) -> Photo:
    """A PNG that would be larger than an upload may be becomes a WebP: what is kept of one photo is
    bounded."""
    content = _saved(picture, _KINDS[media_type][0])
    if media_type == "image/png" and len(content) > MAX_BYTES:
        return Photo("image/webp", _saved(picture, "WEBP"))
    return Photo(media_type, content)


def _saved(picture: Image.Image, kind: str) -> bytes:
    out = BytesIO()
    picture.save(out, kind, quality=_QUALITY)
    return out.getvalue()
