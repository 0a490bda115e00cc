"""Whatever comes is a photo or a refusal: pictures of all kinds, cut and changed anywhere."""

from functools import cache
from io import BytesIO

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from chassis.domain import Refusal
from services.incidents.photo.domain import MAX_SIDE, Photo, sanitized
from services.incidents.tests.photo.pictures import (
    case,
    encoded,
    exif_of,
    noise,
    picture,
    with_exif,
)


@cache
def seeds() -> tuple[bytes, ...]:
    small = noise((24, 17))
    exif = exif_of((0x0112, 3, 1, b"\x06\x00\x00\x00"), (0x010F, 2, 3, b"me\x00\x00"))
    frames = [small.convert("RGBA")] * 2
    return (
        *(with_exif(kind, picture(kind), exif) for kind in ("JPEG", "PNG", "WEBP")),
        *(case(f"{name}") for name in ("exif_width_as_ascii.jpg", "gray16_gradient.png")),
        encoded(small, "JPEG", progressive=True),
        encoded(small.convert("L"), "JPEG", restart_marker_blocks=1),
        encoded(small.convert("CMYK"), "JPEG"),
        encoded(small.quantize(8), "PNG", transparency=0),
        encoded(small.convert("1"), "PNG"),
        encoded(small, "WEBP", lossless=True),
        encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
        encoded(frames[0], "PNG", save_all=True, append_images=frames[1:]),
    )


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    content = bytearray(draw(st.sampled_from(seeds())))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(content)))
        piece = draw(st.binary(min_size=0, max_size=6) | st.sampled_from([b"\xff" * 4, bytes(4)]))
        removed = draw(st.sampled_from([len(piece), 0, 1, 40]))
        content[at : at + removed] = piece
    return bytes(content[: draw(st.just(len(content)) | st.integers(0, len(content)))])


@settings(max_examples=200, deadline=None)
@given(damaged())
def test_anything_is_a_photo_or_a_refusal(content: bytes) -> None:
    try:
        photo = sanitized(content)
    except Refusal:
        return
    assert isinstance(photo, Photo)
    shown = Image.open(BytesIO(photo.content))
    shown.load()
    assert max(shown.size) <= MAX_SIDE
    assert not shown.getexif()
