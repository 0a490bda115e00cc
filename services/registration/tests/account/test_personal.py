"""Phones and ID numbers as people type them, and as they are kept."""

import re
from datetime import date

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from services.registration.account.personal import (
    FieldCipher,
    PersonalData,
    is_assigned,
    is_division,
    is_too_young,
    normalize_phone,
    parse_id_number,
)

TODAY = date(2026, 3, 5)
PERSONAL = PersonalData(FieldCipher("11" * 32, "22" * 32))


@pytest.mark.parametrize(
    "text",
    [
        "13812345678",
        "+8613812345678",
        "+86 138 1234 5678",
        "138-1234-5678",
        "008613812345678",
        "8613812345678",
        "１３８１２３４５６７８",
        "\u202d13812345678\u202c",
        "138–1234–5678",
    ],
)
def test_a_phone_has_one_form_and_one_key(text: str) -> None:
    assert normalize_phone(text) == "+8613812345678"
    assert PERSONAL.phone_key(normalize_phone(text) or "") == PERSONAL.phone_key("+8613812345678")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1381234567",
        "138123456789",
        "053188888888",
        "+1 415 555 0100",
        "abc",
    ],
)
def test_what_is_no_chinese_mobile_number(text: str) -> None:
    assert normalize_phone(text) is None


def test_only_assigned_ranges_unless_unassigned_ones_are_allowed() -> None:
    assert is_assigned("+8613812345678", allow_unassigned=False)
    assert not is_assigned("+8612000100001", allow_unassigned=False)
    assert is_assigned("+8612000100001", allow_unassigned=True)
    assert not is_assigned("+8612100100001", allow_unassigned=True)
    assert not is_assigned("+8610000000000", allow_unassigned=True)


def test_id_numbers() -> None:
    assert parse_id_number("370104195612150008", TODAY) == ("370104195612150008", 1956)
    assert parse_id_number(" 37010419561215000 8 ", TODAY) == ("370104195612150008", 1956)
    assert parse_id_number("11010519491231002x", TODAY) == ("11010519491231002X", 1949)


@pytest.mark.parametrize(
    "text",
    [
        "370104195612150009",
        "370104195613150008",
        "37010419561215000",
        "",
        "abc",
        "070104195612150008",
        "370104209901010030",  # born in 2099 (A14)
        "370104202603060003",  # born tomorrow
        "370104190503050005",  # 121 years old
        "370199195612150004",  # no district ever had this code
        "999999195612150001",
    ],
)
def test_what_is_no_id_number(text: str) -> None:
    assert parse_id_number(text, TODAY) is None


def test_id_numbers_as_they_are_typed() -> None:
    expected = ("37010419900307006X", 1990)
    for typed in ("37010419900307006Ｘ", "37010419900307006x", "\u202d370104-19900307-006X\u202c"):
        assert parse_id_number(typed, TODAY) == expected


@pytest.mark.parametrize("code", ["370104", "370100", "110103", "372901", "810000", "830000"])
def test_codes_that_are_or_were_of_a_division(code: str) -> None:
    """Chongwen, abolished in 2010; Heze city, until 2000; residents of Hong Kong and Taiwan."""
    assert is_division(code)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31)))
def test_who_is_born_in_the_future_or_too_long_ago_has_no_id_number(born: date) -> None:
    found = parse_id_number(number_of(born), TODAY)
    assert (found is not None) == (TODAY.replace(year=TODAY.year - 121) < born <= TODAY)
    if found:
        assert is_too_young(found[0], TODAY) == (born > TODAY.replace(year=TODAY.year - 14))


def number_of(born: date) -> str:
    digits = f"370104{born:%Y%m%d}000"
    return digits + ric.calc_check_digit(digits + "0")


@given(st.text(max_size=30))
def test_no_text_breaks_the_readers(text: str) -> None:
    phone = normalize_phone(text)
    assert phone is None or re.fullmatch(r"\+861\d{10}", phone)
    found = parse_id_number(text, TODAY)
    assert found is None or len(found[0]) == 18


def test_a_sealed_field_opens_only_where_it_belongs() -> None:
    sealed = PERSONAL.encrypt("王小明", "name", "acc_1")
    assert "王" not in sealed
    assert PERSONAL.decrypt(sealed, "name", "acc_1") == "王小明"
    for field, account in (("name", "acc_2"), ("phone", "acc_1")):
        with pytest.raises(InvalidTag):
            PERSONAL.decrypt(sealed, field, account)
    assert sealed != PERSONAL.encrypt("王小明", "name", "acc_1")
