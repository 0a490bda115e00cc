"""Probabilities: that a person accepts, that enough of several do, and which team responds
first."""

from collections.abc import Generator, Sequence
from typing import NamedTuple

from services.dispatch.policy import DispatchPolicy
from services.dispatch.selection.domain.situation import Tally

_MIN, _MAX = 0.02, 0.98


class Option(NamedTuple):
    """Somebody who can be called: adjusted minutes until they would be there, and the probability
    that they accept."""

    volunteer: str
    minutes: float
    probability: float


def acceptance(tally: Tally, policy: DispatchPolicy) -> float:
    """The probability that a person accepts: the prior, updated by all their answers, then by those
    at this hour, then by those to this category (the mean of a beta distribution each time)."""
    probability, weight = policy.prior, policy.prior_weight
    for asked, accepted in (
        (tally.asked, tally.accepted),
        (tally.asked_hour, tally.accepted_hour),
        (tally.asked_kind, tally.accepted_kind),
    ):
        probability = (weight * probability + accepted) / (weight + asked)
    return min(_MAX, max(_MIN, probability))


def at_least(places: int, probabilities: Sequence[float]) -> float:
    """The probability that at least `places` of independent events happen (Poisson-binomial)."""
    if places <= 0:
        return 1.0
    fewer = [1.0] + [0.0] * (places - 1)  # fewer[k]: exactly k so far
    for probability in probabilities:
        for k in range(places - 1, 0, -1):
            fewer[k] = fewer[k] * (1 - probability) + fewer[k - 1] * probability
        fewer[0] *= 1 - probability
    return 1.0 - sum(fewer)


def first_response(team: Sequence[Option], if_nobody: float) -> float:
    """Expected minutes until the first of a team is there; `if_nobody` is the cost when none
    accepts."""
    expected = if_nobody
    for option in sorted(team, key=lambda o: -o.minutes):
        expected = option.probability * option.minutes + (1 - option.probability) * expected
    return expected


def smallest_team(
    options: Sequence[Option],
    places: int,
    already: Sequence[float],
    enough: float,
    max_size: int,
    if_nobody: float,
) -> tuple[tuple[Option, ...], float]:
    """The smallest of the best teams that, with those `already` asked, fills the places with
    probability `enough`; if none does, the largest. Gives the team and its probability."""
    most = min(max_size, len(options))
    team, probability = (), at_least(places, already)
    if probability >= enough or most == 0:
        return team, probability
    fewest = _fewest(options, places, already, enough, most)
    for team in best_teams(options, fewest, most, if_nobody):
        probability = at_least(places, (*already, *(option.probability for option in team)))
        if probability >= enough:
            break
    return team, probability


def _fewest(
    options: Sequence[Option], places: int, already: Sequence[float], enough: float, most: int
) -> int:
    """No smaller team can suffice: those most likely to accept would not."""
    likely = sorted((option.probability for option in options), reverse=True)
    sizes = range(1, most)
    return next((n for n in sizes if at_least(places, (*already, *likely[:n])) >= enough), most)


def best_teams(
    options: Sequence[Option], min_size: int, max_size: int, if_nobody: float
) -> Generator[tuple[Option, ...]]:
    """For each size from `min_size` to `max_size` the team with the soonest expected first
    response, exactly.

    `options` are in order of minutes (equal ones in order of preference). Going from the farthest
    to the nearest, a team's value is p * minutes + (1 - p) * value of those behind: so the best of
    each size follows from the best of those behind, in len(options) * max_size steps.
    """
    value = [if_nobody] * (max_size + 1)
    taken: list[list[bool]] = []
    sizes = range(1, max_size + 1)
    for option in reversed(options):
        with_it = [
            option.probability * option.minutes + (1 - option.probability) * value[size - 1]
            for size in sizes
        ]
        taken.append([False] + [with_it[size - 1] <= value[size] for size in sizes])
        value = [if_nobody] + [min(with_it[size - 1], value[size]) for size in sizes]
    taken.reverse()
    for size in range(min_size, max_size + 1):
        yield _team(options, taken, size)


def _team(
    options: Sequence[Option], taken: Sequence[Sequence[bool]], size: int
) -> tuple[Option, ...]:
    team: list[Option] = []
    for option, take in zip(options, taken, strict=True):
        if take[size - len(team)]:
            team.append(option)
    return tuple(team)
