"""A row's measurements and what they come to."""

from statistics import median

from pydantic import BaseModel


class Row(BaseModel):
    """`ours` and `peer` are medians of the rounds in `unit`; `ratio` is the median of the rounds' own ratios."""

    row: int
    name: str
    unit: str
    ours: float
    peer: float
    ratio: float
    goal: str
    spread: tuple[float, float]
    """The smallest and the largest of the rounds' ratios."""
    rounds: int
    details: dict[str, float | str] = {}


def row(
    number: int, name: str, unit: str, goal: str, rounds: list[tuple[float, float]], **details: float | str
) -> Row:  # fmt: skip
    """Of (ours, peer) pairs, one a round, measured side by side."""
    ratios = sorted(ours / peer for ours, peer in rounds)
    return Row(
        row=number, name=name, unit=unit, goal=goal, rounds=len(rounds), ratio=median(ratios),
        ours=median(ours for ours, _ in rounds), peer=median(peer for _, peer in rounds),
        spread=(ratios[0], ratios[-1]), details=details,
    )  # fmt: skip
