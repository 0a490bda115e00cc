"""Kafka: publishing what the relay hands over, and consuming with effects that happen exactly once."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

import orjson
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from aiokafka.structs import ConsumerRecord
from opentelemetry.trace import SpanKind
from pydantic import ValidationError

from chassis import trace
from chassis.idempotency import Cause
from chassis.metrics import CONSUMER_LAG, DEAD_LETTERS, EVENT_DELAY, EVENT_SECONDS, EVENTS_HANDLED
from chassis.problem import Problem, is_away
from contracts.event import Envelope, Event
from contracts.topics import dead

log = structlog.get_logger()
E = TypeVar("E", bound=Event)
Headers = Sequence[tuple[str, bytes]]
_TRIES = 4
_COMMIT_EVERY = 0.5  # seconds


@dataclass(frozen=True)
class Message:
    """Where an event came from. `cause` goes to the store with the change it makes, so that a repeat makes none."""

    id: str
    aggregate: str
    seq: int
    at: datetime

    @property
    def cause(self) -> Cause:
        return Cause(self.id)


Handler = Callable[[Any, Message], Awaitable[None]]


@dataclass
class Subscription:
    """What a service does with the events of one topic; types that are not named here are passed over.

    Messages of one key are dealt with in order. Where that is more order than is needed, `lane` names the field that
    takes the key's place: all who are called to one matter are told side by side, each in their own order.
    """

    topic: str
    lane: str | None = None
    handlers: dict[str, tuple[type[Event], Handler]] = field(default_factory=dict[str, tuple[type[Event], Handler]])

    def on(self, event: type[E], handler: Callable[[E, Message], Awaitable[None]]) -> "Subscription":
        if event.topic != self.topic:
            raise ValueError(f"{event.__name__} is published on {event.topic}, not {self.topic}")
        self.handlers[event.__name__] = (event, handler)
        return self


async def ensure_topics(bootstrap: str, topics: Iterable[str], partitions: int, replication: int) -> None:
    """Make the topics that are not there yet, each with its dead-letter topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=10_000)
    await admin.start()
    try:
        there = set(await admin.list_topics())
        settings = {"min.insync.replicas": str(max(1, replication - 1))}
        wanted = [
            NewTopic(name, partitions, replication, topic_configs=settings)
            for topic in topics
            for name in (topic, dead(topic))
            if name not in there
        ]
        answer = await admin.create_topics(wanted, timeout_ms=10_000) if wanted else None
        for name, code, *_ in cast(Any, answer).topic_errors if answer else []:
            if code and for_code(code) is not TopicAlreadyExistsError:
                raise for_code(code)(name)
    finally:
        await admin.close()


