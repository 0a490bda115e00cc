"""A fetch whose records are not all taken in: none of them counts as processed. No broker."""

from typing import Any, cast

import pytest
from aiokafka import TopicPartition

from chassis.kafka.consumer import Consumer
from chassis.kafka.publisher import Publisher
from chassis.kafka.subscriptions import Delivery, Message, Record, Subscriptions
from chassis.tests.counter import TOPIC, Counted
from chassis.tests.kafka.records import record

PARTITION = TopicPartition(TOPIC, 0)
COUNTED = Counted(counter="cnt_1", total=3)


class Faulty(Subscriptions):
    """Meets an error that no message is known to cause."""

    def read(self, record: Record) -> Delivery | None:
        if record.offset == 7:
            raise AttributeError("a fault of the code")
        return super().read(record)


class Client:
    """What a commit sees of the driver."""

    def __init__(self) -> None:
        self.committed: dict[TopicPartition, int] = {}

    def assignment(self) -> set[TopicPartition]:
        return {PARTITION}

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self.committed |= offsets


async def test_what_was_not_taken_in_is_not_committed():
    async def handle(event: Counted, message: Message) -> None: ...

    subscriptions, client = Faulty().on(Counted, handle), Client()
    consumer = Consumer("", "", subscriptions, cast(Publisher, None))
    fetched = [record(COUNTED, offset=offset) for offset in (7, 8, 9)]
    with pytest.raises(AttributeError):
        consumer._begin({PARTITION: fetched})  # pyright: ignore[reportPrivateUsage]
    consumer._consumer = cast(Any, client)  # pyright: ignore[reportPrivateUsage]
    await consumer.hand_over()
    assert client.committed == {}
