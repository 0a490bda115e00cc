"""Takes WebP files apart. Pure."""

from collections.abc import Iterator

from services.incidents.photo.domain.orientation import UPRIGHT, orientation_in
from services.incidents.photo.domain.parts import (
    MAX_PROFILE,
    Parts,
    broken,
    incomplete,
    require_size,
    too_complex,
)

_MAX_CHUNKS = 1_000
_LEFT_OUT_FLAGS = 0x20 | 0x08 | 0x04
"""Of the extended header: profile, EXIF, XMP."""


def parts_of_webp(content: bytes) -> Parts:
    """The picture, or the first frame of an animation. Raises Refusal."""
    kept: dict[bytes, bytes] = {}
    orientation, profile = UPRIGHT, None
    for kind, data in _chunks(content):
        if kind == b"EXIF":
            orientation = orientation_in(data)
        elif kind == b"ICCP" and len(data) <= MAX_PROFILE:
            profile = data
        if kind in (b"VP8X", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L"):
            kept.setdefault(kind, data)
    for kind, data in kept.items():
        _require_size(kind, data)
    if extended := kept.get(b"VP8X"):
        kept[b"VP8X"] = bytes((extended[0] & ~_LEFT_OUT_FLAGS,)) + extended[1:]
    body = b"WEBP" + b"".join(_chunk(kind, data) for kind, data in kept.items())
    return Parts(b"RIFF" + len(body).to_bytes(4, "little") + body, orientation, profile)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Raises Refusal where one is cut, or for too many."""
    at, size = 12, 8 + int.from_bytes(content[4:8], "little")
    for _ in range(_MAX_CHUNKS):
        if at + 8 > min(size, len(content)):
            return
        end = at + 8 + int.from_bytes(content[at + 4 : at + 8], "little")
        if end > len(content):
            raise incomplete()
        yield content[at : at + 4], content[at + 8 : end]
        at = end + end % 2
    raise too_complex()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + len(data).to_bytes(4, "little") + data + bytes(len(data) % 2)


def _require_size(kind: bytes, data: bytes) -> None:
    """By the header of a chunk that has one; the decoder compares them with each other."""

    def number(at: int, size: int, bits: int, shift: int = 0) -> int:
        return int.from_bytes(data[at : at + size], "little") >> shift & ((1 << bits) - 1)

    if kind == b"VP8X":
        require_size(number(4, 3, 24) + 1, number(7, 3, 24) + 1)
    elif kind == b"ANMF":
        require_size(number(6, 3, 24) + 1, number(9, 3, 24) + 1)
    elif kind == b"VP8 ":
        require_size(number(6, 2, 14), number(8, 2, 14))
    elif kind == b"VP8L":
        if data[:1] != b"\x2f":
            raise broken()
        require_size(number(1, 4, 14) + 1, number(1, 4, 14, 14) + 1)
