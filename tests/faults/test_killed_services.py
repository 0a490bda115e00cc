"""kill -9 of each service under load: at any moment, and at the points where a relay could lose or
repeat events.

Killed services restart by themselves.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from deploy.local.ports import SERVICES
from tests.faults.failpoint import HELD, Point
from tests.faults.ledger import balance
from tests.faults.observed_state import EventKey, StateReader
from tests.faults.platform import FaultPlatform
from tests.faults.replaced_service import replaced_service
from tests.faults.under_load import under_load

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.timeout(300)]
OTHERS = [pytest.param(name, marks=pytest.mark.long) for name in SERVICES if name != "incidents"]


async def test_each_service_killed_under_load(platform: FaultPlatform):
    async with under_load(platform) as load:
        for service in SERVICES:
            await platform.kill(service)
            await load.progress()
    await balance(platform)


@pytest.mark.long
@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_killed_repeatedly(platform: FaultPlatform, service: str):
    moments = random.Random(service)
    async with under_load(platform, rate=12) as load:
        for _ in range(4):
            await load.progress(moments.randint(3, 30))
            await platform.kill(service)
            await platform.wait_ready(service)
        await load.progress()
    await balance(platform)


@asynccontextmanager
async def held(platform: FaultPlatform, service: str, point: Point) -> AsyncGenerator[None]:
    """The service stands at this point. In the end it is killed there, and runs again."""
    async with replaced_service(platform, service, "tests.faults.failpoint", point) as process:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            while HELD.encode() not in await asyncio.to_thread(process.stdout.readline):
                assert process.poll() is None, "it ended before that point"
        yield


async def unpublished(platform: FaultPlatform, service: str) -> set[EventKey]:
    """Every event that the service's store holds as unpublished."""
    found: set[EventKey] = set()
    async with platform.mongo() as client:
        for name in await client[service].list_collection_names():
            async for document in client[service][name].find({"pending": True}, {"outbox": 1}):
                found |= {
                    (name, str(document["_id"]), entry["seq"])
                    for entry in cast(list[Any], document["outbox"])
                }
    return found


@pytest.mark.parametrize("service", ["incidents", *OTHERS])
async def test_killed_before_the_broker_has_events_and_before_they_are_marked(
    platform: FaultPlatform, service: str
):
    """Killed between write and relay, events are published later; between acknowledgement and mark,
    twice, with one effect."""
    reader = StateReader(platform.addresses)
    async with under_load(platform, long_work=False) as load:
        async with held(platform, service, "before"):
            await load.progress(6)
            waiting = await unpublished(platform, service)
            assert waiting, "something is unpublished"
            assert not waiting & set((await reader.read()).keys), "and not on the topic"
        await load.progress(6)
        async with held(platform, service, "after"):
            unmarked = set((await reader.read()).keys) & await unpublished(platform, service)
            assert unmarked, "something is on the topic and not marked"
        await load.progress(6)
    times = Counter((await balance(platform)).keys)
    assert {times[event] for event in waiting - unmarked} <= {1}
    assert {times[event] for event in unmarked} == {2}
