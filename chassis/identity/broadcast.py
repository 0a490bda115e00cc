"""Reading in every process what a group would share out: the latest of some topics, into memory."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from math import ceil

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from chassis.errors import Unavailable
from chassis.kafka.consumer import client
from chassis.kafka.subscriptions import Record, Subscriptions

log = structlog.get_logger()
_MAX_RECORDS = 500
_CHECK_EVERY = 10.0  # seconds


class Broadcast:
    """Calls the handlers with what came on the topics in the last `seconds`, then with whatever
    comes. Nothing is committed: a restart begins again, so handlers take a repeat for what it is.

    A message that cannot be read is skipped, with a warning: those behind it count.
    `now` gives Unix seconds.
    """

    def __init__(
        self,
        bootstrap: str,
        subscriptions: Subscriptions,
        seconds: float,
        now: Callable[[], float],
    ) -> None:
        self._bootstrap, self._subscriptions = bootstrap, subscriptions
        self._seconds, self._now = seconds, now
        self.ready = False
        """Whether everything was read that was there at the start."""

    async def run(self) -> None:
        """Until cancelled. To be called again after an error: what was heard still counts.

        Raises:
            KafkaError: the broker does not answer.
            Unavailable: nothing comes although there is something.
        """
        consumer = client(self._bootstrap, None)
        consumer.subscribe(self._subscriptions.topics)
        try:
            await consumer.start()
            ends = await self._seek(consumer)
            while True:
                handled = await self._read(consumer, ends)
                ends = await consumer.end_offsets([*consumer.assignment()])
                if not handled and await _behind(consumer, ends):
                    raise Unavailable("a broadcast stands still")
        finally:
            with suppress(TimeoutError, KafkaError):
                async with asyncio.timeout(5):
                    await consumer.stop()

    async def _seek(self, consumer: AIOKafkaConsumer) -> Mapping[TopicPartition, int]:
        """To the first message of the last `seconds`. Gives where each partition ends. A partition
        that is added later is read from its start."""
        partitions = [*consumer.assignment()]
        ends = await consumer.end_offsets(partitions)
        since = int((self._now() - self._seconds) * 1000)
        found = await consumer.offsets_for_times(dict.fromkeys(partitions, since))
        for partition in partitions:
            first = found.get(partition)
            consumer.seek(partition, ends[partition] if first is None else first.offset)
        return ends

    async def _read(self, consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> int:
        """Handle what comes in the next seconds; the number of records."""
        count, until = 0, time.monotonic() + _CHECK_EVERY
        while (rest := until - time.monotonic()) > 0:
            self.ready = self.ready or not await _behind(consumer, ends)
            batches = await consumer.getmany(timeout_ms=ceil(rest * 1000), max_records=_MAX_RECORDS)
            for records in batches.values():
                count += len(records)
                for record in records:
                    await self._handle(record)
        return count

    async def _handle(self, record: Record) -> None:
        delivery = self._subscriptions.read(record)
        if delivery is None:
            return
        if delivery.message is None:
            log.warning("broadcast not readable", topic=record.topic, error=delivery.error)
            return
        for handler in delivery.handlers:
            await handler(delivery.event, delivery.message)


async def _behind(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    """Whether something before these ends was not read yet."""
    for partition, end in ends.items():
        if await consumer.position(partition) < end:
            return True
    return False
