"""What identifies a person: read in, sealed, found again, and shown. Nothing of it is ever logged
or published."""

import re

import phonenumbers
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from chassis.domain import derived_id
from services.registration.account.cipher import FieldCipher
from services.registration.account.domain import Account
from simulation.people import UNASSIGNED_PHONES

_MOBILE = re.compile(r"(?:\+?86|0086)?(1\d{10})")
_SEPARATORS = re.compile(r"[\s\-]")


def phone_form(text: str) -> str | None:
    """The number as `+86` and 11 digits, by its form alone; None if it has not the form of a
    Chinese mobile number."""
    found = _MOBILE.fullmatch(_SEPARATORS.sub("", text)) if text.isascii() else None
    return f"+86{found[1]}" if found else None


def is_assigned(phone: str, also_unassigned: bool) -> bool:
    """Whether the number is in a range that China has given to mobile phones; or in the
    demonstration's, if allowed."""
    if also_unassigned and phone.startswith(f"+86{UNASSIGNED_PHONES}"):
        return True
    number = phonenumbers.parse(phone)
    kind = phonenumbers.number_type(number)
    return phonenumbers.is_valid_number(number) and kind == phonenumbers.PhoneNumberType.MOBILE


def id_number_and_birth_year(text: str) -> tuple[str, int] | None:
    """A resident ID number (GB 11643) in its plain form, with the year of birth; None if it is not
    one.

    The place is not checked against the year of birth as `ric.validate` does: numbers are given by
    the place as it is when the number is given, and Huaiyin district is younger than many who live
    there.
    """
    number = ric.compact(_SEPARATORS.sub("", text)).upper()
    if (
        re.fullmatch(r"[1-9][0-9]{16}[0-9X]", number) is None
        or ric.calc_check_digit(number) != number[-1]
    ):
        return None
    try:
        return number, ric.get_birth_date(number).year
    except ValidationError:
        return None


class Personal:
    """Seals and opens personal fields; each ciphertext is bound to its field and its account."""

    def __init__(self, cipher: FieldCipher) -> None:
        self._cipher = cipher

    def phone_key(self, phone: str) -> str:
        return self._cipher.lookup(phone, "account.phone")

    def account_id(self, phone: str) -> str:
        """A phone has one account, by construction."""
        return derived_id("acc", self.phone_key(phone))

    def id_number_key(self, number: str) -> str:
        return self._cipher.lookup(number, "account.id_number")

    def code_hash(self, code_id: str, code: str) -> str:
        return self._cipher.lookup(f"{code_id}.{code}", "sign_in_code")

    def token_secret(self, session: str, salt: str, turn: int) -> str:
        return self._cipher.lookup(f"{session}.{salt}.{turn}", "session.refresh")

    def seal(self, plain: str, field: str, account: str) -> str:
        return self._cipher.encrypt(plain, f"account.{field}:{account}")

    def unseal(self, sealed: str, field: str, account: str) -> str:
        return self._cipher.decrypt(sealed, f"account.{field}:{account}")

    def phone_of(self, account: Account) -> str:
        return self.unseal(account.phone, "phone", account.id)

    def name_of(self, account: Account) -> str | None:
        return None if account.name is None else self.unseal(account.name, "name", account.id)
