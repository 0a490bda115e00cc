"""Consuming with effects that happen exactly once: each key by one member of the group at a time, in order."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

import orjson
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord
from opentelemetry.trace import SpanKind
from pydantic import ValidationError

from chassis import trace
from chassis.bus import Message, Publisher, Subscription
from chassis.metrics import CONSUMER_LAG, DEAD_LETTERS, EVENT_DELAY, EVENT_SECONDS, EVENTS_HANDLED
from chassis.problem import Problem, is_away
from contracts.event import Envelope
from contracts.topics import dead

log = structlog.get_logger()
Record = ConsumerRecord[bytes, bytes]
_TRIES = 4
_MOST = 250
"""Messages at a time. At most twice as many are dealt with but not committed: a crash repeats fewer than a store keeps
causes of one aggregate (`chassis.store.MOST_CAUSES`)."""
_COMMIT_EVERY = 0.5  # seconds
_LOOK_EVERY = 2.0
_FINISH = 5.0  # seconds to finish what is at work before partitions go; the group waits 15
_ATTEMPT = 20.0  # seconds for one try of one message


async def _unknown() -> bool:
    return False


class Consumer:
    """Consumes topics as one member of the service's group.

    Keys are dealt with side by side, the messages of one key in order; offsets are committed after the effects. What
    is away is waited for; a message that cannot be applied goes to the dead-letter topic, and so does one that fails
    for `patience` seconds as if something were away while `reachable` finds everything there.
    """

    def __init__(
        self, bootstrap: str, group: str, subscriptions: Sequence[Subscription], publisher: Publisher,
        reachable: Callable[[], Awaitable[bool]] = _unknown, patience: float = 60.0,
    ) -> None:  # fmt: skip
        self._bootstrap, self._group, self._publisher = bootstrap, group, publisher
        self._subscriptions = {subscription.topic: subscription for subscription in subscriptions}
        self._reachable, self._patience = reachable, patience
        self._consumer: AIOKafkaConsumer | None = None
        self._handing = asyncio.Lock()
        self._lanes: list[asyncio.Task[None]] = []
        self._at_work: dict[TopicPartition, tuple[set[int], int]] = {}  # offsets not dealt with, and what comes next
        self._dealt: dict[TopicPartition, int] = {}  # up to here all was dealt with
        self._committed: dict[TopicPartition, int] = {}
        self._committed_at, self._uncommitted = 0.0, 0
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
            rebalance_timeout_ms=15_000, heartbeat_interval_ms=2000, fetch_max_wait_ms=500, request_timeout_ms=15_000,
            retry_backoff_ms=100,
        )  # fmt: skip
        self._consumer = consumer
        consumer.subscribe(list(self._subscriptions), listener=_Handover(self))
        watcher: asyncio.Task[None] | None = None
        try:  # from the start on: a member that was given up half joined would hold partitions and deal with nothing
            await consumer.start()
            watcher = asyncio.create_task(self._watch(consumer))
            while True:
                batches = await consumer.getmany(timeout_ms=200, max_records=_MOST)
                self._begin(batches)  # in the same step: a handover sees none or all of it
                self._show_lag(consumer)
                await self._finish()
                await self._commit_sometimes()
        finally:
            if watcher is not None:
                watcher.cancel()
            await self.hand_over()
            with suppress(TimeoutError, KafkaError):
                async with asyncio.timeout(5):
                    await consumer.stop()

    def _begin(self, batches: Mapping[TopicPartition, Sequence[Record]]) -> None:
        if batches or not self.lag:  # a fetch that gives nothing, time after time, though there is something, hangs too
            self.progressed = time.monotonic()
        lanes: dict[Any, list[Record]] = defaultdict(list)
        for partition, records in batches.items():
            self._dealt.setdefault(partition, records[0].offset)
            self._at_work[partition] = ({record.offset for record in records}, records[-1].offset + 1)
            self._uncommitted += len(records)
            lane = self._subscriptions[partition.topic].lane
            for record in records:
                lanes[partition, _lane_key(record, lane)].append(record)
        self._lanes = [
            asyncio.create_task(self._lane(records, self._at_work[partition][0]))
            for (partition, _), records in lanes.items()
        ]

    async def _lane(self, records: Sequence[Record], undone: set[int]) -> None:
        for record in records:
            await self._apply(record)
            undone.discard(record.offset)
            self.progressed = time.monotonic()

    async def _finish(self) -> None:
        """Until each lane has ended. What a handover leaves undone is the next member's; else all must be done."""
        lanes = self._lanes
        if lanes:
            await asyncio.wait(lanes)
        if lanes is not self._lanes:  # handed over meanwhile
            return
        if any(undone for undone, _ in self._at_work.values()):
            broken = (lane.exception() for lane in lanes if not lane.cancelled())
            raise RuntimeError("a lane broke off") from next(filter(None, broken), None)
        self._count()

    def _count(self) -> None:
        self._dealt |= {partition: min(undone, default=end) for partition, (undone, end) in self._at_work.items()}
        self._at_work.clear()

    async def _apply(self, record: Record) -> None:
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
        parent = (dict(record.headers).get("traceparent") or b"").decode("latin-1")  # whatever somebody sent
        attributes = {"messaging.system": "kafka", "messaging.destination.name": record.topic,
                      "messaging.message.id": envelope.id}  # fmt: skip
        with trace.span(f"{record.topic} {envelope.type}", parent, SpanKind.CONSUMER, **attributes):
            began = time.perf_counter()
            await self._try(record, envelope.type, lambda: handler(event, message))
            EVENT_SECONDS.labels(envelope.type).observe(time.perf_counter() - began)

    async def _try(self, record: Record, type_: str, call: Callable[[], Awaitable[None]]) -> None:
        """A few quick tries; more while something is away, since that is not the message's fault."""
        attempt, pause, there_since = 0, 0.05, time.monotonic()
        while True:
            try:
                async with asyncio.timeout(_ATTEMPT):
                    await call()
            except Exception as error:
                away = is_away(error) or (isinstance(error, Problem) and error.status == 503)
                attempt += not away
                if away:  # waiting is not standing still: the watchdog has no part in it
                    self.progressed = time.monotonic()
                    if not await self._reachable():
                        there_since = time.monotonic()
                if attempt >= _TRIES or (away and time.monotonic() - there_since > self._patience):
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

    async def _put_aside(self, record: Record, reason: str, error: str) -> None:
        """To the dead-letter topic, as it was, with the reason. Goes on until the broker has it."""
        headers = [*record.headers, ("dead-reason", reason.encode()), ("dead-error", error.encode()),
                   ("dead-group", self._group.encode()), ("dead-topic", record.topic.encode()),
                   ("dead-offset", f"{record.partition}:{record.offset}".encode())]  # fmt: skip
        while True:
            try:
                async with asyncio.timeout(15):
                    await (await self._publisher.put(dead(record.topic), record.key, record.value or b"", headers))
                DEAD_LETTERS.labels(record.topic, reason).inc()
                return
            except (KafkaError, OSError, TimeoutError):
                self.progressed = time.monotonic()
                await asyncio.sleep(0.5)

    async def _commit_sometimes(self) -> None:
        if self._uncommitted >= _MOST or time.monotonic() - self._committed_at > _COMMIT_EVERY:
            await self._commit()

    async def _commit(self) -> None:
        """What cannot be committed is dealt with again by whoever comes next: a repeat changes nothing."""
        consumer, self._committed_at = self._consumer, time.monotonic()
        owned: Any = consumer.assignment() if consumer else ()
        offsets = {p: n for p, n in self._dealt.items() if p in owned and self._committed.get(p) != n}
        if consumer and offsets:
            with suppress(KafkaError, TimeoutError):
                async with asyncio.timeout(3):
                    await consumer.commit(cast(Any, offsets))
                self._committed |= offsets
                self._uncommitted = 0

    async def hand_over(self) -> None:
        """Before partitions go to another member: finish what is at work, or break it off, and commit what is done."""
        async with self._handing:
            lanes, self._lanes = self._lanes, []
            late = (await asyncio.wait(lanes, timeout=_FINISH))[1] if lanes else ()
            for lane in late:
                lane.cancel()
            if late:
                await asyncio.wait(late, timeout=1.0)
            self._count()
            await self._commit()
            self._dealt.clear()
            self._committed.clear()
            CONSUMER_LAG.clear()  # what others have from here on is theirs to tell

    def _show_lag(self, consumer: AIOKafkaConsumer) -> None:
        for partition in consumer.assignment():
            end = consumer.highwater(partition) or 0
            behind = max(0, end - self._dealt.get(partition, end))
            CONSUMER_LAG.labels(partition.topic, partition.partition).set(behind)

    async def _watch(self, consumer: AIOKafkaConsumer) -> None:
        """What waits, as the broker tells it: a fetch that hangs cannot know. While it is away nobody stands still."""
        while True:
            try:
                async with asyncio.timeout(5):
                    owned = list(consumer.assignment())
                    ends = await consumer.end_offsets(owned) if owned else dict.fromkeys(await consumer.topics(), 0)
                    dealt = {part: self._dealt.get(part) or await consumer.position(part) for part in owned}
                self.lag = sum(ends.values()) - sum(dealt.values()) if owned else 1  # nothing owned: there may be some
            except (KafkaError, TimeoutError):
                self.lag, self.progressed = 0, time.monotonic()
            await asyncio.sleep(_LOOK_EVERY)


def _lane_key(record: Record, lane: str | None) -> bytes | str | None:
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
