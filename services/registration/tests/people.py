"""Invented people for tests."""

import secrets
from datetime import date, timedelta

from stdnum.cn import ric

_RUN = secrets.randbelow(9000)
"""So that a second run on the same store has people of its own."""


def id_number(n: int) -> str:
    """A well-formed ID number that nobody has: order code 000; of Lixia, since the demonstration's
    are of Huaiyin."""
    birthday = date(1960, 1, 1) + timedelta(days=_RUN + n)
    digits = f"370102{birthday:%Y%m%d}000"
    return digits + ric.calc_check_digit(digits + "0")
