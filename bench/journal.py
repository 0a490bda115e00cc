"""What went over the topics during a run: each event with when it was decided and when it was
handed to the broker."""

from dataclasses import dataclass
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.stage import Stage
from chassis.settings import Settings
from contracts import topics
from contracts.envelope import Envelope

PARTITIONS = Settings.model_fields["kafka_partitions"].default


@dataclass(frozen=True)
class Entry:
    """Unix seconds."""

    type: str
    data: dict[str, Any]
    decided: float
    sent: float


class Journal:
    """`async with Journal(stage) as journal: await journal.mark(); ...; entries = await
    journal.read()`."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._consumer = AIOKafkaConsumer(bootstrap_servers=stage.kafka, enable_auto_commit=False)
        self._partitions: list[TopicPartition] = []

    async def __aenter__(self) -> "Journal":
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
        """From here on."""
        await self._consumer.seek_to_end(*self._partitions)
        for partition in self._partitions:
            await self._consumer.position(partition)

    async def read(self) -> list[Entry]:
        """All since the mark."""
        ends = await self._consumer.end_offsets(self._partitions)
        found: list[Entry] = []
        while any([await self._consumer.position(p) < end for p, end in ends.items()]):
            for records in (await self._consumer.getmany(timeout_ms=500)).values():
                found += [
                    self._entry(record.value or b"", record.timestamp / 1000) for record in records
                ]
        return found

    def _entry(self, value: bytes, sent: float) -> Entry:
        envelope = Envelope.model_validate(orjson.loads(value))
        return Entry(envelope.type, envelope.data, self._stage.unix(envelope.at), sent)
