"""What a browser shows is taken and looks the same; what is refused gets the true reason."""

import zlib

import pytest
from PIL import Image, ImageCms

from chassis.domain import Refusal
from services.incidents.photo.domain import MAX_BYTES, sanitized
from services.incidents.photo.domain.jpeg import MAX_SCANS
from services.incidents.tests.photo.pictures import (
    case,
    drawn,
    encoded,
    exif_of,
    noise,
    of_many_scans,
    picture,
    with_chunk,
    with_exif,
    with_riff,
    with_segment,
)

KINDS = ("JPEG", "PNG", "WEBP")
TURNED = (0x0112, 3, 1, b"\x06\x00\x00\x00")


def refused(content: bytes) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        sanitized(content)
    return refusal.value


def test_a7_broken_metadata_refuses_no_photo_and_turns_it_all_the_same() -> None:
    photo = sanitized(case("exif_width_as_ascii.jpg"))
    assert drawn(photo.content).size == (48, 64)
    assert not drawn(photo.content).getexif()


def test_a8_sixteen_bits_of_grey_keep_their_ramp() -> None:
    ramp = drawn(sanitized(case("gray16_gradient.png")).content).convert("L")
    assert [ramp.getpixel((x, 0)) for x in range(256)] == [*range(256)]


def test_a9_a_jpeg_without_its_end_mark_is_whole() -> None:
    photo = drawn(sanitized(case("jpeg_without_eoi.jpg")).content)
    assert photo.size == (64, 48)
    assert photo.convert("RGB").getextrema() == ((200, 200), (30, 30), (30, 30))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"II*\x00",
        b"II*\x00\xff\xff\xff\xff",
        exif_of((0x0112, 2, 4, b"abc\x00")),
        exif_of((0x0112, 3, 1, b"\x63\x00\x00\x00")),
        exif_of((0x0112, 3, 9, b"\x06\x00\x00\x00")),
        exif_of((0x8825, 4, 1, b"\xff\xff\xff\xff"), (0x8769, 2, 0xFFFFFFFF, b"\xff\xff\xff\x7f")),
        exif_of(*[(n, 12, 0xFFFFFFFF, b"\xff\xff\xff\xff") for n in range(400)])[:-30],
        bytes(range(256)) * 16,
    ],
)
def test_no_metadata_refuses_a_photo(kind: str, exif: bytes) -> None:
    photo = sanitized(with_exif(kind, picture(kind), exif))
    assert drawn(photo.content).size == (40, 20)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", ["<", ">"])
def test_orientation_is_honoured_beside_broken_entries(kind: str, order: str) -> None:
    six = b"\x06\x00\x00\x00" if order == "<" else b"\x00\x06\x00\x00"
    exif = exif_of((0x0100, 2, 4, b"abc\x00"), (0x0112, 3, 1, six), order=order)
    assert drawn(sanitized(with_exif(kind, picture(kind), exif)).content).size == (20, 40)


@pytest.mark.parametrize("turn", range(1, 9))
def test_every_orientation_is_turned_as_a_browser_does(turn: int) -> None:
    corner = Image.new("RGB", (16, 8), "white")
    corner.paste((0, 0, 0), (0, 0, 4, 4))
    exif = exif_of((0x0112, 3, 1, bytes((turn, 0, 0, 0))))
    photo = drawn(sanitized(with_exif("PNG", encoded(corner, "PNG"), exif)).content)
    width, height = photo.size
    corners = [(0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1)]
    # Where EXIF has the first row and the first column: 1 top left, 2 top right, 3 bottom right...
    seen = corners[{1: 0, 2: 1, 3: 2, 4: 3, 5: 0, 6: 1, 7: 2, 8: 3}[turn]]
    assert [c for c in corners if photo.getpixel(c) == (0, 0, 0)] == [seen]
    assert (width < height) == (turn >= 5)


