"""What a larger city costs: sign-ups, alerts and positions at 10,000 and at 185,000 volunteers, all
on duty."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from statistics import median

from pydantic import BaseModel

from bench.city import DENSE, City
from bench.journal import Journal
from bench.lines import Companion
from bench.load import Job
from bench.rows import alert, positions, registration
from bench.rows.row import percentile
from bench.stage import Stage, load

SIZES = (DENSE, 185_000)
GOAL = "<= 1.5"
_FIRST = 40_000
"""Phones from here on, so that none has signed up before."""


class Grown(BaseModel):
    """One figure in a small and in a large city. `ratio` is how much worse it is in the large
    one."""

    name: str
    unit: str
    small: float
    large: float
    ratio: float
    goal: str = GOAL


class Scale(BaseModel):
    """`memory_mib`: process -> resident memory, for each size."""

    sizes: tuple[int, int] = SIZES
    figures: list[Grown] = []
    memory_mib: dict[str, dict[str, float]] = {}


@dataclass(frozen=True)
class _Figure:
    name: str
    unit: str
    more_is_better: bool
    measure: Callable[[str], Awaitable[float]]


async def measure(stage: Stage, rounds: int, share: float) -> Scale:
    """Medians of the rounds; `share` of the usual requests each."""
    city, scale = City(stage), Scale()
    found: dict[str, list[float]] = {}
    async with AsyncExitStack() as stack:
        stack.callback(city.close)
        client = await stack.enter_async_context(Companion("bench.alerts"))
        path = alert.Path(stage, city, client, await stack.enter_async_context(Journal(stage)))
        figures = _figures(stage, path, share)
        for size in SIZES:
            await city.grow(size)
            if size == SIZES[0]:
                await path.open(alert.STREAMS)
            for figure in figures:
                rates = [await figure.measure(f"{size} {turn}") for turn in range(rounds + 1)][1:]
                found.setdefault(figure.name, []).append(median(rates))
            scale.memory_mib[f"{size:,}"] = stage.memory()
    for figure in figures:
        small, large = found[figure.name]
        ratio = small / large if figure.more_is_better else large / small
        scale.figures.append(
            Grown(name=figure.name, unit=figure.unit, small=small, large=large, ratio=ratio)
        )
    return scale


def _figures(stage: Stage, path: alert.Path, share: float) -> list[_Figure]:
    first = _FIRST

    async def sign_ups(_: str) -> float:
        nonlocal first
        count = int(4000 * share)
        bodies = await registration.issue(stage, first, count)
        first += count
        await stage.quiet()
        url = f"{stage.url('registration')}/api/v1/sessions"
        return (
            await load(
                Job(url=url, bodies=bodies, headers=registration.traced(count), requests=count)
            )
        ).rate

    async def alerts(seed: str) -> float:
        return percentile(
            await path.run(f"city {seed}", int(200 * share), rate=alert.CALM_RATE), 50
        )

    async def batches(seed: str) -> float:
        return await positions.ours(stage, seed, int(4000 * share))

    return [
        _Figure("sign-ups", "1/s", True, sign_ups),
        _Figure(f"report to alert, p50 at {alert.CALM_RATE:g} reports/s", "ms", False, alerts),
        _Figure("positions in batches of 20", "1/s", True, batches),
    ]
