"""Unassigned phone numbers, one for each number below 100,000; the demonstration's people have
higher ones."""

from simulation.people import UNASSIGNED_PHONES

_DIGITS = 11 - len(UNASSIGNED_PHONES)
COUNT = 100_000


def phone(n: int) -> str:
    if not 0 <= n < COUNT:
        raise ValueError(f"there are phones for 0 to {COUNT - 1}, none for {n}")
    return f"{UNASSIGNED_PHONES}{n:0{_DIGITS}d}"
