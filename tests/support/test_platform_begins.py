"""What tests published before is not what the platform under test begins with."""

import secrets

import pytest
from aiokafka import AIOKafkaConsumer

from chassis.broker.topics import ensure_topics
from chassis.clock import Clock
from chassis.kafka.publisher import Publisher
from chassis.outbox.entries import outbox_entry
from contracts.events.registration import SquadFormed
from contracts.topics import TOPICS, state
from tests.support.backend import Backend
from tests.support.platform import forget_snapshots
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers


async def test_snapshots_of_earlier_tests_are_gone(backend: Backend) -> None:
    await ensure_topics(backend.kafka_bootstrap, TOPICS, 6, 1)
    publisher = Publisher(backend.kafka_bootstrap, "earlier")
    await publisher.start()
    squad = f"squ_{secrets.token_hex(4)}"
    formed = SquadFormed(squad=squad, station="sta_1")
    await (await publisher.send(outbox_entry("squads", squad, 1, formed, Clock().now(), "")))
    await publisher.stop()

    await forget_snapshots(backend.kafka_bootstrap)
    consumer = AIOKafkaConsumer(state(SquadFormed.topic), bootstrap_servers=backend.kafka_bootstrap)
    await consumer.start()
    try:
        partitions = consumer.assignment()

        async def empty() -> bool:
            begins = await consumer.beginning_offsets(partitions)
            return begins == await consumer.end_offsets(partitions)

        await eventually(empty)
    finally:
        await consumer.stop()
