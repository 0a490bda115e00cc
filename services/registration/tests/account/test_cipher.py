"""Personal fields at rest."""

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from services.registration.account.personal import FieldCipher

CIPHER = FieldCipher("11" * 32, "22" * 32)


@given(st.text(max_size=200), st.text(min_size=1, max_size=40))
def test_what_is_sealed_opens_again_and_shows_nothing(plain: str, context: str):
    sealed = CIPHER.encrypt(plain, context)
    assert CIPHER.decrypt(sealed, context) == plain
    assert sealed.isascii()
    if len(plain) > 5:
        assert plain not in sealed


def test_the_same_value_never_looks_the_same():
    assert CIPHER.encrypt("13800000000", "phone") != CIPHER.encrypt("13800000000", "phone")


def test_a_sealed_value_cannot_be_moved_to_another_person():
    sealed = CIPHER.encrypt("13800000000", "account.phone:acc_1")
    with pytest.raises(InvalidTag):
        CIPHER.decrypt(sealed, "account.phone:acc_2")


def test_another_key_or_a_changed_letter_opens_nothing():
    sealed = CIPHER.encrypt("13800000000", "phone")
    with pytest.raises(InvalidTag):
        FieldCipher("33" * 32, "22" * 32).decrypt(sealed, "phone")
    changed = sealed[:20] + ("A" if sealed[20] != "A" else "B") + sealed[21:]
    with pytest.raises(InvalidTag):
        CIPHER.decrypt(changed, "phone")


def test_an_equal_value_is_found_again_in_its_own_field_only():
    assert CIPHER.lookup("13800000000", "phone") == CIPHER.lookup("13800000000", "phone")
    assert CIPHER.lookup("13800000000", "phone") != CIPHER.lookup("13800000000", "id_number")
    assert CIPHER.lookup("13800000000", "phone") != FieldCipher("11" * 32, "33" * 32).lookup(
        "13800000000", "phone"
    )


@pytest.mark.parametrize("key", ["", "11" * 16, "zz" * 32])
def test_a_key_of_the_wrong_form_is_refused(key: str):
    with pytest.raises(ValueError):  # noqa: PT011 - too short, or no hex
        FieldCipher(key, "22" * 32)
