"""A consumer that lingers takes together what comes within that time. No broker."""

import asyncio
from typing import Any, cast

from aiokafka import TopicPartition

from chassis.kafka.consumer import Consumer
from chassis.kafka.subscriptions import Message, Record, Subscriptions
from chassis.outbox.publisher import Publisher
from chassis.tests.counter import TOPIC, Counted
from chassis.tests.kafka.records import record

LINGER = 0.5  # seconds
PARTITION = TopicPartition(TOPIC, 0)
COUNTED = Counted(counter="cnt_1", total=3)


class Client:
    """What a turn sees of the driver."""

    def __init__(self, *batches: list[Record]) -> None:
        self._batches = list(batches)

    async def getmany(self, **_: Any) -> dict[TopicPartition, list[Record]]:
        batch = self._batches.pop(0)
        return {PARTITION: batch} if batch else {}

    def assignment(self) -> set[TopicPartition]:
        return set()


async def test_it_waits_after_messages_and_not_after_none():
    async def handle(event: Counted, message: Message) -> None:
        handled.append(message)

    handled: list[Message] = []
    subscriptions = Subscriptions().on(Counted, handle)
    subscriptions.linger = LINGER
    client = Client([record(COUNTED, offset=7)], [])
    consumer = Consumer("", "", subscriptions, cast(Publisher, None))
    loop, turns = asyncio.get_running_loop(), list[float]()
    for _ in range(2):
        began = loop.time()
        await consumer._turn(cast(Any, client))  # pyright: ignore[reportPrivateUsage]
        turns.append(loop.time() - began)
    assert turns[0] >= LINGER > turns[1]
    assert len(handled) == 1
