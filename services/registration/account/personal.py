"""Personal data: parse it, encrypt it, find it again by a keyed hash.

A file of its own because every noun that reads or writes a name, a phone or an ID number goes
through it, and because it needs a cipher and number libraries, which a domain must not import.
Nothing that passes through here is logged or published.
"""

import base64
import hashlib
import hmac
import re
import secrets
from datetime import date

import phonenumbers
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from stdnum import numdb
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from chassis.domain import derived_id
from chassis.inputs.typed import identifier
from services.registration.account.domain import MAX_AGE, MIN_AGE, Account, years_between

UNASSIGNED_PHONES = "12000"
"""Prefix of numbers that are not assigned in China. Accepted only while SMS is local, for
developers, tests and demonstrations."""
_MOBILE = re.compile(r"(?:\+?86|0086)?(1[0-9]{10})")
_PERMITS = frozenset({"810000", "820000", "830000"})
_ID_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9X]")


def normalize_phone(text: str) -> str | None:
    """The number as `+86` and 11 digits; None for what does not look like a Chinese mobile
    number."""
    found = _MOBILE.fullmatch(identifier(text))
    return f"+86{found[1]}" if found else None


def is_assigned(phone: str, allow_unassigned: bool) -> bool:
    """Whether the number lies in a range assigned to mobile phones, or, where that is allowed, in
    `UNASSIGNED_PHONES`."""
    if allow_unassigned and phone.startswith(f"+86{UNASSIGNED_PHONES}"):
        return True
    number = phonenumbers.parse(phone)
    kind = phonenumbers.number_type(number)
    return phonenumbers.is_valid_number(number) and kind == phonenumbers.PhoneNumberType.MOBILE


def parse_id_number(text: str, today: date) -> tuple[str, int] | None:
    """A resident ID number (GB 11643) in its plain form, and the year of birth; None for anything
    else: a place that never was a division, a birth in the future or before people who live.

    The place code is not checked against the date of birth as `ric.validate` does: it is the place
    where the number was given, and Huaiyin district is younger than many who live there.
    """
    number = identifier(text).upper()
    if not _ID_NUMBER.fullmatch(number) or ric.calc_check_digit(number) != number[-1]:
        return None
    try:
        born = ric.get_birth_date(number)
    except ValidationError:
        return None
    if not is_division(number[:6]) or not 0 <= years_between(born, today) <= MAX_AGE:
        return None
    return number, born.year


def is_too_young(number: str, today: date) -> bool:
    """Whether the person of a checked ID number may not join yet."""
    return years_between(ric.get_birth_date(number), today) < MIN_AGE


def is_division(code: str) -> bool:
    """Whether a county or district ever had this code, or residents of Hong Kong, Macao or Taiwan
    have it on their permits."""
    if code in _PERMITS:
        return True
    found = numdb.get("cn/loc").info(code)
    return any("county" in properties for _, properties in found)


class FieldCipher:
    """Encrypts single fields with AES-256-GCM. Both keys are 32 bytes, given as 64 hex digits.

    A ciphertext is bound to its context (`account.phone:acc_1`), so it cannot be moved to another
    field or person.
    """

    def __init__(self, key: str, lookup_key: str) -> None:
        self._cipher = AESGCM(_key(key, "FIELD_KEY"))
        self._lookup = hmac.new(_key(lookup_key, "LOOKUP_KEY"), digestmod=hashlib.sha256)

    def encrypt(self, plain: str, context: str) -> str:
        nonce = secrets.token_bytes(12)
        encrypted = self._cipher.encrypt(nonce, plain.encode(), context.encode())
        return "v1." + base64.urlsafe_b64encode(nonce + encrypted).decode()

    def decrypt(self, encrypted: str, context: str) -> str:
        """Raises cryptography.exceptions.InvalidTag if key, context and text do not match."""
        raw = base64.urlsafe_b64decode(encrypted.removeprefix("v1."))
        return self._cipher.decrypt(raw[:12], raw[12:], context.encode()).decode()

    def lookup(self, plain: str, context: str) -> str:
        """A keyed hash that finds an equal value without revealing it: 32 hex digits."""
        keyed = self._lookup.copy()
        keyed.update(f"{context}\x1f{plain}".encode())
        return keyed.hexdigest()[:32]


def _key(text: str, name: str) -> bytes:
    key = bytes.fromhex(text)
    if len(key) != 32:
        raise ValueError(f"{name} must be 64 hex digits (32 bytes)")
    return key


class PersonalData:
    """Encrypts and decrypts personal fields, each bound to its field and its account."""

    def __init__(self, cipher: FieldCipher) -> None:
        self._cipher = cipher

    def phone_key(self, phone: str) -> str:
        return self._cipher.lookup(phone, "account.phone")

    @staticmethod
    def first_account_of(phone_key: str) -> str:
        """The id of an account that was opened when ids were derived from phones
        (docs/decisions/0005)."""
        return derived_id("acc", phone_key)

    def id_number_key(self, number: str) -> str:
        return self._cipher.lookup(number, "account.id_number")

    def sign_in_code(self, code_id: str, digits: int) -> str:
        """The digits of the one-time code with this id: nobody has them without the key."""
        drawn = int(self._cipher.lookup(f"{code_id}.{digits}", "sign_in_code"), 16)
        return f"{drawn % 10**digits:0{digits}d}"

    def address_key(self, phone_key: str, address: str) -> str:
        """Of an address that signs in to a phone's account; of another phone's it is another."""
        return "a" + self._cipher.lookup(f"{phone_key}.{address}", "sign_in.address")

    def token_secret(self, session: str, salt: str, turn: int) -> str:
        return self._cipher.lookup(f"{session}.{salt}.{turn}", "session.refresh")

    def encrypt(self, plain: str, field: str, account: str) -> str:
        return self._cipher.encrypt(plain, f"account.{field}:{account}")

    def decrypt(self, encrypted: str, field: str, account: str) -> str:
        return self._cipher.decrypt(encrypted, f"account.{field}:{account}")

    def phone_of(self, account: Account) -> str:
        return self.decrypt(account.phone, "phone", account.id)

    def name_of(self, account: Account) -> str | None:
        return None if account.name is None else self.decrypt(account.name, "name", account.id)
