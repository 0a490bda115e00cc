"""Takes PNG files apart. Pure."""

import zlib
from collections.abc import Iterator

from services.incidents.photo.domain.orientation import UPRIGHT, orientation_in
from services.incidents.photo.domain.parts import (
    MAX_PROFILE,
    Parts,
    broken,
    require_size,
    too_complex,
)

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_CHUNKS = 20_000
"""Encoders write one for each 8 kB or more."""

_CLEAR_SIZES = {0: (2,), 2: (6,), 3: range(1, 257)}
"""Bytes of the transparent colour by colour type: grey, red green and blue, palette. Browsers leave
out any other one."""


def parts_of_png(content: bytes) -> Parts:
    """Header, palette, transparent colour and pixels: text, which can unpack to anything, and the
    frames of an animation stay out. Raises Refusal."""
    found: dict[bytes, bytes] = {}
    pixels: list[bytes] = []
    is_whole = False
    for kind, data, is_intact in _chunks(content):
        if kind == b"IEND":
            is_whole = True
        elif kind == b"IDAT":
            pixels.append(data)
        elif kind in (b"IHDR", b"PLTE") or is_intact:
            found.setdefault(kind, data)
    header = found.get(b"IHDR", b"")
    if len(header) != 13 or not pixels:
        raise broken()
    require_size(int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big"))
    if len(found.get(b"tRNS", b"")) not in _CLEAR_SIZES.get(header[9], ()):
        found.pop(b"tRNS", None)
    needed = [(kind, found[kind]) for kind in (b"IHDR", b"PLTE", b"tRNS") if kind in found]
    chunks = [*needed, (b"IDAT", b"".join(pixels)), (b"IEND", b"")]
    return Parts(
        _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks),
        orientation=orientation_in(found[b"eXIf"]) if b"eXIf" in found else UPRIGHT,
        profile=_profile(found.get(b"iCCP", b"")),
        is_whole=is_whole,
    )


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes, bool]]:
    """Kind, data and whether their checksum is right, up to the end. The last one may be cut.
    Raises Refusal for too many."""
    at = len(_SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        kind = content[at + 4 : at + 8]
        if len(kind) < 4:
            return
        end = at + 8 + int.from_bytes(content[at : at + 4], "big")
        data, checksum = content[at + 8 : end], content[end : end + 4]
        yield kind, data, checksum == zlib.crc32(kind + data).to_bytes(4, "big")
        if kind == b"IEND":
            return
        at = end + 4
    raise too_complex()


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return len(data).to_bytes(4, "big") + kind + data + checksum.to_bytes(4, "big")


def _profile(data: bytes) -> bytes | None:
    """Unpacked, no further than allowed."""
    packed = data.partition(b"\x00")[2][1:]
    unpacking = zlib.decompressobj()
    try:
        profile = unpacking.decompress(packed, MAX_PROFILE)
    except zlib.error:
        return None
    return profile if profile and unpacking.eof else None
