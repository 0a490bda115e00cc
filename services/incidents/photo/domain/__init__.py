"""Sanitizes photos. The type is detected from the bytes, whatever the name or content type says.

What a decoder is given is taken apart first (`jpeg`, `png`, `webp`): limits are checked, and
metadata is left behind, so that none of it can refuse, slow down or turn a picture. Each picture is
decoded and encoded again (`drawing`), which removes place, time, device and anything hidden in or
behind the file.
"""

from services.incidents.photo.domain.parts import (
    MAX_BYTES,
    MAX_PIXELS,
    MediaType,
    Photo,
    media_type_of,
)
from services.incidents.photo.domain.sanitizing import MAX_SIDE, sanitized

__all__ = (
    "MAX_BYTES",
    "MAX_PIXELS",
    "MAX_SIDE",
    "MediaType",
    "Photo",
    "media_type_of",
    "sanitized",
)
