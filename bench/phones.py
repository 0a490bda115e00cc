"""Phone numbers that nobody has, one for each number."""

from services.registration.demonstration import UNASSIGNED_PHONES

_FIRST = 20_000_000
_DIGITS = 11 - len(UNASSIGNED_PHONES)


def phone(n: int) -> str:
    return f"{UNASSIGNED_PHONES}{(_FIRST + n) % 10**_DIGITS:0{_DIGITS}d}"
