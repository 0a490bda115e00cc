"""Applying one message: a few quick attempts, unlimited ones while something is unavailable, then
the dead-letter topic."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog
from opentelemetry.trace import SpanKind

from chassis.domain import Refusal
from chassis.errors import is_transient
from chassis.kafka.dead_letters import dead_letter
from chassis.kafka.subscriptions import Delivery, Message
from chassis.outbox.publisher import Publisher
from chassis.tasks.loops import raise_if_cancelled
from chassis.telemetry import tracing
from chassis.telemetry.metrics import EVENT_DELAY, EVENT_SECONDS, EVENTS_HANDLED

log = structlog.get_logger()
_TRIES = 4
_ATTEMPT = 20.0  # seconds for one try of one message
_FIRST_PAUSE, _MAX_PAUSE = 0.05, 5.0  # seconds between tries


class Processor:
    """`patience`: seconds for which a message may fail with transient errors while `reachable`
    finds everything available; then the message itself is the cause.

    `progressed` is the time of the last progress, by the monotonic clock. Retrying counts.
    """

    def __init__(
        self,
        group: str,
        publisher: Publisher,
        reachable: Callable[[], Awaitable[bool]],
        patience: float,
    ) -> None:
        self._group, self._publisher = group, publisher
        self._reachable, self._patience = reachable, patience
        self.progressed = time.monotonic()

    async def process(self, delivery: Delivery) -> None:
        message, record = delivery.message, delivery.record
        if message is None:
            await self._dead(delivery, "unreadable", delivery.error)
        else:
            EVENT_DELAY.labels(record.topic).observe(
                max(0.0, time.time() - record.timestamp / 1000)
            )
            # The header may hold any bytes: latin-1 decodes all of them.
            parent = (dict(record.headers).get("traceparent") or b"").decode("latin-1")
            attributes = {
                "messaging.system": "kafka",
                "messaging.destination.name": record.topic,
                "messaging.message.id": message.id,
            }
            name = f"{record.topic} {delivery.type}"
            with tracing.span(name, parent, SpanKind.CONSUMER, **attributes):
                began = time.perf_counter()
                await self._apply(delivery, message)
                EVENT_SECONDS.labels(delivery.type).observe(time.perf_counter() - began)
        self.note_progress()

    def note_progress(self) -> None:
        self.progressed = time.monotonic()

    async def _apply(self, delivery: Delivery, message: Message) -> None:
        attempt, pause, reachable_since = 0, _FIRST_PAUSE, time.monotonic()
        topic = delivery.record.topic
        while True:
            try:
                async with asyncio.timeout(_ATTEMPT):
                    for handler in delivery.handlers:
                        await handler(delivery.event, message)
            except Exception as error:
                raise_if_cancelled()
                transient = _is_transient(error)
                attempt += not transient
                if transient:
                    self.note_progress()
                    if not await self._reachable():
                        reachable_since = time.monotonic()
                given_up = transient and time.monotonic() - reachable_since > self._patience
                if attempt >= _TRIES or given_up:
                    EVENTS_HANDLED.labels(topic, delivery.type, "dead").inc()
                    log.error("dead letter", type=delivery.type, topic=topic, exc_info=error)
                    await self._dead(delivery, "failed", type(error).__name__)
                    return
                EVENTS_HANDLED.labels(topic, delivery.type, "retried").inc()
                await asyncio.sleep(pause)
                pause = min(pause * 2, _MAX_PAUSE)
            else:
                EVENTS_HANDLED.labels(topic, delivery.type, "done").inc()
                return

    async def _dead(self, delivery: Delivery, reason: str, error: str) -> None:
        await dead_letter(
            self._publisher, self._group, delivery.record, reason, error, self.note_progress
        )


def _is_transient(error: Exception) -> bool:
    return is_transient(error) or (isinstance(error, Refusal) and error.code == "unavailable")
