"""An event carries ids, codes, categories, states, times, counts and positions. A topic cannot be
un-read."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from contracts.envelope import Event
from contracts.tools import asyncapi
from contracts.tools.evolution import released_form

PERSONAL = re.compile(
    r"(^|_)(name|phone|mobile|email|id_number|id_card|identity|address|birthday|born|text|note|comment|words|message_text"
    r"|photo|image|picture|title|body|content|description|password|code|token)(_|$)"
)
CODES = re.compile(r"[a-z]{3}_[\w.]+|3701\d*|[a-z_]+|[\d.-]+|\d{4}-\d\d-\d\d(T.*Z)?")
"""Forms of what an event's texts are: ids, area codes, words of a vocabulary, numbers, times."""


def _fields(schema: Any, path: str = "") -> Iterator[str]:
    for name, below in schema.get("properties", {}).items():
        yield name
        yield from _fields(below)
    for key in ("items", "anyOf", "additionalProperties"):
        for below in schema[key] if isinstance(schema.get(key), list) else [schema.get(key)]:
            if isinstance(below, dict):
                yield from _fields(below)


@pytest.mark.parametrize("event", asyncapi.published(), ids=lambda event: event.__name__)
def test_no_field_of_an_event_is_personal(event: type[Event]) -> None:
    fields = list(_fields(released_form(event)["schema"]))
    assert event.key in fields
    assert [field for field in fields if PERSONAL.search(field)] == []


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for below in value.values():
            yield from _texts(below)
    elif isinstance(value, list | tuple):
        for below in value:
            yield from _texts(below)


@pytest.mark.parametrize("event", asyncapi.published(), ids=lambda event: event.__name__)
def test_the_texts_of_an_event_are_codes(event: type[Event]) -> None:
    shown = event.model_validate(event.example).model_dump(mode="json")
    assert [
        text for text in _texts(shown) if not re.fullmatch(CODES, text) and text.islower() is False
    ] == []
