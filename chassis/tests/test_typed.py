"""What people paste is read as what they see."""

import re
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from chassis.http.schemas import free_text
from chassis.inputs.typed import HIDDEN, MAX_READ, Identifier, identifier, name

FREE = Annotated[str, free_text(500)]


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("\u202d13800138000\u202c", "13800138000"),  # pasted from contacts (A11)
        ("１３８００１３８０００", "13800138000"),
        ("138 0013-8000", "13800138000"),
        ("138–0013—8000", "13800138000"),
        ("\ufeff+86\u00a0138\u20070013\u30008000\r\n", "+8613800138000"),
        ("＋８６ 138 0013 8000", "+8613800138000"),
        ("123456 ", "123456"),  # (A12)
        ("\u200b12\u00ad34\u206056", "123456"),
        ("37010419900307006Ｘ", "37010419900307006X"),  # (A13)
        ("٠١٢٣", "0123"),
        ("", ""),
    ],
)
def test_an_identifier_is_what_is_seen_of_it(typed: str, plain: str) -> None:
    assert identifier(typed) == plain


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("\u200b\u200b", ""),  # (A15)
        ("\u202e\u202c", ""),
        ("\u3164\u115f\u2800", ""),
        ("  ", ""),
        ("…!？", ""),
        ("\u202e王小明\u202c", "王小明"),
        (" 阿依古丽·\u3000买买提 ", "阿依古丽· 买买提"),
        ("ＷＡＮＧ\tXiao", "WANG Xiao"),
    ],
)
def test_a_name_has_a_letter_that_shows_and_no_controls(typed: str, plain: str) -> None:
    assert name(typed) == plain


@given(st.text(max_size=MAX_READ))
def test_a_second_time_changes_nothing(text: str) -> None:
    for plain in (identifier(text), name(text)):
        if len(plain) <= MAX_READ:
            assert identifier(identifier(text)) == identifier(text)
            assert name(name(text)) == name(text)
        assert not re.search(f"[{HIDDEN}]", plain)


def test_what_is_too_long_is_not_read() -> None:
    assert identifier("\ufdfa" * 1_000_000) == "\ufdfa" * 1_000_000


@pytest.mark.parametrize("text", ["\u200b\u200b\u200b", "\u202e", "\u3164", " \u2060\n", "\ufe0f"])
def test_free_text_needs_a_sign_that_shows(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(FREE).validate_python(text)


def test_other_values_than_texts_are_refused_as_before() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Identifier).validate_python(13800138000)
