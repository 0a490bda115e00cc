"""The number a report is followed by: `JN-4F7K-2M9Q-X`. 40 random bits in Crockford's base 32, and
a check sign.

Easy to read out over a phone: no I, L, O, U; lower case, spaces, missing dashes, O for 0 and I for
1 are understood. The check sign is a sum over GF(32) with a different weight at each place: every
single wrong sign, and every two signs that changed places, are found.
"""

import unicodedata

from chassis.domain import Refusal

_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("OIL", "011")
_BODY = 8
BITS = 5 * _BODY


def _times(a: int, b: int) -> int:
    """Product in GF(32), modulo x^5 + x^2 + 1."""
    product = 0
    for bit in range(5):
        if b >> bit & 1:
            product ^= a << bit
    for bit in range(9, 4, -1):
        if product >> bit & 1:
            product ^= 0b100101 << (bit - 5)
    return product


def _check(values: list[int]) -> int:
    total, weight = 0, 1
    for value in values:
        weight = _times(
            weight, 2
        )  # 2 generates the field: 31 different weights, none of them the check sign's own 1
        total ^= _times(weight, value)
    return total


def number_of(random: int) -> str:
    """The number of these random bits (`BITS` of them)."""
    values = [random >> 5 * place & 31 for place in range(_BODY)]
    signs = "".join(_SIGNS[value] for value in (*values, _check(values)))
    return f"JN-{signs[:4]}-{signs[4:8]}-{signs[8]}"


def parse(typed: str, field: str = "path.number") -> str:
    """The number as it is stored. Raises Refusal (422) when it cannot be one: a sign is wrong,
    missing or too many."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", typed).upper() if sign.isalnum())
    if len(plain) == _BODY + 3 and plain.startswith("JN"):
        plain = plain[2:]
    plain = plain.translate(_READ_AS)
    if len(plain) != _BODY + 1 or any(sign not in _SIGNS for sign in plain):
        raise Refusal("number_form", field)
    values = [_SIGNS.index(sign) for sign in plain]
    if _check(values[:-1]) != values[-1]:
        raise Refusal("number_check", field)
    return f"JN-{plain[:4]}-{plain[4:8]}-{plain[8]}"
