"""What a code is good for, when another is sent, and how long it is."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.account.personal import FieldCipher, PersonalData
from services.registration.policy import POLICIES
from services.registration.sign_in.domain.code import (
    IssuedCode,
    NextCode,
    day_of,
    max_today,
    next_code,
    refusal,
    verdict,
)

NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
POLICY = POLICIES.at(NOW)
MOST = POLICY.code_max_per_day
PERSONAL = PersonalData(FieldCipher("11" * 32, "22" * 32))


def issued(**more: object) -> IssuedCode:
    fields = {
        "code": "c",
        "sent_at": NOW,
        "expires_at": NOW + POLICY.code_lifetime,
        "guesses": 1,
        "by": {"home": 1},
        "day": day_of(NOW),
        "sent_today": 1,
    }
    return IssuedCode.model_validate(fields | more)


@given(
    st.integers(min_value=1, max_value=40),
    st.integers(min_value=0, max_value=8),
    st.integers(min_value=0, max_value=1200),
    st.booleans(),
)
def test_a_code_is_right_within_its_guesses_and_its_time(
    of_all: int, own: int, seconds: int, right: bool
) -> None:
    now = NOW + timedelta(seconds=seconds)
    found = verdict(issued(guesses=of_all, by={"home": own}), "home", right, now, POLICY)
    if seconds >= POLICY.code_lifetime_s:
        assert found == "wrong"
    elif own > POLICY.code_max_guesses:
        assert found == "address_used_up"
    elif of_all > POLICY.code_guesses_of_all:
        assert found == "all_used_up"
    else:
        assert found == ("right" if right else "wrong")


def test_a_stranger_s_wrong_guesses_leave_the_owner_theirs() -> None:
    """Case A20."""
    code = issued(guesses=5, by={"elsewhere": 6})
    assert verdict(code, "elsewhere", True, NOW, POLICY) == "address_used_up"
    assert verdict(code, "home", True, NOW, POLICY) == "right"


def test_a_phone_that_asked_for_no_code_gets_the_same_answer_as_a_wrong_one() -> None:
    assert verdict(None, "home", False, NOW, POLICY) == "wrong"


def test_whoever_asks_again_gets_the_same_code_while_it_is_good() -> None:
    same, other = NextCode("c", 6, is_new=False), NextCode("d", 6, is_new=True)
    later = NOW + POLICY.code_resend_wait
    assert next_code(issued(), None, "d", later, POLICY) == same
    assert next_code(issued(), "of before", "d", later, POLICY) == same
    assert next_code(None, None, "d", later, POLICY) == other
    assert next_code(issued(), "c", "d", later, POLICY) == other, "it has opened a session"
    assert next_code(issued(), None, "d", NOW + POLICY.code_lifetime, POLICY) == other
    used_up = issued(guesses=POLICY.code_guesses_of_all + 1)
    assert next_code(used_up, None, "d", later, POLICY) == other


def test_after_many_guesses_in_a_day_codes_are_long() -> None:
    code = issued(guesses_today=POLICY.code_guesses_per_day)
    assert next_code(code, None, "d", NOW, POLICY) == NextCode("d", 8, is_new=True)
    tomorrow = NOW + timedelta(days=1)
    assert next_code(code, None, "d", tomorrow, POLICY) == NextCode("d", 6, is_new=True)


def test_the_odds_of_guessing_a_phone_s_code_in_a_day_stay_below_one_in_ten_thousand() -> None:
    short = POLICY.code_guesses_per_day - 1 + POLICY.code_guesses_of_all
    long = (max_today(True, POLICY)) * POLICY.code_guesses_of_all
    odds = short / 10**POLICY.code_digits + long / 10**POLICY.code_long_digits
    assert odds < 1e-4


@pytest.mark.parametrize("digits", [6, 8])
def test_the_digits_follow_from_the_code_and_the_key(digits: int) -> None:
    drawn = [PERSONAL.sign_in_code(f"code {n}", digits) for n in range(3000)]
    assert {len(code) for code in drawn} == {digits}
    assert all(code.isdecimal() for code in drawn)
    assert len(set(drawn)) > 2900
    assert any(code.startswith("0") for code in drawn)
    other = PersonalData(FieldCipher("11" * 32, "33" * 32))
    assert other.sign_in_code("code 1", digits) != drawn[1]


def test_one_code_a_minute_and_ten_a_day_of_jinan() -> None:
    assert refusal(issued(), MOST, NOW + timedelta(seconds=20), POLICY) == ("code_too_soon", 40)
    assert refusal(issued(), MOST, NOW + POLICY.code_resend_wait, POLICY) is None
    full = issued(sent_today=MOST)
    assert refusal(full, MOST, NOW + POLICY.code_resend_wait, POLICY) == (
        "code_too_many",
        8 * 3600 - 60,
    ), "Jinan's midnight is at 16:00 UTC"
    assert refusal(full, max_today(True, POLICY), NOW + POLICY.code_resend_wait, POLICY) is None
    assert refusal(full, MOST, NOW + timedelta(hours=8), POLICY) is None
    assert day_of(NOW + timedelta(hours=8)) == "2026-03-06"
