"""Chances: that a person accepts, that enough of several do, and which team answers first. Pure
arithmetic."""

from collections.abc import Sequence
from typing import NamedTuple

from services.dispatch.callout.situation import Tally
from services.dispatch.policy import Policy

_LEAST, _MOST = 0.02, 0.98


class Option(NamedTuple):
    """Somebody who can be called: minutes until they would be there (adjusted), and the chance that
    they accept."""

    volunteer: str
    minutes: float
    probability: float


def acceptance(tally: Tally, policy: Policy) -> float:
    """The chance that a person accepts: the prior, drawn by their own answers, then by those at
    this hour, then by those to this kind (the mean of a beta distribution each time)."""
    chance, weight = policy.prior, policy.prior_weight
    for asked, accepted in (
        (tally.asked, tally.accepted),
        (tally.asked_hour, tally.accepted_hour),
        (tally.asked_kind, tally.accepted_kind),
    ):
        chance = (weight * chance + accepted) / (weight + asked)
    return min(_MOST, max(_LEAST, chance))


def at_least(places: int, chances: Sequence[float]) -> float:
    """The probability that at least `places` of independent events with these chances happen
    (Poisson-binomial)."""
    if places <= 0:
        return 1.0
    fewer = [1.0] + [0.0] * (places - 1)  # fewer[k]: exactly k so far
    for chance in chances:
        for k in range(places - 1, 0, -1):
            fewer[k] = fewer[k] * (1 - chance) + fewer[k - 1] * chance
        fewer[0] *= 1 - chance
    return 1.0 - sum(fewer)


def first_response(team: Sequence[Option], if_nobody: float) -> float:
    """Expected minutes until the first of a team is there; `if_nobody` is what it costs when none
    accepts."""
    expected = if_nobody
    for option in sorted(team, key=lambda o: -o.minutes):
        expected = option.probability * option.minutes + (1 - option.probability) * expected
    return expected


def best_teams(options: Sequence[Option], most: int, if_nobody: float) -> list[tuple[Option, ...]]:
    """For each size up to `most` the team whose first response is expected soonest, exactly.

    `options` are in order of minutes (equal ones in order of preference). Going from the farthest
    to the nearest, a team's value is p * minutes + (1 - p) * value of those behind: so the best of
    each size follows from the best of those behind, in len(options) * most steps.
    """
    value = [if_nobody] * (most + 1)
    taken: list[list[bool]] = []
    for option in reversed(options):
        with_it = [
            option.probability * option.minutes + (1 - option.probability) * value[size - 1]
            for size in range(1, most + 1)
        ]
        taken.append([False] + [with_it[size - 1] <= value[size] for size in range(1, most + 1)])
        value = [if_nobody] + [min(with_it[size - 1], value[size]) for size in range(1, most + 1)]
    taken.reverse()
    return [_team(options, taken, size) for size in range(most + 1)]


def _team(
    options: Sequence[Option], taken: Sequence[Sequence[bool]], size: int
) -> tuple[Option, ...]:
    team: list[Option] = []
    for option, take in zip(options, taken, strict=True):
        if take[size - len(team)]:
            team.append(option)
    return tuple(team)
