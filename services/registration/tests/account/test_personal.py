"""Phones and ID numbers as people type them, and as they are kept."""

import re

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from services.registration.account.personal import (
    FieldCipher,
    PersonalData,
    is_assigned,
    normalize_phone,
    parse_id_number,
)

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
        "１３８１２３４５６７８",
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
    assert parse_id_number("370104195612150008") == ("370104195612150008", 1956)
    assert parse_id_number(" 37010419561215000 8 ") == ("370104195612150008", 1956)
    assert parse_id_number("11010519491231002x") == ("11010519491231002X", 1949)


@pytest.mark.parametrize(
    "text",
    [
        "370104195612150009",
        "370104195613150008",
        "37010419561215000",
        "",
        "abc",
        "070104195612150008",
    ],
)
def test_what_is_no_id_number(text: str) -> None:
    assert parse_id_number(text) is None


@given(st.text(max_size=30))
def test_no_text_breaks_the_readers(text: str) -> None:
    phone = normalize_phone(text)
    assert phone is None or re.fullmatch(r"\+861\d{10}", phone)
    found = parse_id_number(text)
    assert found is None or len(found[0]) == 18


def test_a_sealed_field_opens_only_where_it_belongs() -> None:
    sealed = PERSONAL.encrypt("王小明", "name", "acc_1")
    assert "王" not in sealed
    assert PERSONAL.decrypt(sealed, "name", "acc_1") == "王小明"
    for field, account in (("name", "acc_2"), ("phone", "acc_1")):
        with pytest.raises(InvalidTag):
            PERSONAL.decrypt(sealed, field, account)
    assert sealed != PERSONAL.encrypt("王小明", "name", "acc_1")
