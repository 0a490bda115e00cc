"""A fetch that waits at the broker delays nothing else. Here it waits a minute; no test does."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from chassis.kafka.publisher import Publisher
from chassis.patches import FetchingConsumer
from chassis.tests.conftest import PARTITIONS
from chassis.tests.counter import TOPIC
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers


@asynccontextmanager
async def member(
    backend: Backend, group: str, linger: float = 0.0
) -> AsyncGenerator[FetchingConsumer]:
    consumer = FetchingConsumer(
        linger,
        bootstrap_servers=backend.kafka_bootstrap,
        group_id=group,
        heartbeat_interval_ms=200,
        fetch_max_wait_ms=60_000,
        request_timeout_ms=90_000,
    )
    consumer.subscribe([TOPIC])
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def put(publisher: Publisher, *keys: str) -> None:
    for key in keys:
        await (await publisher.put(TOPIC, key.encode(), b"{}", []))


async def take(consumer: FetchingConsumer, *keys: str) -> None:
    """Until the consumer has got these."""
    left = {key.encode() for key in keys}

    async def all_taken() -> bool:
        for records in (await consumer.getmany(timeout_ms=50)).values():
            left.difference_update(record.key for record in records)
        return not left

    await eventually(all_taken, what=f"the messages {keys}")


async def test_the_ends_of_partitions_are_told_while_a_fetch_waits(
    backend: Backend, publisher: Publisher, name: str
):
    async with member(backend, name) as consumer:
        await put(publisher, name)
        await take(consumer, name)
        assert await consumer.getmany(timeout_ms=200) == {}  # the next fetch waits now
        async with asyncio.timeout(10):
            ends = await consumer.end_offsets(list(consumer.assignment()))
        assert sum(ends.values()) > 0


async def test_a_member_that_takes_partitions_over_fetches_them_at_once(
    backend: Backend, publisher: Publisher, name: str
):
    keys = [f"{name}-{n}" for n in range(6 * PARTITIONS)]
    async with member(backend, name) as first:
        async with member(backend, name) as second:
            theirs: list[str] = []

            async def shared() -> bool:
                await asyncio.gather(first.getmany(timeout_ms=50), second.getmany(timeout_ms=50))
                return bool(first.assignment()) and len(first.assignment()) < PARTITIONS

            async def second_took_some() -> bool:
                await first.getmany(timeout_ms=50)
                for records in (await second.getmany(timeout_ms=50)).values():
                    theirs.extend((record.key or b"").decode() for record in records)
                return bool(theirs)

            await eventually(shared)
            await put(publisher, *keys)
            await eventually(second_took_some)

        async def alone() -> bool:
            await first.getmany(timeout_ms=50)
            return len(first.assignment()) == PARTITIONS

        await eventually(alone)
        await put(publisher, theirs[0])  # what the fetch before did not ask for
        await take(first, theirs[0])


async def test_a_partition_whose_messages_were_taken_late_is_fetched_with_the_others(
    backend: Backend, publisher: Publisher, name: str
):
    async with member(backend, name) as consumer:
        await put(publisher, name)

        async def fetched() -> bool:
            return any(consumer.highwater(partition) for partition in consumer.assignment())

        await eventually(fetched)
        await asyncio.sleep(0.3)  # longer than aiokafka waits before it fetches the others only
        await take(consumer, name)
        await put(publisher, name)
        await take(consumer, name)


async def test_what_comes_while_a_fetch_rests_is_taken_with_one_fetch(
    backend: Backend, publisher: Publisher, name: str
):
    keys = [f"{name}-{n}" for n in range(10)]
    async with member(backend, name, linger=1.0) as consumer:
        await put(publisher, name)
        await take(consumer, name)  # the first does not wait
        rests_until = time.monotonic() + 0.8
        await put(publisher, *keys)
        assert await consumer.getmany(timeout_ms=100) == {}
        batch = await consumer.getmany(timeout_ms=5000)
        assert time.monotonic() > rests_until
        assert {record.key for records in batch.values() for record in records} == {
            key.encode() for key in keys
        }
