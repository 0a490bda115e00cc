"""Topics grow on a real broker only when nothing is in between; nothing is lost, doubled or out of
order."""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from chassis.broker.topics import ensure_topics
from chassis.clock import Clock
from chassis.kafka.consumer import Consumer
from chassis.kafka.publisher import Publisher
from chassis.kafka.subscriptions import Message, Subscriptions
from chassis.outbox.entries import outbox_entry
from chassis.tests.conftest import running
from chassis.tests.counter import Counted
from contracts.topics import dead
from ops.partitions import NotDrained, grow
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers
KEYS = [f"cnt_{n}" for n in range(40)]


class Stream:
    """A topic of its own, what is published on it, and what its one group has processed."""

    def __init__(self, backend: Backend, publisher: Publisher) -> None:
        self.topic, self.group = f"grown.{secrets.token_hex(3)}", f"grown_{secrets.token_hex(3)}"
        self.bootstrap, self.publisher = backend.kafka_bootstrap, publisher
        self.event = type("Grown", (Counted,), {"topic": self.topic, "__module__": __name__})
        self.seqs = defaultdict[str, int](int)
        self.processed = defaultdict[str, list[int]](list)

    async def publish(self, times: int) -> None:
        for _ in range(times):
            for key in KEYS:
                self.seqs[key] += 1
                seq = self.seqs[key]
                fact = self.event(counter=key, total=seq)
                entry = outbox_entry("grown", key, seq, fact, Clock().now(), "")
                await (await self.publisher.send(entry))

    async def apply(self, event: Counted, message: Message) -> None:
        self.processed[event.counter].append(message.seq)

    @asynccontextmanager
    async def consuming(self) -> AsyncGenerator[None]:
        subscriptions = Subscriptions().on(self.event, self.apply)
        consumer = Consumer(self.bootstrap, self.group, subscriptions, self.publisher)
        async with running(consumer.run()):
            yield

    async def all_processed(self) -> None:
        async def done() -> bool:
            return all(len(self.processed[key]) >= self.seqs[key] for key in KEYS)

        await eventually(done, within=60)


@pytest.fixture
async def stream(backend: Backend) -> AsyncGenerator[Stream]:
    publisher = Publisher(backend.kafka_bootstrap, "grown")
    await publisher.start()
    found = Stream(backend, publisher)
    await ensure_topics(backend.kafka_bootstrap, [found.topic], 6, 1)
    yield found
    await publisher.stop()


async def test_a_drained_topic_grows_and_each_key_keeps_its_order(stream: Stream) -> None:
    async with stream.consuming():
        await stream.publish(5)
        await stream.all_processed()
        grown = await grow(stream.bootstrap, 12, 30.0, [stream.topic])
        assert grown == {stream.topic: (6, 12), dead(stream.topic): (6, 12)}
    await stream.publisher.stop()  # the services start again
    await stream.publisher.start()
    async with stream.consuming():
        await stream.publish(5)
        await stream.all_processed()
    assert {key: stream.processed[key] for key in KEYS} == {key: [*range(1, 11)] for key in KEYS}


async def test_nothing_grows_while_messages_wait(stream: Stream) -> None:
    async with stream.consuming():
        await stream.publish(1)
        await stream.all_processed()
    await stream.publish(1)  # nobody reads them
    with pytest.raises(NotDrained):
        await grow(stream.bootstrap, 12, 2.0, [stream.topic])
    assert await grow(stream.bootstrap, 6, 1.0, [stream.topic]) == {
        stream.topic: (6, 6),
        dead(stream.topic): (6, 6),
    }


async def test_nothing_grows_while_somebody_publishes(stream: Stream) -> None:
    async with stream.consuming():
        await stream.publish(1)
        load = asyncio.create_task(stream.publish(100_000))
        try:
            with pytest.raises(NotDrained):
                await grow(stream.bootstrap, 12, 4.0, [stream.topic])
        finally:
            load.cancel()
            await asyncio.wait({load})


async def test_fewer_partitions_are_refused(stream: Stream) -> None:
    with pytest.raises(ValueError, match="already"):
        await grow(stream.bootstrap, 3, 1.0, [stream.topic])
