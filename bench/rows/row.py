"""A row's results."""

from collections.abc import Sequence
from statistics import median

from pydantic import BaseModel

Detail = float | str | dict[str, float]
CpuEach = dict[str, dict[str, float]]


class Other(BaseModel):
    """A real peer; `not_run` is the reason where it could not be measured."""

    name: str
    value: float | None = None
    """Median of the rounds, in the row's unit."""
    ratio: float | None = None
    """Ours / theirs, the median of the rounds' own ratios."""
    spread: tuple[float, float] | None = None
    not_run: str | None = None


class Row(BaseModel):
    """`ours` and `peer` are medians of the rounds in `unit`; `ratio` is the median of the rounds'
    own ratios."""

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
    cpu_us: CpuEach = {}
    """Microseconds of CPU per operation, by side and process."""
    others: list[Other] = []
    details: dict[str, Detail] = {}


def row(
    number: int,
    name: str,
    unit: str,
    goal: str,
    rounds: Sequence[tuple[float, float]],
    *,
    cpu_us: CpuEach | None = None,
    others: Sequence[Other] = (),
    **details: Detail,
) -> Row:
    """From (ours, peer) pairs, one per round."""
    ratios = sorted(ours / peer for ours, peer in rounds)
    return Row(
        row=number,
        name=name,
        unit=unit,
        goal=goal,
        rounds=len(rounds),
        ratio=median(ratios),
        ours=median(ours for ours, _ in rounds),
        peer=median(peer for _, peer in rounds),
        spread=(ratios[0], ratios[-1]),
        cpu_us=cpu_us or {},
        others=list(others),
        details=details,
    )


def other(name: str, rounds: Sequence[tuple[float, float]], not_run: str | None) -> Other:
    """From (ours, theirs) pairs, one per round; without any it was not run."""
    if not rounds:
        return Other(name=name, not_run=not_run or "no round was measured")
    ratios = sorted(ours / theirs for ours, theirs in rounds)
    value = median(theirs for _, theirs in rounds)
    return Other(name=name, value=value, ratio=median(ratios), spread=(ratios[0], ratios[-1]))


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that `percent` per cent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
