"""How a camera was held, read from EXIF. Nothing else of it is read. Pure."""

from typing import Literal

_ORIENTATION = 0x0112
_MAX_ENTRIES = 512
_SIZES = {1: 1, 3: 2, 4: 4}
"""Bytes of the types that hold whole numbers: BYTE, SHORT, LONG."""
UPRIGHT = 1


def orientation_in(exif: bytes) -> int:
    """1 to 8 as EXIF counts them. Upright where it is missing, broken or has no such meaning: a
    browser shows the picture as it lies in the file, too."""
    tiff = exif.removeprefix(b"Exif\x00\x00")
    order = {b"II*\x00": "little", b"MM\x00*": "big"}.get(tiff[:4])
    if order == "little":
        return _found(tiff, "little")
    return _found(tiff, "big") if order else UPRIGHT


def _found(tiff: bytes, order: Literal["little", "big"]) -> int:
    def number(at: int, size: int) -> int:
        return int.from_bytes(tiff[at : at + size], order)

    directory = number(4, 4)
    for entry in range(min(number(directory, 2), _MAX_ENTRIES)):
        at = directory + 2 + 12 * entry
        if at + 12 > len(tiff):
            return UPRIGHT
        if number(at, 2) == _ORIENTATION and number(at + 4, 4) == 1:
            value = number(at + 8, _SIZES.get(number(at + 2, 2), 0))
            return value if 1 <= value <= 8 else UPRIGHT
    return UPRIGHT
