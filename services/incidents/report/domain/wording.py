"""Whether a report says anything: a letter that shows, or a photo."""

import unicodedata
from dataclasses import replace

from chassis.domain import Refusal
from services.incidents.routing.domain import POLICE_ONLY, RoutingDecision

_BLANK = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\ufffd")
"""Letters and symbols by their class that show nothing: fillers, the empty Braille cell."""


def has_words(text: str) -> bool:
    """Whether a letter, a digit ("110") or a pictogram shows. Punctuation alone says nothing."""
    return any(
        unicodedata.category(sign)[0] in "LN" or unicodedata.category(sign) == "So"
        for sign in text
        if sign not in _BLANK
    )


def words_of(text: str, photo: str | None) -> str:
    """The text, empty where nothing of it shows. Raises Refusal if there is no photo either."""
    if has_words(text):
        return text
    if photo is None:
        raise Refusal("text_empty", "body.text")
    return ""


def seen_first(routing: RoutingDecision) -> RoutingDecision:
    """A photo without words is looked at by a person before anybody is sent."""
    urgent = routing.category in POLICE_ONLY or routing.triage == "urgent"
    return replace(routing, triage="urgent" if urgent else "normal")