@pytest.mark.parametrize(
    "content",
    [
        with_segment(picture("JPEG"), 0xE2, b"MPF\x00" + b"\xff" * 40),
        with_segment(picture("JPEG"), 0xED, b"Photoshop 3.0\x008BIM" + b"\xff" * 40),
        with_segment(picture("JPEG"), 0xE0, b"JFXX\x00\x10"),
        with_segment(picture("JPEG"), 0xEE, b"Adob"),
        with_segment(picture("JPEG"), 0xFE, b"\xff\xd9" * 20),
        with_chunk(picture("PNG"), b"tEXt", b"a\x00b", checksum=1),
        with_chunk(picture("PNG"), b"pHYs", b"\x00"),
        with_chunk(picture("PNG"), b"tRNS", b"\x00"),
        with_chunk(picture("PNG"), b"acTL", b"\xff"),
        with_riff(picture("WEBP"), b"XMP ", b"<x"),
        picture("WEBP")[:-1] if len(picture("WEBP")) % 2 else picture("WEBP") + b"junk",
    ],
)
def test_what_is_thrown_away_refuses_no_photo(content: bytes) -> None:
    assert drawn(sanitized(content).content).size == (40, 20)


def bomb(kind: bytes) -> bytes:
    packed = zlib.compress(bytes(200_000_000), 9)
    data = b"k\x00\x00" + packed if kind != b"iTXt" else b"k\x00\x01\x00\x00\x00" + packed
    return with_chunk(picture("PNG"), kind, data)


@pytest.mark.parametrize("kind", [b"iCCP", b"zTXt", b"iTXt"])
def test_what_unpacks_to_200_mb_of_metadata_is_never_unpacked(kind: bytes) -> None:
    assert drawn(sanitized(bomb(kind)).content).size == (40, 20)


def test_a_jpeg_of_many_scans_is_refused_before_it_is_decoded() -> None:
    assert refused(of_many_scans((400, 300), 3_000)).code == "photo_too_complex"
    usual = encoded(noise(), "JPEG", progressive=True)
    assert 1 < usual.count(b"\xff\xda") < MAX_SCANS
    assert sanitized(usual)


def test_a_file_of_a_million_chunks_is_refused() -> None:
    assert refused(picture("PNG")[:33] + b"\x00\x00\x00\x00tEXt" * 400_000).code in (
        "photo_too_complex",
        "photo_broken",
    )
    assert refused(b"\xff\xd8\xff" + b"\xd0\xff" * 2_000_000).code == "photo_too_complex"
    assert refused(b"RIFF\xff\xff\xff\x7fWEBP" + b"abcd\0\0\0\0" * 100_000).code == (
        "photo_too_complex"
    )


