"""Numbers: read out over a phone, typed by a listener."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.domain import Refusal
from services.incidents.report.domain.number import BITS, number_of, parse

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
numbers = st.integers(0, 2**BITS - 1).map(number_of)


@given(numbers)
def test_a_number_is_found_however_it_is_typed(number: str) -> None:
    bare = number.removeprefix("JN-").replace("-", "")
    heard = (number.replace("0", "O").replace("1", "l"), number.replace("1", "I"))
    spaced = (f"  {number} ", number.replace("-", " "), f"{bare[:4]}—{bare[4:]}")
    for typed in (number, number.lower(), bare, "jn" + bare, *heard, *spaced):
        assert parse(typed) == number


@given(numbers, st.integers(0, 8), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_detected(number: str, place: int, sign: str) -> None:
    bare = number.removeprefix("JN-").replace("-", "")
    wrong = bare[:place] + sign + bare[place + 1 :]
    if wrong != bare:
        with pytest.raises(Refusal) as refusal:
            parse(wrong)
        assert refusal.value.code == "number_check"


@given(numbers, st.integers(0, 8), st.integers(0, 8))
def test_every_transposition_is_detected(number: str, a: int, b: int) -> None:
    signs = list(number.removeprefix("JN-").replace("-", ""))
    signs[a], signs[b] = signs[b], signs[a]
    wrong = "".join(signs)
    if wrong != number.removeprefix("JN-").replace("-", ""):
        with pytest.raises(Refusal):
            parse(wrong)


@pytest.mark.parametrize(
    "typed",
    ["", "JN", "JN-4F7K-2M9Q", "JN-4F7K-2M9Q-XX", "JN-4F7U-2M9Q-X", "编号", "$ne", "JN-" * 9],
)
def test_malformed_numbers_are_refused(typed: str) -> None:
    with pytest.raises(Refusal) as refusal:
        parse(typed)
    assert refusal.value.code in ("number_form", "number_check")


@given(st.integers(0, 2**BITS - 1), st.integers(0, 2**BITS - 1))
def test_different_random_bits_give_different_numbers(a: int, b: int) -> None:
    assert (a == b) == (number_of(a) == number_of(b))


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_a_refusal(typed: str) -> None:
    with suppress(Refusal):
        assert parse(parse(typed)) == parse(typed)
