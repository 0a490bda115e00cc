"""Draws a picture as a browser shows it. Pure."""

from io import BytesIO

from PIL import Image, ImageChops, ImageCms

from services.incidents.photo.domain.parts import Parts, incomplete

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_MAX_MISSING = 0.1
"""Share of a JPEG's rows. Less is missed by nobody."""
_NOTHING = (127, 128)
"""What a JPEG decoder fills in where the data ends; 127 where it inverts."""


def drawn(parts: Parts, kind: str, max_side: int) -> Image.Image:
    """Upright, at most `max_side` a side, as L, LA, RGB or RGBA in sRGB, without anything else.

    Raises Refusal where a part is missing, and whatever the decoder raises on what is broken.
    """
    picture = Image.open(BytesIO(parts.content), formats=[kind])
    picture.draft("RGB", (max_side, max_side))
    picture.load()
    if kind == "JPEG":
        if not parts.is_whole and _missing(picture) > _MAX_MISSING:
            raise incomplete()
        # Browsers take all of them for inverted; the decoder those that say who wrote them.
        if picture.mode == "CMYK" and "adobe" not in picture.info:
            picture = ImageChops.invert(picture)
    plain = _eight_bits(picture)
    plain.thumbnail((max_side, max_side))
    coloured = _in_srgb(plain, parts.profile)
    turn = _TURNS.get(parts.orientation)
    upright = coloured if turn is None else coloured.transpose(turn)
    fresh = Image.new(upright.mode, upright.size)
    fresh.paste(upright)
    return fresh


def _missing(picture: Image.Image) -> float:
    """The share of rows at the bottom that the data does not reach."""
    table = [0 if value in _NOTHING else 255 for value in range(256)]
    box = picture.point(table * len(picture.getbands())).getbbox()
    return 1 - box[3] / picture.height if box else 1.0


def _eight_bits(picture: Image.Image) -> Image.Image:
    """As L, LA, RGB, RGBA or CMYK, in full range."""
    clear = picture.info.get("transparency")
    if picture.mode.startswith("I"):
        levels = picture.convert("I")
        grey = levels.point([value >> 8 for value in range(65536)], "L")
        if not isinstance(clear, int):
            return grey
        alpha = levels.point([0 if value == clear else 255 for value in range(65536)], "L")
        return Image.merge("LA", (grey, alpha))
    if picture.mode == "1" and clear is None:
        return picture.convert("L")
    if picture.mode == "P" and clear is None:
        return picture.convert("RGB")
    if clear is not None or picture.mode in ("P", "PA", "1"):
        return picture.convert("RGBA")
    if picture.mode in ("L", "LA", "RGB", "RGBA", "CMYK"):
        return picture
    return picture.convert("RGB")


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    shown = _by_profile(picture, profile) if profile else None
    if shown is None:
        return picture.convert("RGB") if picture.mode == "CMYK" else picture
    if _has_alpha(picture):
        shown.putalpha(picture.getchannel("A"))
    return shown


def _by_profile(picture: Image.Image, profile: bytes) -> Image.Image | None:
    """As RGB. None for a profile that is broken, or for other colours: it says nothing."""
    colours = picture.convert(picture.mode.removesuffix("A")) if _has_alpha(picture) else picture
    try:
        meant = ImageCms.ImageCmsProfile(BytesIO(profile))
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(colours, meant, srgb, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _has_alpha(picture: Image.Image) -> bool:
    return picture.mode in ("LA", "RGBA")
