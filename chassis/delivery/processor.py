"""Applying one message: a few tries for what fails by its content, then the dead-letter topic;
unlimited ones for what is transient. A key that fails while others succeed is parked."""

import asyncio
import time
from contextlib import AbstractContextManager

import structlog
from opentelemetry.trace import SpanKind

from chassis.delivery.dead_letters import dead_letter
from chassis.delivery.outcome import is_transient_here
from chassis.delivery.parking import ParkedKeys
from chassis.errors import Overloaded, is_transient
from chassis.kafka.publisher import Publisher
from chassis.kafka.subscriptions import Delivery, Message
from chassis.tasks.loops import raise_if_cancelled
from chassis.telemetry import tracing
from chassis.telemetry.metrics import EVENT_DELAY, EVENT_SECONDS, EVENTS_HANDLED

log = structlog.get_logger()
_TRIES = 4
_ATTEMPT = 20.0  # seconds for one try of one message
_FIRST_PAUSE, _MAX_PAUSE = 0.05, 5.0  # seconds between tries


class Processor:
    """`park_after`: seconds for which a message may fail as transient while others succeed.
    `progressed`: when there was progress last, by the monotonic clock. Retrying counts."""

    def __init__(
        self,
        group: str,
        publisher: Publisher,
        parked: ParkedKeys | None = None,
        park_after: float = 5.0,
    ) -> None:
        self._group, self._publisher = group, publisher
        self._parked, self._park_after = parked, park_after
        self._succeeded = 0.0
        self.progressed = time.monotonic()

    async def process(self, delivery: Delivery) -> None:
        message, record = delivery.message, delivery.record
        if message is None:
            await self.dead(delivery, "unreadable", delivery.error)
        elif self._parked is None or not await self._is_parked(self._parked, delivery):
            EVENT_DELAY.labels(record.topic).observe(
                max(0.0, time.time() - record.timestamp / 1000)
            )
            with _span(delivery, message):
                await self._apply(delivery, message)
        self.note_progress()

    def note_progress(self) -> None:
        self.progressed = time.monotonic()

    def succeeded_since(self, at: float) -> bool:
        """Whether a try that began after `at` (`time.perf_counter`) succeeded."""
        return self._succeeded > at

    async def apply_once(self, delivery: Delivery) -> Exception | None:
        """A message that was parked: once, or a few times if it fails by its content. Gives the
        last error."""
        assert delivery.message is not None  # noqa: S101 - for the type checker
        error: Exception | None = None
        for attempt in range(_TRIES):
            await asyncio.sleep(_FIRST_PAUSE * attempt)
            error = await self._try(delivery, delivery.message)
            self.note_progress()
            if error is None or is_transient_here(error):
                break
        return error

    async def dead(self, delivery: Delivery, reason: str, error: str) -> None:
        if reason == "failed":
            topic = delivery.record.topic
            EVENTS_HANDLED.labels(topic, delivery.type, "dead").inc()
            log.error("dead letter", type=delivery.type, topic=topic, error=error)
        await dead_letter(
            self._publisher, self._group, delivery.record, reason, error, self.note_progress
        )

    async def _is_parked(self, parked: ParkedKeys, delivery: Delivery) -> bool:
        """Behind others of its key. Until the store can say, or take it: it must not overtake
        them."""
        while True:
            try:
                return await parked.takes(delivery)
            except Exception as error:
                raise_if_cancelled()
                if not is_transient(error):
                    raise
                self.note_progress()
                await asyncio.sleep(0.5)

    async def _apply(self, delivery: Delivery, message: Message) -> None:
        failed, pause, first_failure = 0, _FIRST_PAUSE, None
        topic = delivery.record.topic
        while (error := await self._try(delivery, message)) is not None:
            if is_transient_here(error):
                self.note_progress()
                now = time.perf_counter()
                first_failure = first_failure or now
                stuck = now - first_failure > self._park_after
                if stuck and await self._park(delivery, error, first_failure):
                    EVENTS_HANDLED.labels(topic, delivery.type, "parked").inc()
                    return
            else:
                failed += 1
                if failed >= _TRIES:
                    log.error("message fails", type=delivery.type, topic=topic, exc_info=error)
                    await self.dead(delivery, "failed", type(error).__name__)
                    return
            EVENTS_HANDLED.labels(topic, delivery.type, "retried").inc()
            await asyncio.sleep(pause)
            pause = min(pause * 2, _MAX_PAUSE)

    async def _try(self, delivery: Delivery, message: Message) -> Exception | None:
        """The error, if there is one."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(_ATTEMPT):
                for handler in delivery.handlers:
                    await handler(delivery.event, message)
        except Exception as error:
            raise_if_cancelled()
            return error
        EVENT_SECONDS.labels(delivery.type).observe(time.perf_counter() - began)
        EVENTS_HANDLED.labels(delivery.record.topic, delivery.type, "done").inc()
        self._succeeded = max(self._succeeded, began)
        return None

    async def _park(self, delivery: Delivery, error: Exception, since: float) -> bool:
        """Whether it was parked. Not where everything fails, nor for overload: then waiting is
        what helps, and what waits here holds back the fetching of more."""
        if self._parked is None or isinstance(error, Overloaded) or not self.succeeded_since(since):
            return False
        try:
            await self._parked.park(delivery, error)
        except Exception as refused:
            raise_if_cancelled()
            log.warning("key not parked", error=type(refused).__name__)
            return False
        return True


def _span(delivery: Delivery, message: Message) -> AbstractContextManager[object]:
    record = delivery.record
    # The header may hold any bytes: latin-1 decodes all of them.
    parent = (dict(record.headers).get("traceparent") or b"").decode("latin-1")
    attributes = {
        "messaging.system": "kafka",
        "messaging.destination.name": record.topic,
        "messaging.message.id": message.id,
    }
    name = f"{record.topic} {delivery.type}"
    return tracing.span(name, parent, SpanKind.CONSUMER, **attributes)
