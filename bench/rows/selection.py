"""Row 6: the expected first response of the selected volunteers, beside the best team of the same
size.

Pure: random situations with up to 20 candidates; the optimum is found by trying every team. The
only module of the bench that imports a service: it compares estimates that no API returns.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import combinations
from random import Random
from statistics import fmean

import numpy as np
import numpy.typing as npt

from bench.environment import Environment
from bench.rows.row import Row
from contracts.vocabulary import Category, Skill, Urgency, values_of
from services.dispatch.policy import POLICIES
from services.dispatch.selection.domain.select import minutes, select
from services.dispatch.selection.domain.situation import Person, Situation, Tally
from services.dispatch.selection.domain.team import Option, first_response

POLICY = POLICIES.of("2026-01")
MORNING = datetime(2026, 5, 20, 2, 0, tzinfo=UTC)
MAX_PEOPLE = 20


def situation(seed: int) -> Situation:
    """Up to 20 people around a place, each with a history; distances are uniform, so near people
    are more frequent than on a plane."""
    random = Random(f"situation {seed}")
    reach = random.choice((400, 1000, 2000))
    people = tuple(_person(random, n, reach) for n in range(random.randint(3, MAX_PEOPLE)))
    return Situation(
        at=MORNING,
        category=random.choice(values_of(Category)),
        urgency=random.choice(values_of(Urgency)),
        skills=tuple(random.sample(values_of(Skill), random.choice((0, 0, 1, 2)))),
        places=random.choice((1, 1, 1, 2, 2, 3)),
        people=people,
    )


def _person(random: Random, n: int, reach: int) -> Person:
    asked = random.choice((0, 0, 3, 10, 40))
    accepted = sum(random.random() < random.choice((0.1, 0.35, 0.8)) for _ in range(asked))
    return Person(
        volunteer=f"acc_{n:02}",
        distance_m=round(random.uniform(0, reach)),
        seen_at=MORNING,
        birth_year=1980,
        skills=tuple(random.sample(values_of(Skill), random.randint(0, 2))),
        called_this_week=random.choice((0, 0, 1, 5)),
        last_called_at=MORNING - timedelta(days=random.randint(1, 30)),
        tally=Tally(asked=asked, accepted=accepted),
    )


@cache
def _teams(of: int, size: int) -> npt.NDArray[np.intp]:
    """All teams, one per row, indices in ascending order."""
    flat = np.fromiter(
        (place for team in combinations(range(of), size) for place in team), dtype=np.intp
    )
    return flat.reshape(-1, size)


def soonest(options: Sequence[Option], size: int) -> float:
    """The minimum over all teams of this size of the expected minutes to the first arrival."""
    ordered = sorted(options, key=lambda option: option.minutes)
    walk, chance = (
        np.array([o.minutes for o in ordered]),
        np.array([o.probability for o in ordered]),
    )
    teams = _teams(len(ordered), size)
    expected = np.full(len(teams), POLICY.nobody_min)
    for place in range(size - 1, -1, -1):
        who = teams[:, place]
        expected = chance[who] * walk[who] + (1 - chance[who]) * expected
    return float(expected.min())


def compare(case: Situation) -> tuple[float, float] | None:
    """(minutes of the optimum, of the selected); None where nobody can be called."""
    selection = select(case, POLICY)
    people = {person.volunteer: person for person in case.people}
    able = {
        v.volunteer: Option(v.volunteer, minutes(people[v.volunteer], case, POLICY), v.probability)
        for v in selection.verdicts
        if v.probability is not None
    }
    if not selection.chosen:
        return None
    chosen = first_response([able[volunteer] for volunteer in selection.chosen], POLICY.nobody_min)
    return soonest(list(able.values()), len(selection.chosen)), chosen


async def measure(_: Environment, rounds: int, count: int) -> Row:
    """The ratio of mean waiting times. The spread is that of single situations."""
    found = [pair for n in range(count) if (pair := compare(situation(n))) is not None]
    await asyncio.sleep(0)
    ratios = sorted(best / ours if best > 0 else 1 - (ours - best) for best, ours in found)
    ours, best = fmean(ours for _, ours in found), fmean(best for best, _ in found)
    return Row(
        row=6,
        name="first response: exact optimum of all teams / the chosen volunteers",
        unit="min",
        goal=">= 0.98",
        ours=ours,
        peer=best,
        ratio=best / ours,
        spread=(ratios[0], ratios[-1]),
        rounds=len(found),
        details={
            "situations that were exactly the optimum": sum(ratio > 1 - 1e-9 for ratio in ratios)
            / len(ratios),
            "worst situation": ratios[0],
            "worst of a hundred": ratios[len(ratios) // 100],
        },
    )
