"""The number that a report is followed by: `JN-4F7K-2M9Q-X`. 40 random bits in Crockford's base 32,
and a check character.

Made to be read out over a phone: no I, L, O, U; lower case, spaces, missing dashes, O for 0 and I
for 1 are accepted. The check character is a weighted sum over GF(32) that detects every single
wrong character and every transposition of two characters.
"""

from chassis.domain import Refusal
from chassis.inputs.typed import identifier

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
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
        # 2 generates the field: 31 different weights, none equal to the check character's own, 1.
        weight = _times(weight, 2)
        total ^= _times(weight, value)
    return total


def number_of(random: int) -> str:
    """The number made of `BITS` random bits."""
    values = [random >> 5 * place & 31 for place in range(_BODY)]
    return _format("".join(_ALPHABET[value] for value in (*values, _check(values))))


def parse(typed: str, field: str = "path.number") -> str:
    """The number as stored. Raises Refusal for a wrong, missing or superfluous character."""
    plain = "".join(c for c in identifier(typed).upper() if c.isalnum())
    if len(plain) == _BODY + 3 and plain.startswith("JN"):
        plain = plain[2:]
    plain = plain.translate(_READ_AS)
    if len(plain) != _BODY + 1 or any(c not in _ALPHABET for c in plain):
        raise Refusal("number_form", field)
    values = [_ALPHABET.index(c) for c in plain]
    if _check(values[:-1]) != values[-1]:
        raise Refusal("number_check", field)
    return _format(plain)


def _format(characters: str) -> str:
    return f"JN-{characters[:4]}-{characters[4:8]}-{characters[8]}"
