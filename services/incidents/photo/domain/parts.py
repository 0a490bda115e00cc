"""What a picture file is taken apart into, and the limits that hold before anything is decoded.
Pure."""

from dataclasses import dataclass
from typing import Literal

from chassis.domain import Refusal

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 50_000_000
MAX_EDGE = 50_000
"""Pixels of one side: long screenshots stay below."""
MAX_PROFILE = 1024 * 1024
"""Bytes of a colour profile, unpacked. A larger one is left out, as any metadata."""
MediaType = Literal["image/jpeg", "image/png", "image/webp"]
_OTHER_KINDS = (
    (0, b"GIF8", "GIF"),
    (0, b"BM", "BMP"),
    (0, b"II*\x00", "TIFF"),
    (0, b"MM\x00*", "TIFF"),
    (0, b"%PDF", "PDF"),
    (0, b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
)
_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1"), "HEIC"),
    **dict.fromkeys((b"msf1", b"heif"), "HEIC"),
}
"""Of ISO media files, after `ftyp`; any other one is a video."""


@dataclass(frozen=True)
class Photo:
    media_type: MediaType
    content: bytes


@dataclass(frozen=True)
class Parts:
    """Of a picture file. `content` is what its decoder needs to draw the first picture, in a file
    of its own; `profile` says what its colours mean. `is_whole`: the file has its end."""

    content: bytes
    orientation: int = 1
    profile: bytes | None = None
    is_whole: bool = True


def media_type_of(content: bytes) -> MediaType | None:
    """By the first bytes."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return None


def require_known_type(content: bytes) -> MediaType:
    """Raises Refusal that says which kind it is instead, where that can be seen."""
    known = media_type_of(content)
    if known is not None:
        return known
    kind = _other_kind(content)
    if kind is None:
        raise Refusal("photo_type", "body")
    raise Refusal("photo_type", fields={"body": "problem.photo_other_kind"}, kind=kind)


def _other_kind(content: bytes) -> str | None:
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12], "MP4/MOV")
    return next((kind for at, sign, kind in _OTHER_KINDS if content.startswith(sign, at)), None)


def require_size(width: int, height: int) -> None:
    """Raises Refusal for a picture that is too large to be decoded, or has no pixels."""
    if width < 1 or height < 1:
        raise broken()
    if width * height > MAX_PIXELS:
        raise Refusal("photo_pixels", "body", max=MAX_PIXELS // 1_000_000)
    if max(width, height) > MAX_EDGE:
        raise Refusal("photo_edge", "body", max=MAX_EDGE)


def broken() -> Refusal:
    return Refusal("photo_broken", "body")


def incomplete() -> Refusal:
    """Its end is missing."""
    return Refusal("photo_broken", fields={"body": "problem.photo_incomplete"})


def too_complex() -> Refusal:
    """Decoding it costs more than a photo of its size does."""
    return Refusal("photo_too_complex", "body")
