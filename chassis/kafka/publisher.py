"""Publishing to Kafka."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError
from aiokafka.partitioner import DefaultPartitioner

from chassis import patches
from chassis.broker.connection import MAX_BYTES, broker
from chassis.errors import Unavailable
from chassis.snapshots.entries import messages_of

patches.install()
log = structlog.get_logger()
Headers = Sequence[tuple[str, bytes]]
MAX_BATCH = 256 * 1024  # bytes
_PARTITIONER = DefaultPartitioner()
_METADATA = 2.0  # seconds to learn a topic's partitions
_FLUSH = 2.0  # seconds to send what is left


class Publisher:
    """An idempotent producer that waits for all in-sync replicas."""

    def __init__(self, bootstrap: str, client: str) -> None:
        self._bootstrap, self._client = bootstrap, client
        self._producer: AIOKafkaProducer | None = None
        self._broken = False

    async def start(self) -> None:
        producer = AIOKafkaProducer(
            **broker(self._bootstrap),
            client_id=self._client,
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            request_timeout_ms=10_000,
            retry_backoff_ms=50,
            max_batch_size=MAX_BATCH,
            max_request_size=2 * MAX_BYTES,
        )
        try:
            await producer.start()
        except BaseException:  # a half-started one would keep polling the cluster's metadata
            await _stop(producer)
            raise
        self._producer, self._broken = producer, False

    async def stop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await _stop(producer)

    async def heal(self) -> None:
        """Restart after a permanent refusal of a batch: the broker then refuses all later ones of
        this producer.

        Only between the relay's turns: a later event of an aggregate must not overtake an earlier
        one.
        """
        if self._broken or self._producer is None:
            log.warning("producer restarts")
            await self.stop()
            await self.start()

    async def partition(self, topic: str, key: str) -> tuple[str, int]:
        """Topic and partition that a key maps to. -1 while the broker does not say: sending there
        fails."""
        producer = self._producer
        if producer is None:
            return topic, -1
        numbers = producer.client.cluster.partitions_for_topic(topic)
        if not numbers:
            try:
                async with asyncio.timeout(_METADATA):
                    numbers = await producer.partitions_for(topic)
            except (KafkaError, TimeoutError):
                return topic, -1
        return topic, _PARTITIONER(key.encode(), sorted(numbers), [])

    async def send(
        self, entry: Mapping[str, Any], partition: tuple[str, int] | None = None
    ) -> "asyncio.Future[Any]":
        """Send one outbox entry, to the snapshot topic too if it is state; the future is done when
        all replicas have it. Does not wait for room as long as less than a batch of the partition
        is unacknowledged."""
        if partition is not None and partition[1] < 0:
            raise Unavailable(f"no partitions of {entry['topic']} are known")
        headers = [("type", entry["type"].encode())]
        if entry.get("trace"):
            headers.append(("traceparent", entry["trace"].encode()))
        event, *snapshots = messages_of(entry)
        sent = [await self.put(*event, headers, partition[1] if partition else None)]
        sent += [await self.put(*snapshot, headers) for snapshot in snapshots]
        return sent[0] if len(sent) == 1 else asyncio.gather(*sent)

    async def put(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers,
        partition: int | None = None,
    ) -> "asyncio.Future[Any]":
        """Raises Unavailable while the publisher is not started."""
        if self._producer is None:
            raise Unavailable("the publisher is not started")
        try:
            async with asyncio.timeout(10):
                sent = await self._producer.send(
                    topic, value, key=key, headers=list(headers), partition=partition
                )
        except KafkaError as error:
            self._note(error)
            raise
        sent.add_done_callback(self._settled)
        return sent

    def _settled(self, sent: "asyncio.Future[Any]") -> None:
        self._note(None if sent.cancelled() else sent.exception())

    def _note(self, error: BaseException | None) -> None:
        retriable = isinstance(error, KafkaTimeoutError) or getattr(error, "retriable", False)
        self._broken |= isinstance(error, KafkaError) and not retriable


async def _stop(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(_FLUSH):
            await producer.stop()
    except (TimeoutError, KafkaError):
        await patches.abandon(producer)