class Publisher:
    """An idempotent producer that waits for all in-sync replicas."""

    def __init__(self, bootstrap: str, client: str) -> None:
        self._bootstrap, self._client = bootstrap, client
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap, client_id=self._client, acks="all", enable_idempotence=True, linger_ms=0,
            request_timeout_ms=10_000, retry_backoff_ms=50, max_batch_size=256 * 1024,
        )  # fmt: skip
        await self._producer.start()

    async def stop(self) -> None:
        if self._producer is not None:
            with suppress(TimeoutError, KafkaError):
                async with asyncio.timeout(5):
                    await self._producer.stop()

    async def send(self, entry: Mapping[str, Any]) -> "asyncio.Future[Any]":
        """Hand over one outbox entry; the future tells when all replicas have it."""
        headers = [("traceparent", entry["trace"].encode())] if entry.get("trace") else []
        return await self.put(entry["topic"], entry["key"].encode(), entry["body"].encode(), headers)

    async def put(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> "asyncio.Future[Any]":
        if self._producer is None:
            raise ConnectionError("the publisher is not started")
        async with asyncio.timeout(10):
            return await self._producer.send(topic, value, key=key, headers=list(headers))


class Consumer:
    """Consumes topics as one member of the service's group.

    Keys are dealt with side by side, the messages of one key in order; offsets are committed after the effects.
    A store that is away is waited for; a message that cannot be applied goes to the dead-letter topic.
    """

    def __init__(self, bootstrap: str, group: str, subscriptions: Sequence[Subscription], publisher: Publisher) -> None:
        self._bootstrap, self._group, self._publisher = bootstrap, group, publisher
        self._subscriptions = {subscription.topic: subscription for subscription in subscriptions}
        self._consumer: AIOKafkaConsumer | None = None
        self._working = asyncio.Lock()
        self._done: dict[TopicPartition, int] = {}  # to be committed
        self._dealt: dict[TopicPartition, int] = {}  # up to here all was dealt with
        self._committed_at = 0.0
        self.progressed = time.monotonic()
        self.lag = 0

    @property
    def ready(self) -> bool:
        return self._consumer is not None and bool(self._consumer.assignment())

    async def run(self) -> None:
        """Until cancelled; then what is at work is finished and committed."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap, group_id=self._group, enable_auto_commit=False,
            auto_offset_reset="earliest", max_poll_interval_ms=120_000, session_timeout_ms=10_000,
            heartbeat_interval_ms=2000, fetch_max_wait_ms=500, request_timeout_ms=15_000, retry_backoff_ms=100,
        )  # fmt: skip
        self._consumer = consumer
        consumer.subscribe(list(self._subscriptions), listener=_Handover(self))
        await consumer.start()
        try:
            while True:
                batches = await consumer.getmany(timeout_ms=200, max_records=400)
                for partition, records in batches.items():
                    self._dealt.setdefault(partition, records[0].offset)
                self._measure_lag(consumer)  # before the work: who hangs in it stands still with messages waiting
                if batches:
                    await asyncio.shield(self._deal(batches))
                else:
                    self.progressed = time.monotonic()
                await self._commit_sometimes()
        finally:
            await self._stop(consumer)

    async def _stop(self, consumer: AIOKafkaConsumer) -> None:
        with suppress(TimeoutError, KafkaError):
            async with asyncio.timeout(8):
                async with self._working:
                    await self._commit()
                await consumer.stop()

    async def _deal(self, batches: Mapping[TopicPartition, Sequence[ConsumerRecord[bytes, bytes]]]) -> None:
        async with self._working:
            lanes: dict[Any, list[ConsumerRecord[bytes, bytes]]] = defaultdict(list)
            for partition, records in batches.items():
                lane = self._subscriptions[partition.topic].lane
                for record in records:
                    lanes[partition, _lane_key(record, lane)].append(record)
            await asyncio.gather(*(self._lane(records) for records in lanes.values()))
            for partition, records in batches.items():
                self._done[partition] = self._dealt[partition] = records[-1].offset + 1

    async def _lane(self, records: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
        for record in records:
            await self._apply(record)
            self.progressed = time.monotonic()

    async def _apply(self, record: ConsumerRecord[bytes, bytes]) -> None:
        subscription = self._subscriptions[record.topic]
        try:
            envelope = Envelope.model_validate_json(record.value or b"")
            if envelope.type not in subscription.handlers:
                return
            event_type, handler = subscription.handlers[envelope.type]
            event = event_type.model_validate(envelope.data)
        except (ValidationError, ValueError) as error:
            await self._put_aside(record, "unreadable", type(error).__name__)
            return
        EVENT_DELAY.labels(record.topic).observe(max(0.0, time.time() - record.timestamp / 1000))
        message = Message(envelope.id, envelope.aggregate, envelope.seq, envelope.at)
        parent = dict(record.headers).get("traceparent", b"").decode()
        attributes = {"messaging.system": "kafka", "messaging.destination.name": record.topic,
                      "messaging.message.id": envelope.id}  # fmt: skip
        with trace.span(f"{record.topic} {envelope.type}", parent, SpanKind.CONSUMER, **attributes):
            began = time.perf_counter()
            await self._try(record, envelope.type, lambda: handler(event, message))
            EVENT_SECONDS.labels(envelope.type).observe(time.perf_counter() - began)

    async def _try(self, record: ConsumerRecord[bytes, bytes], type_: str, call: Callable[[], Awaitable[None]]) -> None:
        """A few quick tries; without limit while a store is away, since that is not the message's fault."""
        attempt, pause = 0, 0.05
        while True:
            try:
                await call()
            except Exception as error:
                away = is_away(error) or (isinstance(error, Problem) and error.status == 503)
                attempt += not away
                if away:  # waiting is not standing still: the watchdog has no part in it
                    self.progressed = time.monotonic()
                if attempt >= _TRIES:
                    EVENTS_HANDLED.labels(record.topic, type_, "dead").inc()
                    log.error("message put aside", type=type_, topic=record.topic, exc_info=error)
                    await self._put_aside(record, "failed", type(error).__name__)
                    return
                EVENTS_HANDLED.labels(record.topic, type_, "retried").inc()
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
            else:
                EVENTS_HANDLED.labels(record.topic, type_, "done").inc()
                return

    async def _put_aside(self, record: ConsumerRecord[bytes, bytes], reason: str, error: str) -> None:
        """To the dead-letter topic, as it was, with the reason. Goes on until the broker has it."""
        headers = [*record.headers, ("dead-reason", reason.encode()), ("dead-error", error.encode()),
                   ("dead-group", self._group.encode()), ("dead-topic", record.topic.encode()),
                   ("dead-offset", f"{record.partition}:{record.offset}".encode())]  # fmt: skip
        while True:
            try:
                async with asyncio.timeout(15):
                    await (await self._publisher.put(dead(record.topic), record.key, record.value, headers))
                DEAD_LETTERS.labels(record.topic, reason).inc()
                return
            except (KafkaError, OSError, TimeoutError):
                await asyncio.sleep(0.5)

    async def _commit_sometimes(self) -> None:
        if self._done and time.monotonic() - self._committed_at > _COMMIT_EVERY:
            with suppress(KafkaError):  # the effects are there; a repeat changes nothing
                await self._commit()

    async def _commit(self) -> None:
        if self._consumer is not None and self._done:
            owned = self._consumer.assignment()
            offsets = {partition: offset for partition, offset in self._done.items() if partition in owned}
            self._done.clear()
            self._committed_at = time.monotonic()
            if offsets:
                await self._consumer.commit(cast(Any, offsets))

    async def hand_over(self) -> None:
        """Before partitions go to another member: finish what is at work, and commit."""
        async with self._working:
            with suppress(KafkaError):
                await self._commit()
            self._dealt.clear()
            CONSUMER_LAG.clear()  # what others have from here on is theirs to tell

    def _measure_lag(self, consumer: AIOKafkaConsumer) -> None:
        self.lag = 0
        for partition in consumer.assignment():
            end = consumer.highwater(partition) or 0
            behind = max(0, end - self._dealt.get(partition, end))
            CONSUMER_LAG.labels(partition.topic, partition.partition).set(behind)
            self.lag += behind


def _lane_key(record: ConsumerRecord[bytes, bytes], lane: str | None) -> bytes | str | None:
    """The field's value, or the message's key where it has none or cannot be read."""
    if lane is not None:
        with suppress(ValueError, KeyError, TypeError):
            value = orjson.loads(record.value or b"")["data"][lane]
            return value if isinstance(value, str) else record.key
    return record.key


class _Handover(ConsumerRebalanceListener):
    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - may be a coroutine
        await self._consumer.hand_over()

    async def on_partitions_assigned(self, assigned: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        log.info("partitions assigned", count=len(cast(Any, assigned)))
