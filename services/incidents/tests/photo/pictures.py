"""Pictures of every kind that phones, cameras and attackers send."""

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

HERE = Path(__file__).parent / "cases"
RED = (200, 30, 30)


def case(name: str) -> bytes:
    """One from the field, as it came."""
    return (HERE / name).read_bytes()


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def picture(kind: str, size: tuple[int, int] = (40, 20), **options: Any) -> bytes:
    return encoded(Image.new("RGB", size, RED), kind, **options)


def noise(size: tuple[int, int] = (200, 160)) -> Image.Image:
    return Image.effect_noise(size, 60).convert("RGB")


def drawn(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def with_segment(jpeg: bytes, code: int, data: bytes) -> bytes:
    """Right after the start of a JPEG."""
    segment = bytes((0xFF, code)) + (len(data) + 2).to_bytes(2, "big") + data
    return jpeg[:2] + segment + jpeg[2:]


def with_chunk(png: bytes, kind: bytes, data: bytes, checksum: int | None = None) -> bytes:
    """Right after the header of a PNG."""
    value = zlib.crc32(kind + data) if checksum is None else checksum
    chunk = len(data).to_bytes(4, "big") + kind + data + value.to_bytes(4, "big")
    return png[:33] + chunk + png[33:]


def with_riff(webp: bytes, kind: bytes, data: bytes) -> bytes:
    """Behind everything else of a WebP."""
    rest = webp[12:] + kind + len(data).to_bytes(4, "little") + data + bytes(len(data) % 2)
    return b"RIFF" + (len(rest) + 4).to_bytes(4, "little") + b"WEBP" + rest


def with_exif(kind: str, content: bytes, exif: bytes) -> bytes:
    if kind == "JPEG":
        return with_segment(content, 0xE1, b"Exif\x00\x00" + exif)
    if kind == "PNG":
        return with_chunk(content, b"eXIf", exif)
    return with_riff(content, b"EXIF", exif)


def exif_of(*entries: tuple[int, int, int, bytes], order: str = "<") -> bytes:
    """Of entries (tag, type, count, four bytes of value)."""
    head = (b"II*\x00" if order == "<" else b"MM\x00*") + struct.pack(order + "I", 8)
    body = b"".join(struct.pack(order + "HHI", *entry[:3]) + entry[3] for entry in entries)
    return head + struct.pack(order + "H", len(entries)) + body + bytes(4)


def of_many_scans(size: tuple[int, int], scans: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    content = encoded(Image.new("RGB", size), "JPEG", progressive=True)
    last = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + last * scans + content[-2:]
