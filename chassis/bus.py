"""Kafka: topics, what a service does with their messages, and publishing what the relay hands
over."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, KafkaTimeoutError, TopicAlreadyExistsError, for_code

from chassis import lost
from chassis.idempotency import Cause
from contracts.event import Event
from contracts.topics import dead

lost.install()
log = structlog.get_logger()
E = TypeVar("E", bound=Event)
Headers = Sequence[tuple[str, bytes]]
MOST_BYTES = 1024 * 1024  # of a message; a dead letter may be larger by its reasons


@dataclass(frozen=True)
class Message:
    """Where an event came from. `cause` goes to the store with the change it makes, so that a
    repeat makes none."""

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
    """What a service does with the events of one topic; types that are not named here are passed
    over.

    Messages of one key are dealt with in order. Where that is more order than is needed, `lane`
    names the field that takes the key's place: all who are called to one matter are told side by
    side, each in their own order.
    """

    topic: str
    lane: str | None = None
    handlers: dict[str, tuple[type[Event], Handler]] = field(
        default_factory=dict[str, tuple[type[Event], Handler]]
    )

    def on(
        self, event: type[E], handler: Callable[[E, Message], Awaitable[None]]
    ) -> "Subscription":
        if event.topic != self.topic:
            raise ValueError(f"{event.__name__} is published on {event.topic}, not {self.topic}")
        self.handlers[event.__name__] = (event, handler)
        return self


async def ensure_topics(
    bootstrap: str, topics: Iterable[str], partitions: int, replication: int
) -> None:
    """Make the topics that are not there yet, each with its dead-letter topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=10_000)
    await admin.start()
    try:
        there = set(await admin.list_topics())
        settings = {"min.insync.replicas": str(max(1, replication - 1))}
        wanted = [
            NewTopic(
                name,
                partitions,
                replication,
                topic_configs=settings | {"max.message.bytes": str(most)},
            )
            for topic in topics
            for name, most in ((topic, MOST_BYTES), (dead(topic), 2 * MOST_BYTES))
            if name not in there
        ]
        answer = await admin.create_topics(wanted, timeout_ms=10_000) if wanted else None
        for name, code, *_ in cast(Any, answer).topic_errors if answer else []:
            if code and for_code(code) is not TopicAlreadyExistsError:
                raise for_code(code)(name)
    finally:
        await admin.close()


async def answers(bootstrap: str) -> bool:
    """Whether a broker is there, asked by a client of its own: one in use may be what hangs."""
    client = AIOKafkaClient(bootstrap_servers=bootstrap, request_timeout_ms=3000)
    try:
        async with asyncio.timeout(5):
            await client.bootstrap()
        return True
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await client.close()


class Publisher:
    """An idempotent producer that waits for all in-sync replicas."""

    def __init__(self, bootstrap: str, client: str) -> None:
        self._bootstrap, self._client = bootstrap, client
        self._producer: AIOKafkaProducer | None = None
        self._broken = False

    async def start(self) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client,
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            request_timeout_ms=10_000,
            retry_backoff_ms=50,
            max_batch_size=256 * 1024,
            max_request_size=2 * MOST_BYTES,
        )
        try:
            await producer.start()
        except BaseException:  # half started it would go on asking for the cluster's state
            await _stop(producer)
            raise
        self._producer, self._broken = producer, False

    async def stop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await _stop(producer)

    async def heal(self) -> None:
        """Start anew if a batch was refused for good: the broker then takes no later one of this
        producer either.

        Only between the relay's turns: a later event of an aggregate must not overtake an earlier
        one.
        """
        if self._broken or self._producer is None:
            log.warning("producer starts anew")
            await self.stop()
            await self.start()

    async def send(self, entry: Mapping[str, Any]) -> "asyncio.Future[Any]":
        """Hand over one outbox entry; the future tells when all replicas have it."""
        headers = [("traceparent", entry["trace"].encode())] if entry.get("trace") else []
        return await self.put(
            entry["topic"], entry["key"].encode(), entry["body"].encode(), headers
        )

    async def put(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Headers
    ) -> "asyncio.Future[Any]":
        if self._producer is None:
            raise ConnectionError("the publisher is not started")
        try:
            async with asyncio.timeout(10):
                sent = await self._producer.send(topic, value, key=key, headers=list(headers))
        except KafkaError as error:
            self._judge(error)
            raise
        sent.add_done_callback(self._settled)
        return sent

    def _settled(self, sent: "asyncio.Future[Any]") -> None:
        self._judge(None if sent.cancelled() else sent.exception())

    def _judge(self, error: BaseException | None) -> None:
        passing = isinstance(error, KafkaTimeoutError) or getattr(error, "retriable", False)
        self._broken |= isinstance(error, KafkaError) and not passing


async def _stop(producer: AIOKafkaProducer) -> None:
    with suppress(TimeoutError, KafkaError):
        async with asyncio.timeout(5):
            await producer.stop()
