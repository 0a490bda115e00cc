"""A process that hangs is ended by its watchdog; after a restart it processes all that waited."""

import asyncio
import signal
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.domain import Cause
from chassis.kafka.publisher import Publisher
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from chassis.server.watchdog import EXIT_CODE
from chassis.tests.children import Child, children
from chassis.tests.counter import TOPIC, Counter, Counters, increment
from deploy.local.ports import free_ports
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults]


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


class ServiceUnderTest:
    """The counter service as a child process, and the counters whose events it processes."""

    def __init__(
        self, backend: Backend, child: Child, url: str, store: Store, counters: Counters
    ) -> None:
        self.child, self.url = child, url
        self._backend, self._store, self._counters = backend, store, counters
        self.effects = Repository(store, "effects", Counter)
        self.ids = [f"cnt_{store.database.name}_{n}" for n in range(8)]

    async def publish_all(self, turn: int) -> None:
        """One event of each counter."""
        for id in self.ids:
            await self._counters.add(Counter(id=id), [], Cause(id))
            await self._counters.change(id, increment, Cause(f"{id}/{turn}"))

    async def all_applied(self, turns: int) -> bool:
        """Whether each event had its one effect."""
        stored = await self.effects.find({"_id": {"$in": self.ids}})
        found = {effect.id: effect.total for effect in stored}
        return found == dict.fromkeys(self.ids, turns)

    async def no_lag(self) -> bool:
        return await lag(self._backend, self._store.database.name) == 0

    async def wait_for_exit_and_recover(self, turns: int, within: float) -> None:
        """The watchdog ends it; restarted it catches up, with each effect once."""
        assert await self.child.wait_for_exit(within) == EXIT_CODE
        assert any("watchdog ends the process" in line for line in self.child.output())
        self.child.start()
        began = time.monotonic()
        await eventually(lambda: self.all_applied(turns), within=60)
        await eventually(self.no_lag, within=max(5.0, 60 - (time.monotonic() - began)))


@pytest.fixture(params=[6.0])
async def service(
    request: pytest.FixtureRequest,
    backend: Backend,
    store: Store,
    counters: Counters,
    publisher: Publisher,
    tmp_path: Path,
) -> AsyncGenerator[ServiceUnderTest]:
    """With a watchdog of `param` seconds; it has processed one event of each counter."""
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
        started = ServiceUnderTest(backend, child, url, store, counters)
        await started.publish_all(1)
        await eventually(lambda: started.all_applied(1))
        yield started


async def block(service: ServiceUnderTest, seconds: float) -> asyncio.Task[None]:
    """A request whose handler blocks the event loop; returns once other requests get no answer."""

    async def request_block() -> None:
        async with httpx.AsyncClient(timeout=seconds, trust_env=False) as client:
            with pytest.raises(httpx.HTTPError):
                await client.post(
                    f"{service.url}/api/v1/counters/block", params={"seconds": seconds}
                )

    request = asyncio.create_task(request_block())

    async def blocked() -> bool:
        return not await ready(service.url)

    await eventually(blocked)
    return request


async def test_a_blocked_event_loop_ends_the_process_and_nothing_is_lost(service: ServiceUnderTest):
    request = await block(service, 40)
    await service.publish_all(2)
    await service.wait_for_exit_and_recover(2, within=25)
    await request


@pytest.mark.long
@pytest.mark.parametrize("service", [30.0], indirect=True)
async def test_with_the_default_limit_a_blocked_loop_ends_the_process_and_lag_is_0_within_60_s(
    service: ServiceUnderTest,
):
    request = await block(service, 40)
    await service.publish_all(2)
    await service.wait_for_exit_and_recover(2, within=38)
    await request


@pytest.mark.long
@pytest.mark.parametrize("fault", ["handler_hangs", "fetch_hangs", "fetch_empty"])
async def test_a_consumer_that_hangs_ends_the_process_and_nothing_is_lost(
    service: ServiceUnderTest, tmp_path: Path, fault: str
):
    """In a handler, in a fetch that never returns, or in fetches that are empty despite lag."""
    (tmp_path / fault).touch()
    if fault != "handler_hangs":
        await service.child.wait_for_output(f"injected {fault}")
    await service.publish_all(2)
    await service.wait_for_exit_and_recover(2, within=40)


@pytest.mark.long
async def test_an_unavailable_broker_does_not_end_the_process(
    service: ServiceUnderTest, backend: Backend
):
    """Otherwise it would take no requests either, while it waits for the broker at its start."""
    backend.kill("kafka", signal.SIGSTOP)
    try:
        await service.publish_all(2)
        for _ in range(4):
            assert service.child.exit_code is None
            await asyncio.sleep(6.0)  # the watchdog's limit
        assert service.child.exit_code is None
    finally:
        backend.kill("kafka", signal.SIGCONT)
    await eventually(lambda: service.all_applied(2), within=60)
    assert service.child.exit_code is None
