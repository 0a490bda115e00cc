"""What people type or paste, brought into one form: full width, bidirectional controls, invisible
signs and spaces are no part of it. Pure."""

import unicodedata
from collections.abc import Callable
from typing import Annotated

from pydantic import BeforeValidator

MAX_READ = 200
"""Characters. A longer text is left as it is, for the limit of its field to refuse."""
HIDDEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffd\U000e0000-\U000e0fff"
)
"""Signs that show nothing, as ranges of a regular expression."""
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})


def identifier(text: str) -> str:
    """Of a phone, a code, an ID number: without spaces, dashes and what does not show; ASCII digits
    for those of any script."""
    if len(text) > MAX_READ:
        return text
    plain = "".join(
        str(unicodedata.decimal(sign)) if sign.isdecimal() else sign
        for sign in _seen(text)
        if not sign.isspace() and unicodedata.category(sign) != "Pd"
    )
    return unicodedata.normalize("NFC", plain)


def name(text: str) -> str:
    """Of a person or a group: single spaces inside, none around. Empty where no letter shows."""
    if len(text) > MAX_READ:
        return text
    plain = unicodedata.normalize("NFC", " ".join(_seen(text).split()))
    return plain if any(unicodedata.category(sign)[0] == "L" for sign in plain) else ""


def _read(read: Callable[[str], str]) -> BeforeValidator:
    return BeforeValidator(lambda value: read(value) if isinstance(value, str) else value)


Identifier = Annotated[str, _read(identifier)]
"""A part of a body: a phone, a code, an ID number, however it was typed or pasted."""
Name = Annotated[str, _read(name)]
"""Of a person or a group; empty where no letter shows."""


def _seen(text: str) -> str:
    return "".join(filter(_shows, unicodedata.normalize("NFKC", "".join(filter(_shows, text)))))


def _shows(sign: str) -> bool:
    if sign in _BLANK or "\ufe00" <= sign <= "\ufe0f" or "\u180b" <= sign <= "\u180f":
        return False
    return sign.isspace() or unicodedata.category(sign) not in _UNSEEN
