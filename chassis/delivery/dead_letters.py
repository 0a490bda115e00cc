"""Sends messages that cannot be applied to the dead-letter topic: unchanged, with the reason."""

import asyncio
from collections.abc import Callable

from chassis.errors import DRIVER_ERRORS, Unavailable
from chassis.kafka.publisher import Publisher
from chassis.kafka.subscriptions import Record
from chassis.tasks.loops import raise_if_cancelled
from chassis.telemetry.metrics import DEAD_LETTERS
from contracts.topics import dead


async def dead_letter(
    publisher: Publisher,
    group: str,
    record: Record,
    reason: str,
    error: str,
    on_retry: Callable[[], None],
) -> None:
    """Retries until the broker has it. `error` is an exception's name: its text may be personal."""
    headers = [
        *record.headers,
        ("dead-reason", reason.encode()),
        ("dead-error", error.encode()),
        ("dead-group", group.encode()),
        ("dead-topic", record.topic.encode()),
        ("dead-offset", f"{record.partition}:{record.offset}".encode()),
    ]
    topic = dead(record.topic)
    while True:
        try:
            async with asyncio.timeout(15):
                await (await publisher.put(topic, record.key, record.value or b"", headers))
            DEAD_LETTERS.labels(record.topic, reason).inc()
            return
        except (*DRIVER_ERRORS, TimeoutError, Unavailable):
            raise_if_cancelled()
            on_retry()
            await asyncio.sleep(0.5)
