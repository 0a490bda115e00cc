"""The relay publishes every event, in order, whoever wrote it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaConnectionError

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.kafka.publisher import Publisher
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from chassis.tests.conftest import relaying
from chassis.tests.counter import TOPIC, Counter, Counters, increment
from contracts.envelope import Envelope
from deploy.local.ports import free_ports
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers


@asynccontextmanager
async def reading(backend: Backend) -> AsyncGenerator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        TOPIC, bootstrap_servers=backend.kafka_bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def published(consumer: AIOKafkaConsumer, of: set[str], count: int) -> dict[str, list[int]]:
    """The sequence numbers of these aggregates in the topic's order, once there are `count`."""
    found: dict[str, list[int]] = {id: [] for id in of}
    async with asyncio.timeout(30):
        while sum(map(len, found.values())) < count:
            record: Any = await consumer.getone()
            if record.key.decode() in of:
                envelope = Envelope.model_validate_json(record.value)
                assert record.key.decode() == envelope.aggregate
                found[envelope.aggregate].append(envelope.seq)
    return found


class Unreachable(Publisher):
    """Nothing listens on the broker's port."""

    def __init__(self) -> None:
        super().__init__(f"127.0.0.1:{free_ports().kafka}", "unreachable")
        self.refused = asyncio.Semaphore(0)

    async def heal(self) -> None:
        try:
            await super().heal()
        except KafkaConnectionError:
            self.refused.release()
            raise


async def nothing_pending(counters: Counters) -> bool:
    return await counters.collection.count_documents({"pending": True}) == 0


async def test_events_are_published_once_and_in_order(
    counters: Counters, store: Store, publisher: Publisher, backend: Backend
):
    ids = {f"cnt_order_{n}" for n in range(10)}
    async with reading(backend) as topic:
        for id in ids:
            await counters.add(Counter(id=id), [], Cause(id))
        for n in range(5):  # before the relay runs: one document holds several
            await asyncio.gather(*(counters.change(id, increment, Cause(f"{id}{n}")) for id in ids))
        async with relaying(store, publisher):
            for n in range(5, 10):
                await asyncio.gather(
                    *(counters.change(id, increment, Cause(f"{id}{n}")) for id in ids)
                )
            assert await published(topic, ids, 100) == {id: list(range(1, 11)) for id in ids}
            await eventually(lambda: nothing_pending(counters))
    kept = await counters.collection.find_one({"_id": "cnt_order_0"})
    assert kept is not None
    assert kept["outbox"] == []
    assert "pending" not in kept


async def test_an_idle_relay_publishes_what_another_process_writes(
    counters: Counters, store: Store, publisher: Publisher, backend: Backend
):
    """The other store does not set this one's `written`."""
    other = Store(backend.mongo_url, store.database.name, store.clock)
    elsewhere = Repository(other, "counters", Counter)
    async with reading(backend) as topic, relaying(store, publisher):
        await elsewhere.add(Counter(id="cnt_wake"), [], Cause("c0"))
        for n in range(3):
            await elsewhere.change("cnt_wake", increment, Cause(f"c{n}x"))
            await published(topic, {"cnt_wake"}, 1)
    await other.close()


async def test_two_relays_publish_each_event_once_and_one_continues_alone(
    counters: Counters, store: Store, publisher: Publisher, backend: Backend
):
    await counters.add(Counter(id="cnt_two"), [], Cause("c"))
    async with reading(backend) as topic, relaying(store, publisher):
        async with relaying(store, publisher):
            for n in range(10):
                await counters.change("cnt_two", increment, Cause(f"a{n}"))
            assert await published(topic, {"cnt_two"}, 10) == {"cnt_two": list(range(1, 11))}
        for n in range(10):
            await counters.change("cnt_two", increment, Cause(f"b{n}"))
        assert await published(topic, {"cnt_two"}, 10) == {"cnt_two": list(range(11, 21))}


async def test_events_wait_for_an_unreachable_broker(
    counters: Counters, store: Store, publisher: Publisher, backend: Backend
):
    unreachable = Unreachable()
    await counters.add(Counter(id="cnt_later"), [], Cause("c"))
    await counters.change("cnt_later", increment, Cause("c1"))
    async with reading(backend) as topic:
        async with relaying(store, unreachable):
            await counters.change("cnt_later", increment, Cause("c2"))
            async with asyncio.timeout(30):
                for _ in range(2):  # it continues after the first failure
                    await unreachable.refused.acquire()
        assert not await nothing_pending(counters)
        async with relaying(store, publisher):
            assert await published(topic, {"cnt_later"}, 2) == {"cnt_later": [1, 2]}


async def test_a_wakeup_from_another_process_is_handled_at_once(
    counters: Counters,
    store: Store,
    publisher: Publisher,
    backend: Backend,
    monkeypatch: pytest.MonkeyPatch,
):
    """Periodic polling is switched off: only the wake-up can cause the publishing."""
    other = Store(backend.mongo_url, store.database.name, Clock())
    elsewhere = Repository(other, "counters", Counter)
    async with reading(backend) as topic, relaying(store, publisher):
        await counters.add(Counter(id="cnt_wakeup_0"), [], Cause("first"))
        await counters.change("cnt_wakeup_0", increment, Cause("change"))
        await published(topic, {"cnt_wakeup_0"}, 1)  # it has polled, and holds all shares
        monkeypatch.setattr("chassis.outbox.relay._POLL_EVERY", 3600.0)
        async with relaying(other, publisher):
            await elsewhere.add(Counter(id="cnt_wakeup_1"), [], Cause("elsewhere"))
            await elsewhere.change("cnt_wakeup_1", increment, Cause("change"))
            assert await published(topic, {"cnt_wakeup_1"}, 1) == {"cnt_wakeup_1": [1]}
    await other.close()
