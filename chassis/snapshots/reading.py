"""Reads the snapshot topics from their beginning, so that replicas can be built from nothing."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from chassis.broker.connection import broker
from chassis.broker.topics import partitions_of
from chassis.errors import is_transient
from chassis.kafka.subscriptions import Record, Subscriptions
from chassis.tasks.loops import raise_if_cancelled
from contracts.topics import state

log = structlog.get_logger()
Ends = Mapping[TopicPartition, int]
"""Partition -> offset behind its last message."""
_BATCH = 200
"""Messages applied side by side: the order does not matter where the highest `seq` counts."""
_PATIENCE = 30.0  # seconds without a message before the end: the broker is unavailable


async def read_snapshots(bootstrap: str, kept: Subscriptions) -> tuple[int, int]:
    """Call the handlers with the state of each aggregate, to the end as of now: how many were
    applied, and how many could not be. Those are logged; every start tries them again.

    Raises transient errors of the broker and of the store: what was read before is read again.
    """
    applied = failed = 0
    async with _broker(bootstrap) as (admin, consumer):
        partitions = await partitions_of(admin, map(state, kept.topics))
        begins, ends = (
            await consumer.beginning_offsets(partitions),
            await consumer.end_offsets(partitions),
        )
        unread = {partition for partition in partitions if ends[partition] > begins[partition]}
        consumer.assign(list(unread))
        while unread:
            async with asyncio.timeout(_PATIENCE):
                batches = await consumer.getmany(timeout_ms=500, max_records=_BATCH)
            records = [record for batch in batches.values() for record in batch]
            done = await asyncio.gather(*(_apply(kept, record) for record in records))
            applied, failed = applied + done.count(True), failed + done.count(False)
            unread = {p for p in unread if await consumer.position(p) < ends[p]}
    return applied, failed


@asynccontextmanager
async def _broker(
    bootstrap: str,
) -> AsyncGenerator[tuple[AIOKafkaAdminClient, AIOKafkaConsumer]]:
    """The consumer is in no group: it keeps nothing at the broker."""
    admin = AIOKafkaAdminClient(**broker(bootstrap), request_timeout_ms=10_000)
    consumer = AIOKafkaConsumer(
        **broker(bootstrap), auto_offset_reset="earliest", request_timeout_ms=15_000
    )
    try:
        await admin.start()
        await consumer.start()
        yield admin, consumer
    finally:
        await consumer.stop()
        await admin.close()


async def _apply(kept: Subscriptions, record: Record) -> bool | None:
    """None: nothing of ours, or deleted."""
    if record.value is None:
        return None
    delivery = kept.read(replace(record, topic=record.topic.removesuffix(state(""))))
    if delivery is None:
        return None
    try:
        if delivery.message is None:
            raise ValueError(delivery.error)
        for handler in delivery.handlers:
            await handler(delivery.event, delivery.message)
    except Exception as error:
        raise_if_cancelled()
        if is_transient(error):
            raise
        log.error("snapshot not applied", type=delivery.type, offset=record.offset, exc_info=error)
        return False
    return True


async def ends_of(bootstrap: str, topics: Sequence[str]) -> Ends:
    """Where the topics themselves end now."""
    async with _broker(bootstrap) as (admin, consumer):
        return await consumer.end_offsets(await partitions_of(admin, topics))


async def has_missed(
    bootstrap: str, reads: Mapping[str, Sequence[str]], built_at: Ends
) -> str | None:
    """Which group, given with its topics, will never read some messages, in a few words: they were
    deleted before it did. Those before `built_at` do not count. None if there is no such group."""
    async with _broker(bootstrap) as (admin, consumer):
        for group, topics in reads.items():
            begins = await consumer.beginning_offsets(await partitions_of(admin, topics))
            committed = await admin.list_consumer_group_offsets(group) if topics else {}
            for partition, begin in begins.items():
                read = committed[partition].offset if partition in committed else 0
                if begin > max(read, built_at.get(partition, 0)):
                    return f"{group} has missed some of {partition.topic}"
    return None
