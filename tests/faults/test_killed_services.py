"""kill -9 of each service while the load is at work: anywhere, and at the points where a relay
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
from tests.faults.observed_state import Place, StateReader
from tests.faults.failpoint import HELD, Point
from tests.faults.platform import FaultPlatform
from tests.faults.ledger import balance
from tests.faults.replaced_service import replaced_service
from tests.faults.under_load import under_load

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.timeout(300)]
OTHERS = [pytest.param(name, marks=pytest.mark.long) for name in SERVICES if name != "incidents"]


async def test_each_service_killed_in_mid_load_nothing_is_lost_or_doubled(platform: FaultPlatform):
    async with under_load(platform) as load:
        for service in SERVICES:
            await platform.kill(service)
            await load.goes_on()
    await balance(platform)


@pytest.mark.long
@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_killed_again_and_again_nothing_is_lost_or_doubled(
    platform: FaultPlatform, service: str
):
    moments = random.Random(service)
    async with under_load(platform, rate=12) as load:
        for _ in range(4):
            await load.goes_on(moments.randint(3, 30))
            await platform.kill(service)
            await asyncio.to_thread(platform.processes.wait_ready, service, 60)
        await load.goes_on()
    await balance(platform)


@asynccontextmanager
async def held(platform: FaultPlatform, service: str, point: Point) -> AsyncGenerator[None]:
    """In the service's place one that has come to this point. At the end it is killed there and the
    own one is back."""
    async with replaced_service(platform, service, "tests.faults.failpoint", point) as process:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            while HELD.encode() not in await asyncio.to_thread(process.stdout.readline):
                assert process.poll() is None, "it did not come so far"
        yield


async def unpublished(platform: FaultPlatform, service: str) -> set[Place]:
    """Every event that the store of the service holds as not published."""
    found: set[Place] = set()
    async with platform.mongo() as client:
        for name in await client[service].list_collection_names():
            async for document in client[service][name].find({"pending": True}, {"outbox": 1}):
                found |= {
                    (name, str(document["_id"]), entry["seq"])
                    for entry in cast(list[Any], document["outbox"])
                }
    return found


@pytest.mark.parametrize("service", ["incidents", *OTHERS])
async def test_killed_before_the_broker_has_it_and_before_the_mark_nothing_is_lost_or_doubled(
    platform: FaultPlatform, service: str
):
    """After the write and before the relay: it goes out later. After the acknowledgement and before
    the mark: it goes out twice, and counts once."""
    reader = StateReader(platform.addresses)
    async with under_load(platform, long_work=False) as load:
        async with held(platform, service, "before"):
            await load.goes_on(6)
            waiting = await unpublished(platform, service)
            assert waiting, "something is written"
            assert not waiting & set((await reader.read()).places), "and not on the topic"
        await load.goes_on(6)
        async with held(platform, service, "after"):
            both = set((await reader.read()).places) & await unpublished(platform, service)
            assert both, "something is on the topic and not marked"
        await load.goes_on(6)
    times = Counter((await balance(platform)).places)
    assert {times[event] for event in waiting - both} <= {1}
    assert {times[event] for event in both} == {2}
