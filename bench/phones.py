"""Phone numbers that nobody has, one for each number below 100,000; those of the demonstration's
people lie above."""

from simulation.people import UNASSIGNED_PHONES

_DIGITS = 11 - len(UNASSIGNED_PHONES)
MOST = 100_000


def phone(n: int) -> str:
    if not 0 <= n < MOST:
        raise ValueError(f"there are phones for 0 to {MOST - 1}, none for {n}")
    return f"{UNASSIGNED_PHONES}{n:0{_DIGITS}d}"
