"""A town at work on a ground, for as long as a test lets it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tests.faults.crew import Crew
from tests.faults.ground import Ground
from tests.faults.load import MIXED, Load


@asynccontextmanager
async def load(
    ground: Ground,
    rate: float = 8.0,
    volunteers: int = 16,
    *,
    long_work: bool = True,
    kinds: tuple[str, ...] = MIXED,
) -> AsyncGenerator[Load]:
    """Runs beside the test; afterwards every request has had its answer, and nobody is on duty.

    `long_work`: some work long enough for hours to be credited.
    """
    residents, crew_people = await ground.people(6, volunteers)
    town = Load(ground, rate)
    town.kinds = kinds
    crew = Crew(town, crew_people, long_work)
    try:
        await crew.go_on_duty()
        town.listeners = [*crew.volunteers]
        town.start(residents)
        await town.goes_on(6)
        yield town
        await town.stop()
        await crew.go_home()
    finally:
        await crew.close()
        await town.close()
