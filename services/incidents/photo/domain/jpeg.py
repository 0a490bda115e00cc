"""Takes JPEG files apart, in one pass over their markers. Pure."""

import re
from dataclasses import dataclass, field

from services.incidents.photo.domain.orientation import UPRIGHT, orientation_in
from services.incidents.photo.domain.parts import (
    MAX_PROFILE,
    Parts,
    broken,
    require_size,
    too_complex,
)

MAX_SCANS = 64
"""Cameras write 1, encoders for the web 10 or so; each one costs a pass over all pixels."""
_MAX_SEGMENTS = 4_000
_MARKER = re.compile(rb"\xff[^\x00\xff]")
_SCAN_END = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_TABLES = frozenset({0xC4, 0xCC, 0xDB, 0xDD})
_BARE = frozenset({0x01, _START, *range(0xD0, 0xD8)})
"""Markers without a segment."""
_EXIF, _PROFILE = b"Exif\x00\x00", b"ICC_PROFILE\x00"


@dataclass
class _Reading:
    kept: list[bytes] = field(default_factory=lambda: [b"\xff\xd8"])
    scans: int = 0
    orientation: int | None = None
    profile: dict[int, bytes] = field(default_factory=dict[int, bytes])
    is_whole: bool = False


def parts_of_jpeg(content: bytes) -> Parts:
    """Its tables, frames and scans. Raises Refusal."""
    reading, at = _Reading(), 2
    for _ in range(_MAX_SEGMENTS):
        found = _MARKER.search(content, at)
        if found is None:
            break
        code, at = content[found.end() - 1], found.end()
        if code == _END:
            reading.is_whole = True
            break
        if code in _BARE:
            continue
        end = at + int.from_bytes(content[at : at + 2], "big")
        if end < at + 2 or end > len(content):
            break
        if code == _SCAN:
            stop = _SCAN_END.search(content, end)
            end = stop.start() if stop else len(content)
        _take(reading, code, content[at:end])
        at = end
    else:
        raise too_complex()
    if not reading.scans:
        raise broken()
    return Parts(
        b"".join([*reading.kept, b"\xff\xd9"]),
        orientation=reading.orientation or UPRIGHT,
        profile=_joined(reading.profile),
        is_whole=reading.is_whole,
    )


def _take(reading: _Reading, code: int, segment: bytes) -> None:
    """`segment` begins with its length; a scan's also has the scan's data."""
    data = segment[2:]
    if code == _SCAN:
        reading.scans += 1
        if reading.scans > MAX_SCANS:
            raise too_complex()
    elif code in _FRAMES:
        require_size(int.from_bytes(data[3:5], "big"), int.from_bytes(data[1:3], "big"))
    elif code == 0xE1 and data.startswith(_EXIF) and reading.orientation is None:
        reading.orientation = orientation_in(data)
    elif code == 0xE2 and data.startswith(_PROFILE) and len(data) > 14:
        reading.profile.setdefault(data[12], data[14:])
    # How the colours of the samples are coded is said by these two alone.
    is_colour = (code == 0xE0 and data.startswith(b"JFIF\x00")) or (
        code == 0xEE and data.startswith(b"Adobe")
    )
    if code == _SCAN or code in _FRAMES or code in _TABLES or is_colour:
        reading.kept.append(bytes((0xFF, code)) + segment)


def _joined(profile: dict[int, bytes]) -> bytes | None:
    joined = b"".join(profile[number] for number in sorted(profile))
    return joined if 0 < len(joined) <= MAX_PROFILE else None
