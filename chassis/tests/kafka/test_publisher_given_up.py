"""A producer whose partition has no leader can be ended all the same."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import ProducerClosed

from chassis import patches
from chassis.kafka.publisher import Publisher
from chassis.tests.counter import TOPIC
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers


@pytest.fixture
async def producer(backend: Backend, publisher: Publisher) -> AsyncGenerator[AIOKafkaProducer]:
    """It has learnt that nobody leads the topic's partitions. `publisher` made the topic."""
    started = AIOKafkaProducer(bootstrap_servers=backend.kafka_bootstrap, acks="all")
    await started.start()
    await started.partitions_for(TOPIC)
    without_leaders(started)
    yield started
    await patches.abandon(started)


def without_leaders(producer: AIOKafkaProducer) -> None:
    cluster: Any = producer.client.cluster

    def nobody(_: object) -> int:
        return -1

    cluster.leader_for_partition = nobody


async def test_what_it_holds_fails_and_nothing_of_it_runs_on(producer: AIOKafkaProducer) -> None:
    sent = await producer.send(TOPIC, b"{}", partition=0)
    with pytest.raises(TimeoutError):  # the library's own way out: else `abandon` can be deleted
        async with asyncio.timeout(0.5):
            await producer.stop()
    inner: Any = producer
    assert not sent.done()
    assert not inner._sender.sender_task.done()
    await patches.abandon(producer)
    with pytest.raises(ProducerClosed):
        await asyncio.wait_for(sent, 10)
    assert inner._sender.sender_task.done()
    assert not [one for one in inner.client._conns.values() if one.connected()]


async def test_a_publisher_stops_and_starts_anew(backend: Backend, publisher: Publisher) -> None:
    """As the relay's `heal` does, while the leader is gone: the caller is told, and sends again."""
    inner: Any = publisher
    await publisher.partition(TOPIC, "cnt_1")
    without_leaders(inner._producer)
    before = inner._producer
    lost = await publisher.put(TOPIC, b"cnt_1", b"{}", [])
    async with asyncio.timeout(20):
        await publisher.stop()
    with pytest.raises(ProducerClosed):
        await asyncio.wait_for(lost, 10)

    async def ended() -> bool:
        return before._sender.sender_task.done()

    await eventually(ended)
    await publisher.start()
    await asyncio.wait_for(await publisher.put(TOPIC, b"cnt_1", b"{}", []), 10)
