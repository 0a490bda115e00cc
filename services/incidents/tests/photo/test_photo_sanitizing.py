"""Photos: only pictures are accepted, and only their pixels are kept."""

from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from chassis.domain import Refusal
from services.incidents.photo.domain import MAX_SIDE, media_type_of, sanitized

GPS = 0x8825
MAKE = 0x010F


def _picture(kind: str, size: tuple[int, int] = (40, 20), **options: object) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind, **options)
    return out.getvalue()


def _with_place(kind: str) -> bytes:
    exif = Image.Exif()
    exif[MAKE] = "PhoneOfSomebody"
    exif.get_ifd(GPS).update({1: "N", 2: (36.0, 40.0, 10.0), 3: "E", 4: (116.0, 56.0, 31.0)})
    return _picture(kind, exif=exif)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_place_and_device_are_removed(kind: str) -> None:
    given_ = _with_place(kind)
    assert b"PhoneOfSomebody" in given_
    photo = sanitized(given_)
    assert photo.media_type == f"image/{kind.lower()}"
    assert b"PhoneOfSomebody" not in photo.content
    assert not Image.open(BytesIO(photo.content)).getexif()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_data_after_a_picture_is_removed(kind: str) -> None:
    assert b"<script>" not in sanitized(_picture(kind) + b"<script>alert(1)</script>").content


def test_a_rotated_picture_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    photo = sanitized(_picture("JPEG", (40, 20), exif=exif))
    assert Image.open(BytesIO(photo.content)).size == (20, 40)


def test_a_large_picture_is_made_smaller() -> None:
    photo = sanitized(_picture("PNG", (4000, 1000)))
    assert max(Image.open(BytesIO(photo.content)).size) == MAX_SIDE


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "photo_type"),
        (b"GIF89a" + bytes(50), "photo_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "photo_type"),
        (b"\xff\xd8\xff" + b"not a picture at all", "photo_broken"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "photo_broken"),
        (_picture("PNG")[:60], "photo_broken"),
        (_picture("PNG", (9000, 6000)), "photo_pixels"),
    ],
)
def test_other_files_are_refused(content: bytes, code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        sanitized(content)
    assert refusal.value.code == code


@given(
    st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00WEBP"]),
    st.binary(max_size=200),
)
def test_any_bytes_are_a_photo_or_a_refusal(start: bytes, rest: bytes) -> None:
    with suppress(Refusal):
        assert sanitized(start + rest).media_type == media_type_of(start + rest)
