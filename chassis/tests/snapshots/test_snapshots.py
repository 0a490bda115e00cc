"""A reader that begins after the events are gone builds its replica from the snapshots."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from chassis.broker.topics import ensure_topics
from chassis.clock import Clock
from chassis.domain import Aggregate, Cause
from chassis.kafka.publisher import Publisher
from chassis.kafka.subscriptions import Message
from chassis.mongo.projection import Projection
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from chassis.service import Service
from chassis.settings import Settings
from chassis.snapshots.restating import restate
from chassis.tests.conftest import relaying
from contracts.envelope import Event
from contracts.topics import state
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers
TOPIC = f"lamps.events.{secrets.token_hex(3)}"


class LampSet(Event):
    """A lamp was switched."""

    topic: ClassVar[str] = TOPIC
    key: ClassVar[str] = "lamp"
    state: ClassVar[str] = "lamp"
    example: ClassVar = {"lamp": "lam_1", "on": True}
    lamp: str
    on: bool


class LampRemoved(Event):
    """A lamp is no more."""

    topic: ClassVar[str] = TOPIC
    key: ClassVar[str] = "lamp"
    ends: ClassVar[tuple[str, ...]] = ("lamp",)
    example: ClassVar = {"lamp": "lam_1"}
    lamp: str


class Lamp(Aggregate):
    on: bool = False


class City:
    """The publisher of lamps."""

    def __init__(self, lamps: Repository[Lamp]) -> None:
        self.lamps = lamps

    async def switch(self, id: str, on: bool) -> None:
        await self.lamps.change(
            id,
            lambda lamp: (lamp.with_(on=on), [LampSet(lamp=id, on=on)]),
            Cause(secrets.token_hex(8)),
            create=Lamp(id=id),
        )

    async def remove(self, id: str) -> None:
        await self.lamps.change(
            id, lambda lamp: (lamp, [LampRemoved(lamp=id)]), Cause(secrets.token_hex(8))
        )

    async def published(self) -> None:
        async def nothing_pending() -> bool:
            return await self.lamps.collection.count_documents({"pending": True}) == 0

        await eventually(nothing_pending)


@pytest.fixture
async def city(backend: Backend, store: Store) -> AsyncGenerator[City]:
    """On topics of their own, whose events and snapshots of earlier tests are gone."""
    lamps = Repository(store, "lamps", Lamp)
    await store.prepare()
    await ensure_topics(backend.kafka_bootstrap, [TOPIC], 3, 1)
    publisher = Publisher(backend.kafka_bootstrap, "lamps")
    await publisher.start()
    async with relaying(store, publisher):
        yield City(lamps)
    await publisher.stop()


class Reader:
    """A service that keeps a replica of the lamps, and hears nothing of them but by messages."""

    def __init__(self, backend: Backend) -> None:
        self.name, self._backend = f"lamp_reader_{secrets.token_hex(3)}", backend
        self.heard: list[str] = []
        self.rules: list[str] = []

    @asynccontextmanager
    async def run(self) -> AsyncGenerator[Projection]:
        settings = Settings(
            mongo_url=self._backend.mongo_url,
            kafka_bootstrap=self._backend.kafka_bootstrap,
            watchdog_seconds=3600,
        )
        service = Service(self.name, settings)
        replica = Projection(service.store, "lamp_replicas")

        async def keep(event: LampSet, message: Message) -> None:
            self.heard.append(message.id)
            await replica.keep(event.lamp, message.seq, on=event.on)

        async def rule(event: LampSet, message: Message) -> None:
            self.rules.append(message.id)

        service.keeps(LampSet, keep)
        service.on(LampSet, rule)
        async with service._lifespan(service.app):  # pyright: ignore[reportPrivateUsage]
            yield replica

    async def drop_database(self) -> None:
        store = Store(self._backend.mongo_url, self.name, Clock())
        await store.client.drop_database(self.name)
        await store.close()


async def _on(replica: Projection, lamp: str) -> bool | None:
    found = await replica.get(lamp)
    return found["on"] if found else None


async def becomes(replica: Projection, lamp: str, on: bool) -> None:
    async def is_so() -> bool:
        return await _on(replica, lamp) is on

    await eventually(is_so)


async def forget_events(backend: Backend) -> None:
    """As the broker does when their time is over."""
    admin = AIOKafkaAdminClient(bootstrap_servers=backend.kafka_bootstrap)
    await admin.start()
    try:
        (described,) = await admin.describe_topics([TOPIC])
        everything = {
            TopicPartition(TOPIC, part["partition"]): RecordsToDelete(before_offset=-1)
            for part in described["partitions"]
        }
        await admin.delete_records(everything)
    finally:
        await admin.close()


async def test_a_new_reader_is_built_from_nothing_after_the_events_are_gone(
    backend: Backend, city: City
) -> None:
    lamp, reader = f"lam_{secrets.token_hex(4)}", Reader(backend)
    await city.switch(lamp, True)
    await city.switch(lamp, False)
    await city.switch(lamp, True)
    await city.published()
    await forget_events(backend)
    async with reader.run() as replica:
        assert await _on(replica, lamp) is True  # before it serves
        assert not reader.rules, "rules act on what happens, not on what a snapshot says"
        await city.switch(lamp, False)
        await becomes(replica, lamp, False)
    await reader.drop_database()


async def test_a_replica_whose_store_is_deleted_comes_back_and_is_not_read_twice(
    backend: Backend, city: City
) -> None:
    lamp, reader = f"lam_{secrets.token_hex(4)}", Reader(backend)
    await city.switch(lamp, True)
    await city.published()
    async with reader.run() as replica:
        await becomes(replica, lamp, True)
    await forget_events(backend)

    reader.heard.clear()
    async with reader.run():
        assert not reader.heard, "a complete replica costs nothing at a start"

    async with reader.run() as replica:
        await replica.collection.delete_many({})
    async with reader.run() as replica:
        assert await _on(replica, lamp) is True
    await reader.drop_database()


async def test_what_a_reader_slept_through_is_read_from_the_snapshot(
    backend: Backend, city: City
) -> None:
    """Its replica is there, but events that it never read are gone."""
    lamp, reader = f"lam_{secrets.token_hex(4)}", Reader(backend)
    await city.switch(lamp, True)
    await city.published()
    async with reader.run() as replica:
        await becomes(replica, lamp, True)
    await city.switch(lamp, False)
    await city.published()
    await forget_events(backend)
    async with reader.run() as replica:
        assert await _on(replica, lamp) is False
    await reader.drop_database()


async def test_what_ended_is_no_more_in_the_snapshot(backend: Backend, city: City) -> None:
    lamp, other = f"lam_{secrets.token_hex(4)}", f"lam_{secrets.token_hex(4)}"
    for id in (lamp, other):
        await city.switch(id, True)
    await city.remove(lamp)
    await city.published()
    await forget_events(backend)
    found = await _values(backend)
    assert found[f"lamp/{lamp}"] is None
    assert found[f"lamp/{other}"] is not None


async def test_state_from_before_the_snapshots_is_published_when_an_operator_asks(
    backend: Backend, city: City
) -> None:
    lamp, reader = f"lam_{secrets.token_hex(4)}", Reader(backend)
    now = Lamp(id=lamp, on=True)
    await city.lamps.add(now, [], Cause(secrets.token_hex(8)))  # nothing was said of it
    await restate(city.lamps, lamp, lambda it: [LampSet(lamp=it.id, on=it.on)])
    await city.switch(lamp, False)
    await restate(city.lamps, lamp, lambda it: [LampSet(lamp=it.id, on=it.on)])
    await city.published()
    await forget_events(backend)
    async with reader.run() as replica:
        assert await _on(replica, lamp) is False
    await reader.drop_database()


async def _values(backend: Backend) -> dict[str, bytes | None]:
    """Key -> the last value on the snapshot topic."""
    consumer: Any = AIOKafkaConsumer(
        state(TOPIC), bootstrap_servers=backend.kafka_bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    found: dict[str, bytes | None] = {}
    try:
        for part, end in (await consumer.end_offsets(consumer.assignment())).items():
            while await consumer.position(part) < end:
                async with asyncio.timeout(20):
                    record = await consumer.getone(part)
                found[record.key.decode()] = record.value
    finally:
        await consumer.stop()
    return found
