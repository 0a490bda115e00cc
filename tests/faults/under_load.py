"""A platform under load, as long as a test needs it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tests.faults.load import MIXED, Load
from tests.faults.platform import FaultPlatform
from tests.faults.volunteers import Volunteers

_RESIDENTS = 30
"""So many that none of them files more than an account may."""


@asynccontextmanager
async def under_load(
    platform: FaultPlatform,
    rate: float = 8.0,
    volunteers: int = 16,
    *,
    long_work: bool = True,
    categories: tuple[str, ...] = MIXED,
) -> AsyncGenerator[Load]:
    """Afterwards every request has had its answer, nobody is on duty, and nobody is sought.

    `long_work`: some work takes long enough for hours to be credited.
    """
    residents, people = await platform.people(_RESIDENTS, volunteers)
    load = Load(platform, rate)
    load.categories = categories
    on_duty = Volunteers(load, people, long_work)
    try:
        await on_duty.start_duty()
        load.on_duty = [*on_duty.all]
        load.start(residents)
        await load.progress(6)
        yield load
        await load.stop()
        await on_duty.end_duty()
        await load.withdraw_unanswered()
    finally:
        await on_duty.close()
        await load.close()
