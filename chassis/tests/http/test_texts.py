"""What a person writes: something to read, and no longer than allowed in whatever form."""

import unicodedata
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from chassis.http.schemas import free_text, maybe_text

Note = TypeAdapter[str](Annotated[str, free_text(500)])
Text = TypeAdapter[str](Annotated[str, maybe_text(500)])
GROWS = "\ufdfa"
"""One sign that stands for a sentence of 18 characters."""


def error_of(adapter: TypeAdapter[str], text: str) -> str:
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python(text)
    (error,) = caught.value.errors()
    assert error.get("ctx", {}).get("max_length", 500) == 500, "the limit is told"
    return error["type"]


@pytest.mark.parametrize("adapter", [Note, Text])
def test_the_length_is_measured_before_and_after_normalising(adapter: TypeAdapter[str]) -> None:
    assert adapter.validate_python("好" * 500)
    assert adapter.validate_python(GROWS * 27)
    assert error_of(adapter, "好" * 501) == "string_too_long"
    assert error_of(adapter, GROWS * 28) == "string_too_long"
    assert error_of(adapter, GROWS * 500) == "string_too_long"


@given(st.text(max_size=600) | st.text(alphabet="\ufdfa\u3300ﬃ…a", max_size=600))
def test_what_is_taken_is_short_in_every_form(text: str) -> None:
    try:
        taken = Text.validate_python(text)
    except ValidationError:
        return
    assert len(taken) <= 500
    assert len(unicodedata.normalize("NFKC", taken)) <= 500


@pytest.mark.parametrize(
    "text", ["\u200b\u200b\u200b", "\u3164", "\u2800 \u2800", "\u2060", "\u00ad"]
)
def test_something_of_it_shows(text: str) -> None:
    assert error_of(Note, text) == "string_pattern_mismatch"
    assert Text.validate_python(text) == text


@pytest.mark.parametrize("text", ["好", "?", "110", "🔥", "a\nb", "é"])
def test_anything_that_shows_is_something(text: str) -> None:
    assert Note.validate_python(text) == text