@pytest.mark.parametrize(
    ("size", "code"), [((9000, 6000), "photo_pixels"), ((60_000, 2), "photo_edge")]
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_is_measured_before_it_is_decoded(
    kind: str, size: tuple[int, int], code: str
) -> None:
    assert refused(picture(kind, size)).code == code


def test_a_long_screenshot_is_taken() -> None:
    assert drawn(sanitized(picture("PNG", (1080, 30_000))).content).height == 2560


def test_colours_for_print_look_as_on_a_screen() -> None:
    red = encoded(Image.new("CMYK", (20, 20), (0, 255, 255, 0)), "JPEG", quality=95)
    nameless = encoded(Image.new("CMYK", (20, 20), (255, 0, 0, 255)), "JPEG", quality=95)
    assert b"Adobe" in red
    assert drawn(sanitized(red).content).getpixel((5, 5)) == pytest.approx((254, 0, 0), abs=4)
    assert drawn(sanitized(nameless.replace(b"Adobe", b"Nobod")).content).mode == "RGB"


@pytest.mark.parametrize(
    ("content", "pixel"),
    [
        (encoded(Image.new("1", (9, 9), 1), "PNG"), (255, 255, 255, 255)),
        (encoded(Image.new("L", (9, 9), 77), "PNG"), (77, 77, 77, 255)),
        (encoded(Image.new("LA", (9, 9), (77, 9)), "PNG"), (77, 77, 77, 9)),
        (encoded(Image.new("L", (9, 9), 77), "PNG", transparency=77), (77, 77, 77, 0)),
        (encoded(Image.new("RGB", (9, 9), (1, 2, 3)), "PNG", transparency=(1, 2, 3)), (1, 2, 3, 0)),
        (encoded(Image.new("I;16", (9, 9), 0x7F80), "PNG"), (127, 127, 127, 255)),
        (encoded(Image.new("I;16", (9, 9), 0x7F80), "PNG", transparency=0x7F80), (127,) * 3 + (0,)),
        (encoded(Image.new("RGBA", (9, 9), (9, 8, 7, 6)), "PNG"), (9, 8, 7, 6)),
    ],
)
def test_every_kind_of_png_looks_the_same(content: bytes, pixel: tuple[int, ...]) -> None:
    assert drawn(sanitized(content).content).convert("RGBA").getpixel((4, 4)) == pixel


def test_a_palette_with_a_transparent_colour_looks_the_same() -> None:
    palette = Image.new("P", (9, 9), 1)
    palette.putpalette([0, 0, 0, 255, 0, 0])
    palette.putpixel((4, 4), 0)
    photo = drawn(sanitized(encoded(palette, "PNG", transparency=0)).content).convert("RGBA")
    assert (photo.getpixel((0, 0)), photo.getpixel((4, 4))) == ((255, 0, 0, 255), (0, 0, 0, 0))


@pytest.mark.parametrize("kind", KINDS)
def test_colours_of_a_wide_screen_become_those_of_every_screen(kind: str) -> None:
    """Swapped primaries, as the plainest profile that changes something."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = bytearray(srgb)
    red, green = srgb.index(b"rXYZ"), srgb.index(b"gXYZ")
    swapped[red : red + 4], swapped[green : green + 4] = b"gXYZ", b"rXYZ"
    for profile, colour in (
        (bytes(swapped), (30, 200, 30)),
        (srgb, (200, 30, 30)),
        (lab, (200, 30, 30)),
        (b"no profile" * 20, (200, 30, 30)),
    ):
        photo = drawn(sanitized(picture(kind, quality=95, icc_profile=profile)).content)
        assert photo.convert("RGB").getpixel((5, 5)) == pytest.approx(colour, abs=12)
        assert "icc_profile" not in photo.info


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_picture_is_kept(kind: str) -> None:
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("red", "blue", "lime")]
    moving = encoded(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True)
    photo = drawn(sanitized(moving).content)
    assert photo.convert("RGB").getpixel((9, 9)) == pytest.approx((255, 0, 0), abs=2)
    assert getattr(photo, "n_frames", 1) == 1


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("GIF", picture("GIF")),
        ("AVIF", picture("AVIF")),
        ("BMP", picture("BMP")),
        ("TIFF", picture("TIFF")),
        ("HEIC", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"),
        ("MP4/MOV", b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00"),
        ("PDF", b"%PDF-1.7"),
    ],
)
def test_other_kinds_are_refused_by_their_name(kind: str, content: bytes) -> None:
    refusal = refused(content)
    assert (refusal.code, refusal.values) == ("photo_type", {"kind": kind})
    assert refusal.fields == {"body": "problem.photo_other_kind"}


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_that_misses_a_few_bytes_is_taken(progressive: bool) -> None:
    content = encoded(noise(), "JPEG", quality=90, progressive=progressive)
    for missing in (1, 2, 3, 20, len(content) // 20):
        assert drawn(sanitized(content[:-missing]).content).size == (200, 160)


def test_a_png_that_misses_only_its_end_is_taken() -> None:
    content = encoded(noise(), "PNG")
    for missing in (1, 4, 12, 16):
        assert drawn(sanitized(content[:-missing]).content).size == (200, 160)


@pytest.mark.parametrize("kind", KINDS)
def test_half_a_picture_is_refused_as_such(kind: str) -> None:
    content = encoded(noise(), kind)
    refusal = refused(content[: len(content) // 2])
    assert refusal.code == "photo_broken"
    assert refusal.fields == {"body": "problem.photo_incomplete"}


def test_what_is_kept_of_a_photo_is_bounded() -> None:
    """16 colours of noise: 3 MB that are 13 MB when they are smaller and have all colours."""
    colours = Image.effect_noise((2600, 2600), 100).quantize(16)
    content = encoded(colours, "PNG")
    assert len(content) < MAX_BYTES
    photo = sanitized(content)
    assert (photo.media_type, len(photo.content) < MAX_BYTES) == ("image/webp", True)
