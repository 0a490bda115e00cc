"""The events published during a run, with the times of the decision and of the publication."""

from dataclasses import dataclass
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.environment import Environment
from chassis.settings import Settings
from contracts import topics
from contracts.envelope import Envelope

PARTITIONS = Settings.model_fields["kafka_partitions"].default


@dataclass(frozen=True)
class PublishedEvent:
    """Unix seconds."""

    type: str
    data: dict[str, Any]
    decided: float
    sent: float


class EventLog:
    """`async with EventLog(...) as log: await log.mark(); ...; events = await log.read()`."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=environment.kafka, enable_auto_commit=False
        )
        self._partitions: list[TopicPartition] = []

    async def __aenter__(self) -> "EventLog":
        await self._consumer.start()
        self._partitions = [
            TopicPartition(topic, number)
            for topic in (topics.INCIDENTS, topics.DISPATCH)
            for number in range(PARTITIONS)
        ]
        self._consumer.assign(self._partitions)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def mark(self) -> None:
        """Starts reading from now on."""
        await self._consumer.seek_to_end(*self._partitions)
        for partition in self._partitions:
            await self._consumer.position(partition)

    async def read(self) -> list[PublishedEvent]:
        """All events since the mark."""
        ends = await self._consumer.end_offsets(self._partitions)
        found: list[PublishedEvent] = []
        while any([await self._consumer.position(p) < end for p, end in ends.items()]):
            for records in (await self._consumer.getmany(timeout_ms=500)).values():
                found += [
                    self._event(record.value or b"", record.timestamp / 1000) for record in records
                ]
        return found

    def _event(self, value: bytes, sent: float) -> PublishedEvent:
        envelope = Envelope.model_validate(orjson.loads(value))
        return PublishedEvent(
            envelope.type, envelope.data, self._environment.unix(envelope.at), sent
        )
