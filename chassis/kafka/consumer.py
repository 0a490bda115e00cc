"""Consuming with effects that happen exactly once: each key by one member of the group at a time,
in order."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from math import ceil
from typing import Any, cast

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import KafkaError

from chassis.broker.connection import broker, is_reachable
from chassis.delivery.lanes import Lanes
from chassis.delivery.parking import ParkedKeys
from chassis.delivery.processor import Processor
from chassis.kafka.offsets import Offsets
from chassis.kafka.publisher import Publisher
from chassis.kafka.subscriptions import Record, Subscriptions
from chassis.patches import FetchingConsumer
from chassis.tasks.loops import background, raise_if_cancelled, run_periodically

log = structlog.get_logger()
_MAX_FETCHED = 250
"""Messages at a time. At most twice as many are processed but not committed: a crash repeats fewer
than a store keeps causes of one aggregate (`chassis.mongo.causes.MAX_KEPT`)."""
_COMMIT_EVERY = 0.5  # seconds
_REST = 5.0  # seconds without a message or anything to commit; a message ends it at once
_CHECK_LAG_EVERY, _RESUME_EVERY = 10.0, 1.0  # seconds; the lag, and what is parked
_FINISH = 5.0  # seconds to finish messages in flight before partitions go; the group waits 15


def _until_commit(offsets: Offsets) -> float:
    """Seconds."""
    return max(0.0, offsets.committed_at + _COMMIT_EVERY - time.monotonic())


class Consumer:
    """One member of the service's group. Offsets are committed after the effects (`Processor`);
    while something is unavailable or overloaded, no more is fetched."""

    def __init__(
        self,
        bootstrap: str,
        group: str,
        subscriptions: Subscriptions,
        publisher: Publisher,
        parked: ParkedKeys | None = None,
        park_after: float = 5.0,
        linger: float = 0.0,
    ) -> None:
        self._bootstrap, self._group, self._subscriptions = bootstrap, group, subscriptions
        self._linger, self._parked = linger, parked
        self._processor = Processor(group, publisher, parked, park_after)
        self._lanes = Lanes(self._processor.process)
        self._consumer: AIOKafkaConsumer | None = None
        self._handing_over = asyncio.Lock()
        self._offsets, self.lag = Offsets(), 0

    @property
    def ready(self) -> bool:
        return self._consumer is not None and bool(self._consumer.assignment())

    @property
    def progressed(self) -> float:
        """Time of the last progress, by the monotonic clock."""
        return self._processor.progressed

    async def run(self) -> None:
        """Until cancelled; then messages in flight are finished and committed."""
        consumer = client(self._bootstrap, self._group, self._linger)
        self._consumer, self._lanes.broken = consumer, None
        consumer.subscribe(self._subscriptions.topics, listener=_Rebalance(self))
        # `start` included: a member that is abandoned half joined would hold partitions and process
        # nothing.
        try:
            await consumer.start()
            check_lag = partial(self._check_lag, consumer)
            async with (
                background(run_periodically("lag", check_lag, _CHECK_LAG_EVERY)),
                background(run_periodically("parked keys", self._resume_parked, _RESUME_EVERY)),
            ):
                while True:
                    await self._turn(consumer)
                    raise_if_cancelled()
        finally:
            await self.hand_over()
            with suppress(TimeoutError, KafkaError):
                async with asyncio.timeout(5):
                    await consumer.stop()

    async def _turn(self, consumer: AIOKafkaConsumer) -> None:
        """Begin what is fetched, and commit what is processed, at intervals."""
        await self._room()
        wait = _until_commit(self._offsets) if self._offsets.uncommitted else _REST
        batches = await consumer.getmany(timeout_ms=ceil(wait * 1000), max_records=_MAX_FETCHED)
        self._begin(batches)
        if _until_commit(self._offsets) <= 0.0:
            await self._offsets.commit(consumer)
            self._offsets.show_lag(consumer)

    async def _room(self) -> None:
        """Wait until a crash would repeat few enough messages for the causes that a store keeps."""
        while self._offsets.uncommitted > _MAX_FETCHED or self._lanes.broken is not None:
            if self._lanes.broken is not None:
                raise RuntimeError("a lane failed") from self._lanes.broken
            self._lanes.moved.clear()
            enough = self._offsets.committable >= _MAX_FETCHED // 2
            if enough and await self._offsets.commit(self._consumer):
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(_COMMIT_EVERY):
                    await self._lanes.moved.wait()

    def _begin(self, batches: Mapping[TopicPartition, Sequence[Record]]) -> None:
        # Repeated empty fetches while there is lag mean that the fetcher hangs.
        if batches or not self.lag:
            self._processor.note_progress()
        if self._lanes.closed:
            return
        for partition, records in batches.items():
            progress = self._offsets.of(partition, records[0].offset)
            for record in records:
                if delivery := self._subscriptions.read(record):
                    self._lanes.add((partition, delivery.lane), progress, delivery)
            # Last: if an error comes before, what was not taken in does not count as processed.
            progress.fetched = records[-1].offset + 1

    async def hand_over(self) -> None:
        """Before partitions go: finish or cancel what is in flight, commit what is processed."""
        async with self._handing_over:
            await self._lanes.close(_FINISH)
            if self._parked is not None:
                await self._parked.close()
            await self._offsets.commit(self._consumer)
            self._offsets.clear()
            self._lanes.clear()

    async def _resume_parked(self) -> None:
        if self._parked is not None and self._consumer is not None:
            mine = [(p.topic, p.partition) for p in self._consumer.assignment()]
            await self._parked.resume_due(mine, self._subscriptions.read, self._processor)

    def take_over(self) -> None:
        """Partitions are assigned: messages fetched from now on are this member's."""
        if self._parked is not None:
            self._parked.open()
        self._lanes.closed = False

    async def _check_lag(self, consumer: AIOKafkaConsumer) -> None:
        stood_since = self._processor.progressed
        found = await _lag(consumer, self._offsets)
        if not found:
            self._processor.note_progress()
        if found is None and await is_reachable(self._bootstrap):  # it is this client that hangs
            found, self._processor.progressed = self.lag or 1, stood_since
        self.lag = found or 0


def client(bootstrap: str, group: str | None, linger: float = 0.0) -> AIOKafkaConsumer:
    """A consumer whose fetches wait at the broker; without a group it shares nothing out."""
    return FetchingConsumer(
        linger,
        **broker(bootstrap),
        group_id=group,
        max_poll_interval_ms=120_000,
        session_timeout_ms=10_000,
        rebalance_timeout_ms=15_000,
        heartbeat_interval_ms=3000,
    )


async def _lag(consumer: AIOKafkaConsumer, offsets: Offsets) -> int | None:
    """None while the broker does not answer."""
    try:
        async with asyncio.timeout(5):
            return await offsets.lag(consumer)
    except (KafkaError, TimeoutError):
        return None


class _Rebalance(ConsumerRebalanceListener):
    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - may be a coroutine
        await self._consumer.hand_over()

    async def on_partitions_assigned(self, assigned: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        self._consumer.take_over()
        log.info("partitions assigned", count=len(cast(Any, assigned)))
