"""kill -9 of each service while the town is at work: anywhere, and at the points where a relay
could lose or double.

Nobody starts anything anew here but the test that has put a service in another's place.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from deploy.local.ports import SERVICES
from tests.faults.books import Place, Reader
from tests.faults.failpoint import HELD, Point
from tests.faults.ground import Ground
from tests.faults.ledger import balance
from tests.faults.stand_in import stand_in
from tests.faults.town import load

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.timeout(300)]
OTHERS = [pytest.param(name, marks=pytest.mark.long) for name in SERVICES if name != "incidents"]


async def test_each_service_killed_in_mid_load_nothing_is_lost_or_doubled(ground: Ground):
    async with load(ground) as town:
        for service in SERVICES:
            await ground.kill(service)
            await town.goes_on()
    await balance(ground)


@pytest.mark.long
@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_killed_again_and_again_nothing_is_lost_or_doubled(
    ground: Ground, service: str
):
    moments = random.Random(service)
    async with load(ground, rate=12) as town:
        for _ in range(4):
            await town.goes_on(moments.randint(3, 30))
            await ground.kill(service)
            await asyncio.to_thread(ground.platform.wait_ready, service, 60)
        await town.goes_on()
    await balance(ground)


@asynccontextmanager
async def held(ground: Ground, service: str, point: Point) -> AsyncGenerator[None]:
    """In the service's place one that has come to this point. At the end it is killed there and the
    own one is back."""
    async with stand_in(ground, service, "tests.faults.failpoint", point) as process:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            while HELD.encode() not in await asyncio.to_thread(process.stdout.readline):
                assert process.poll() is None, "it did not come so far"
        yield


async def unpublished(ground: Ground, service: str) -> set[Place]:
    """Every event that the store of the service holds as not published."""
    found: set[Place] = set()
    async with ground.mongo() as client:
        for name in await client[service].list_collection_names():
            async for document in client[service][name].find({"pending": True}, {"outbox": 1}):
                found |= {
                    (name, str(document["_id"]), entry["seq"])
                    for entry in cast(list[Any], document["outbox"])
                }
    return found


@pytest.mark.parametrize("service", ["incidents", *OTHERS])
async def test_killed_before_the_broker_has_it_and_before_the_mark_nothing_is_lost_or_doubled(
    ground: Ground, service: str
):
    """After the write and before the relay: it goes out later. After the acknowledgement and before
    the mark: it goes out twice, and counts once."""
    reader = Reader(ground.addresses)
    async with load(ground, long_work=False) as town:
        async with held(ground, service, "before"):
            await town.goes_on(6)
            waiting = await unpublished(ground, service)
            assert waiting, "something is written"
            assert not waiting & set((await reader.read()).places), "and not on the topic"
        await town.goes_on(6)
        async with held(ground, service, "after"):
            both = set((await reader.read()).places) & await unpublished(ground, service)
            assert both, "something is on the topic and not marked"
        await town.goes_on(6)
    times = Counter((await balance(ground)).places)
    assert {times[event] for event in waiting - both} <= {1}
    assert {times[event] for event in both} == {2}
