"""Row 8: CPU of the platform while nobody uses it."""

import asyncio

from bench.cpu import CpuMeter
from bench.environment import SERVERS, Environment
from bench.rows.row import Row, row
from deploy.local.ports import SERVICES

_SETTLE_S = 15.0
"""The figures that tell of a backlog are some seconds old."""
OURS = "platform at rest, each second"


async def measure(environment: Environment, rounds: int, seconds: int) -> Row:
    """For `seconds` in all, once no service has a backlog. The unit is milliseconds of CPU a
    second, so what it is divided by is one second."""
    await environment.quiet()
    await asyncio.sleep(_SETTLE_S)
    meter = CpuMeter({OURS: environment.parts(*SERVICES, *SERVERS)})
    spent, before = list[float](), 0.0
    for _ in range(rounds):
        with meter.during(OURS, seconds // rounds):
            await asyncio.sleep(seconds // rounds)
        so_far = sum(meter.each_us()[OURS].values()) * (len(spent) + 1) / 1000
        spent.append(so_far - before)
        before = so_far
    return row(
        8,
        "CPU of the platform at rest",
        "ms/s",
        "<= 40",
        [(one, 1.0) for one in spent],
        cpu_us=meter.each_us(),
    )
