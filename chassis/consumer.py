"""Consuming with effects that happen exactly once: each key by one member of the group at a time,
in order."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
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
from chassis.bus import Message, Publisher, Subscription, answers
from chassis.loop import beside, end_if_told, every
from chassis.metrics import CONSUMER_LAG, DEAD_LETTERS, EVENT_DELAY, EVENT_SECONDS, EVENTS_HANDLED
from chassis.problem import Problem, is_away
from chassis.share import Share
from contracts.event import Envelope
from contracts.topics import dead

log = structlog.get_logger()
Record = ConsumerRecord[bytes, bytes]
_TRIES = 4
_MOST = 250
"""Messages at a time. At most twice as many are dealt with but not committed: a crash repeats fewer
than a store keeps causes of one aggregate (`chassis.store.MOST_CAUSES`)."""
_COMMIT_EVERY = 0.5  # seconds
_LOOK_EVERY = 2.0
_FINISH = 5.0  # seconds to finish what is at work before partitions go; the group waits 15
_ATTEMPT = 20.0  # seconds for one try of one message


async def _unknown() -> bool:
    return False


class Consumer:
    """Consumes topics as one member of the service's group.

    Keys are dealt with side by side, the messages of one key in order; offsets are committed after
    the effects. What is away is waited for; a message that cannot be applied goes to the
    dead-letter topic, and so does one that fails for `patience` seconds as if something were away
    while `reachable` finds everything there.
    """

    def __init__(
        self,
        bootstrap: str,
        group: str,
        subscriptions: Sequence[Subscription],
        publisher: Publisher,
        reachable: Callable[[], Awaitable[bool]] = _unknown,
        patience: float = 60.0,
    ) -> None:
        self._bootstrap, self._group, self._publisher = bootstrap, group, publisher
        self._subscriptions = {subscription.topic: subscription for subscription in subscriptions}
        self._reachable, self._patience = reachable, patience
        self._consumer: AIOKafkaConsumer | None = None
        self._handing = asyncio.Lock()
        self._leaving = False
        self._shares: dict[TopicPartition, Share] = {}
        self._lanes: dict[Any, deque[Record]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._broken: BaseException | None = None
        self._moved = asyncio.Event()
        self._committed_at = 0.0
        self.progressed = time.monotonic()
        self.lag = 0

    @property
    def ready(self) -> bool:
        return self._consumer is not None and bool(self._consumer.assignment())

    async def run(self) -> None:
        """Until cancelled; then what is at work is finished and committed."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_interval_ms=120_000,
            session_timeout_ms=10_000,
            rebalance_timeout_ms=15_000,
            heartbeat_interval_ms=2000,
            fetch_max_wait_ms=500,
            request_timeout_ms=15_000,
            retry_backoff_ms=100,
        )
        self._consumer, self._broken = consumer, None
        consumer.subscribe(list(self._subscriptions), listener=_Handover(self))
        # from the start on: a member that was given up half joined would hold partitions and deal
        # with nothing
        try:
            await consumer.start()
            async with beside(every("look", partial(self._look, consumer), _LOOK_EVERY)):
                while True:
                    await self._room()
                    self._begin(await consumer.getmany(timeout_ms=200, max_records=_MOST))
                    self._show_lag(consumer)
                    if time.monotonic() - self._committed_at > _COMMIT_EVERY:
                        await self._commit()
                    end_if_told()
        finally:
            await self.hand_over()
            with suppress(TimeoutError, KafkaError):
                async with asyncio.timeout(5):
                    await consumer.stop()

    async def _room(self) -> None:
        """Until a crash would repeat few enough: a store keeps so many causes of one aggregate and
        no more."""
        while True:
            if self._broken is not None:
                raise RuntimeError("a lane broke off") from self._broken
            shares = self._shares.values()
            if sum(share.next - share.committed for share in shares) <= _MOST:
                return
            self._moved.clear()
            if (
                sum(share.dealt - share.committed for share in shares) >= _MOST // 2
                and await self._commit()
            ):
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(_COMMIT_EVERY):
                    await self._moved.wait()

    def _begin(self, batches: Mapping[TopicPartition, Sequence[Record]]) -> None:
        """Each message to the end of its key's lane. What comes between two assignments is the next
        member's."""
        if (
            batches or not self.lag
        ):  # a fetch that gives nothing, time after time, though there is something, hangs too
            self.progressed = time.monotonic()
        if self._leaving:
            return
        for partition, records in batches.items():
            share = self._shares.setdefault(partition, Share(records[0].offset))
            share.next = records[-1].offset + 1
            lane = self._subscriptions[partition.topic].lane
            for record in records:
                share.undone[record.offset] = None
                key = partition, _lane_key(record, lane)
                if key not in self._lanes:
                    self._lanes[key] = deque()
                    task = asyncio.create_task(self._lane(key, share))
                    self._tasks.add(task)
                    task.add_done_callback(self._ended)
                self._lanes[key].append(record)

    async def _lane(self, key: Any, share: Share) -> None:
        waiting = self._lanes[key]
        while waiting and not self._leaving:
            record = waiting.popleft()
            await self._apply(record)
            del share.undone[record.offset]
            self.progressed = time.monotonic()
            self._moved.set()
        if self._lanes.get(key) is waiting:
            del self._lanes[key]

    def _ended(self, lane: "asyncio.Task[None]") -> None:
        """One that ends with a message in hand, and not for a handover, would leave it for ever."""
        self._tasks.discard(lane)
        error = asyncio.CancelledError() if lane.cancelled() else lane.exception()
        if error is not None and not self._leaving:
            self._broken = error
            self._moved.set()

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
        parent = (dict(record.headers).get("traceparent") or b"").decode(
            "latin-1"
        )  # whatever somebody sent
        attributes = {
            "messaging.system": "kafka",
            "messaging.destination.name": record.topic,
            "messaging.message.id": envelope.id,
        }
        with trace.span(f"{record.topic} {envelope.type}", parent, SpanKind.CONSUMER, **attributes):
            began = time.perf_counter()
            await self._try(record, envelope.type, lambda: handler(event, message))
            EVENT_SECONDS.labels(envelope.type).observe(time.perf_counter() - began)

    async def _try(self, record: Record, type_: str, call: Callable[[], Awaitable[None]]) -> None:
        """A few quick tries; more while something is away, since that is not the message's
        fault."""
        attempt, pause, there_since = 0, 0.05, time.monotonic()
        while True:
            try:
                async with asyncio.timeout(_ATTEMPT):
                    await call()
            except Exception as error:
                end_if_told()
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
        headers = [
            *record.headers,
            ("dead-reason", reason.encode()),
            ("dead-error", error.encode()),
            ("dead-group", self._group.encode()),
            ("dead-topic", record.topic.encode()),
            ("dead-offset", f"{record.partition}:{record.offset}".encode()),
        ]
        while True:
            try:
                async with asyncio.timeout(15):
                    await (
                        await self._publisher.put(
                            dead(record.topic), record.key, record.value or b"", headers
                        )
                    )
                DEAD_LETTERS.labels(record.topic, reason).inc()
                return
            except (KafkaError, OSError, TimeoutError):
                end_if_told()
                self.progressed = time.monotonic()
                await asyncio.sleep(0.5)

    async def _commit(self) -> bool:
        """Whether something was. What cannot be is dealt with again by whoever comes next: a repeat
        changes nothing."""
        consumer, self._committed_at = self._consumer, time.monotonic()
        owned: Any = consumer.assignment() if consumer else ()
        moved = [(p, share, share.dealt) for p, share in self._shares.items() if p in owned]
        offsets = {partition: dealt for partition, share, dealt in moved if dealt > share.committed}
        if consumer and offsets:
            with suppress(KafkaError, TimeoutError):
                async with asyncio.timeout(3):
                    await consumer.commit(cast(Any, offsets))
                for _, share, dealt in moved:
                    share.committed = dealt
                return True
        return False

    async def hand_over(self) -> None:
        """Before partitions go to another member: finish what is at work, or break it off, and
        commit what is done."""
        async with self._handing:
            self._leaving = True
            lanes = set(self._tasks)
            late = (await asyncio.wait(lanes, timeout=_FINISH))[1] if lanes else ()
            for lane in late:
                lane.cancel()
            if late:
                await asyncio.wait(late, timeout=1.0)
            await self._commit()
            self._shares.clear()
            self._lanes.clear()
            CONSUMER_LAG.clear()  # what others have from here on is theirs to tell

    def take_over(self) -> None:
        """What is fetched from here on is this member's."""
        self._leaving = False

    def _show_lag(self, consumer: AIOKafkaConsumer) -> None:
        for partition in consumer.assignment():
            end, share = consumer.highwater(partition) or 0, self._shares.get(partition)
            behind = max(0, end - share.committed) if share else 0
            CONSUMER_LAG.labels(partition.topic, partition.partition).set(behind)

    async def _look(self, consumer: AIOKafkaConsumer) -> None:
        """What waits, as the broker tells it: a fetch or a commit that hangs cannot know.

        While the broker is away nobody stands still; a client that only believes so does.
        """
        try:
            async with asyncio.timeout(5):
                owned = list(consumer.assignment())
                ends = (
                    await consumer.end_offsets(owned)
                    if owned
                    else dict.fromkeys(await consumer.topics(), 0)
                )
                known = {part: share.committed for part, share in self._shares.items()}
                done = [
                    known[part] if part in known else await consumer.position(part)
                    for part in owned
                ]
            self.lag = (
                sum(ends.values()) - sum(done) if owned else 1
            )  # nothing owned: there may be some
        except (KafkaError, TimeoutError):
            stood_since, self.progressed = self.progressed, time.monotonic()
            if await answers(self._bootstrap):
                self.lag, self.progressed = self.lag or 1, stood_since
            else:
                self.lag = 0


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
        self._consumer.take_over()
        log.info("partitions assigned", count=len(cast(Any, assigned)))
