"""The cost of a larger city: sign-ups, alerts and positions with 10,000 and with 185,000 volunteers
on duty."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from statistics import median

from pydantic import BaseModel

from bench.alert_path import Path
from bench.city import DENSE, City
from bench.companion import Companion
from bench.environment import Environment, load
from bench.event_log import EventLog
from bench.load_client import Job
from bench.rows import alert, positions, registration
from bench.rows.row import percentile

SIZES = (DENSE, 185_000)
GOAL = "<= 1.5"
_FIRST = 40_000
"""The first phone; lower ones are signed up by other rows."""


class Grown(BaseModel):
    """One figure in a small and in a large city; `ratio` is the factor by which the large one is
    worse."""

    name: str
    unit: str
    small: float
    large: float
    ratio: float
    goal: str = GOAL


class Scale(BaseModel):
    """`memory_mib`: resident memory by size and process."""

    sizes: tuple[int, int] = SIZES
    figures: list[Grown] = []
    memory_mib: dict[str, dict[str, float]] = {}


@dataclass(frozen=True)
class _Figure:
    name: str
    unit: str
    more_is_better: bool
    measure: Callable[[str], Awaitable[float]]


async def measure(environment: Environment, rounds: int, share: float) -> Scale:
    """Medians of the rounds, each with `share` of the usual requests."""
    city, scale = City(environment), Scale()
    found: dict[str, list[float]] = {}
    async with AsyncExitStack() as stack:
        stack.callback(city.close)
        client = await stack.enter_async_context(Companion("bench.alert_client"))
        path = Path(
            environment, city, client, await stack.enter_async_context(EventLog(environment))
        )
        figures = _figures(environment, path, share)
        for size in SIZES:
            await city.grow(size)
            if size == SIZES[0]:
                await path.open(alert.STREAMS)
            for figure in figures:
                rates = [await figure.measure(f"{size} {turn}") for turn in range(rounds + 1)][1:]
                found.setdefault(figure.name, []).append(median(rates))
            scale.memory_mib[f"{size:,}"] = environment.memory()
    for figure in figures:
        small, large = found[figure.name]
        ratio = small / large if figure.more_is_better else large / small
        scale.figures.append(
            Grown(name=figure.name, unit=figure.unit, small=small, large=large, ratio=ratio)
        )
    return scale


def _figures(environment: Environment, path: Path, share: float) -> list[_Figure]:
    first = _FIRST

    async def sign_ups(_: str) -> float:
        nonlocal first
        count = int(4000 * share)
        bodies = await registration.codes_for(environment, first, count)
        first += count
        await environment.quiet()
        url = f"{environment.url('registration')}/api/v1/sessions"
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
        return await positions.ours(environment, seed, int(4000 * share))

    return [
        _Figure("sign-ups", "1/s", True, sign_ups),
        _Figure(f"report to alert, p50 at {alert.CALM_RATE:g} reports/s", "ms", False, alerts),
        _Figure("positions in batches of 20", "1/s", True, batches),
    ]
