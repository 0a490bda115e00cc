"""A process that hangs is ended by its watchdog; whoever starts it again finds all that waited, and
deals with it."""

import asyncio
import signal
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.domain import Cause
from chassis.health import EXIT_CODE
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from chassis.outbox.publisher import Publisher
from chassis.tests.children import Child, children
from chassis.tests.counter import TOPIC, Counter, up
from deploy.local.ports import free_ports
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults]
Counters = Repository[Counter]


async def lag(backend: Backend, group: str) -> int:
    """Messages of the topic that the group has not committed."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=backend.kafka_bootstrap, group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        parts = [TopicPartition(TOPIC, n) for n in consumer.partitions_for_topic(TOPIC) or ()]
        ends = await consumer.end_offsets(parts)
        return sum([end - (await consumer.committed(part) or 0) for part, end in ends.items()])
    finally:
        await consumer.stop()


async def ready(url: str) -> bool:
    try:
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
            return (await client.get(f"{url}/health/ready")).status_code == 200
    except httpx.HTTPError:
        return False


class Hanging:
    """The small service, the counters that it has effects of, and a supervisor's one duty: start it
    again."""

    def __init__(
        self, backend: Backend, child: Child, url: str, store: Store, counters: Counters
    ) -> None:
        self.backend, self.child, self.url, self.store, self.counters = (
            backend,
            child,
            url,
            store,
            counters,
        )
        self.effects = Repository(store, "effects", Counter)
        self.ids = [f"cnt_{store.database.name}_{n}" for n in range(8)]

    async def change_all(self, turn: int) -> None:
        """One event of each counter."""
        for id in self.ids:
            await self.counters.add(Counter(id=id), [], Cause(id))
            await self.counters.change(id, up, Cause(f"{id}/{turn}"))

    async def all_done(self, turns: int) -> bool:
        """Whether each event had its one effect."""
        found = {one.id: one.total for one in await self.effects.find({"_id": {"$in": self.ids}})}
        return found == dict.fromkeys(self.ids, turns)

    async def no_lag(self) -> bool:
        return await lag(self.backend, self.store.database.name) == 0

    async def ends_and_recovers(self, turns: int, within: float) -> None:
        """The watchdog ends it; started anew it catches up, with each effect once."""
        assert await self.child.ends(within) == EXIT_CODE
        assert any("watchdog ends the process" in line for line in self.child.said())
        self.child.start()
        began = time.monotonic()
        await eventually(lambda: self.all_done(turns), within=60)
        await eventually(self.no_lag, within=max(5.0, 60 - (time.monotonic() - began)))


@pytest.fixture(params=[6.0])
async def hanging(
    request: pytest.FixtureRequest,
    backend: Backend,
    store: Store,
    counters: Counters,
    publisher: Publisher,
    tmp_path: Path,
) -> AsyncGenerator[Hanging]:
    """With a watchdog of `param` seconds; it runs, and has dealt with one event of each counter."""
    port = free_ports().gateway
    variables = {
        "MONGO_URL": backend.mongo_url,
        "KAFKA_BOOTSTRAP": backend.kafka_bootstrap,
        "DATABASE": store.database.name,
        "FOLDER": str(tmp_path),
        "HTTP_PORT": str(port),
        "WATCHDOG_SECONDS": str(request.param),
    }
    url = f"http://127.0.0.1:{port}"
    with children("chassis.tests.service_child", tmp_path, variables, "hanging") as (child,):
        await eventually(lambda: ready(url), within=40)
        one = Hanging(backend, child, url, store, counters)
        await one.change_all(1)
        await eventually(lambda: one.all_done(1))
        yield one


async def block(one: Hanging, seconds: float) -> asyncio.Task[None]:
    """A request whose handler blocks the event loop; begun when the service does not answer others
    any more."""

    async def ask() -> None:
        async with httpx.AsyncClient(timeout=seconds, trust_env=False) as client:
            with pytest.raises(httpx.HTTPError):
                await client.post(f"{one.url}/api/v1/counters/block", params={"seconds": seconds})

    asking = asyncio.create_task(ask())

    async def blocked() -> bool:
        return not await ready(one.url)

    await eventually(blocked)
    return asking


async def test_a_blocked_event_loop_ends_the_process_and_nothing_is_lost(hanging: Hanging):
    asking = await block(hanging, 40)
    await hanging.change_all(2)
    await hanging.ends_and_recovers(2, within=25)
    await asking


@pytest.mark.long
@pytest.mark.parametrize("hanging", [30.0], indirect=True)
async def test_as_it_is_set_a_loop_blocked_for_40_s_ends_and_lag_is_0_within_60_s_of_its_end(
    hanging: Hanging,
):
    asking = await block(hanging, 40)
    await hanging.change_all(2)
    await hanging.ends_and_recovers(2, within=38)
    await asking


@pytest.mark.long
@pytest.mark.parametrize("how", ["hang", "deaf", "mute"])
async def test_a_consumer_that_hangs_ends_the_process_and_nothing_is_lost(
    hanging: Hanging, tmp_path: Path, how: str
):
    """In a handler, in a fetch that never comes back, or in fetches that bring nothing though there
    is something."""
    (tmp_path / how).touch()
    if how != "hang":
        await hanging.child.says(f"is told to {how}")
    await hanging.change_all(2)
    await hanging.ends_and_recovers(2, within=40)


@pytest.mark.long
async def test_a_broker_that_is_away_is_no_reason_to_end(hanging: Hanging, backend: Backend):
    """Else the service would take no requests either, while it waits for the broker at its
    start."""
    backend.kill("kafka", signal.SIGSTOP)
    try:
        await hanging.change_all(2)
        for _ in range(4):
            assert hanging.child.code is None
            await asyncio.sleep(6.0)  # as long as the watchdog bears it
        assert hanging.child.code is None
    finally:
        backend.kill("kafka", signal.SIGCONT)
    await eventually(lambda: hanging.all_done(2), within=60)
    assert hanging.child.code is None
