"""What the relay sends to the broker, and what that acknowledged."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import structlog

from chassis.errors import DRIVER_ERRORS, Unavailable
from chassis.mongo.store import Document
from chassis.outbox.partitions import Aggregate, Late, Partition, Partitions, Sent, size_of
from chassis.outbox.refused import note_failures
from chassis.outbox.shares import Shares
from chassis.outbox.unpublished import Entry, Outbox
from chassis.telemetry.metrics import RELAY_PUBLISHED

log = structlog.get_logger()
_MARK_AFTER = 0.25  # seconds
_MAX_UNMARKED = 10_000
_PATIENCE = 1.0
"""Seconds for acknowledgements; then the other partitions go on. One that failed last time is not
waited for at all."""
Todo = list[tuple[Aggregate, Document]]


class Bus(Protocol):
    """Where events go."""

    async def partition(self, topic: str, key: str) -> Partition: ...

    async def send(self, entry: Entry, partition: Partition) -> "asyncio.Future[Any]": ...

    async def heal(self) -> None: ...


class Sender:
    """Sends what the relay found, and marks it a moment later."""

    def __init__(
        self,
        bus: Bus,
        shares: Shares,
        outboxes: Sequence[Outbox],
        on_settled: Callable[[Outbox], object],
    ) -> None:
        self._bus, self._shares, self._outboxes = bus, shares, outboxes
        self._to_mark = asyncio.Event()
        self._partitions = Partitions()
        self._late = Late(self._partitions, on_settled)

    @property
    def is_waiting(self) -> bool:
        """Some partitions have not acknowledged what they got. `on_settled` tells of it."""
        return bool(self._late)

    @property
    def retry_at(self) -> float:
        """When a partition that failed gets something again, by the monotonic clock."""
        return self._partitions.retry_at

    async def send(self, batches: Mapping[Outbox, Sequence[Document]]) -> bool:
        """Publish all events of these documents whose partitions take something now. Whether
        nothing failed."""
        if not batches:
            return True
        publishing = asyncio.create_task(self._publish(batches))
        try:
            await asyncio.wait((publishing,))
        except asyncio.CancelledError:  # an orderly stop: what is published gets marked
            await asyncio.wait((publishing,), timeout=5)
            raise
        return publishing.result()

    async def settle_late(self) -> None:
        """Remember what was acknowledged late."""
        if self._late:
            await self._settle(self._late.take_settled(), Counter[Partition]())

    async def _publish(self, batches: Mapping[Outbox, Sequence[Document]]) -> bool:
        todo = [((o, one["_id"]), one) for o, documents in batches.items() for one in documents]
        failed = set[Aggregate]()
        while todo:
            sent, todo = await self._send_round(todo)
            await self._acknowledged(sent)
            by_aggregate: defaultdict[Aggregate, list[Sent]] = defaultdict(list)
            for one in sent:
                by_aggregate[one.aggregate].append(one)
            failed |= await self._settle(by_aggregate, Counter(one.partition for one in sent))
            todo = [one for one in todo if one[0] not in failed and one[0] not in self._late]
        if not failed:
            self._partitions.all_sent()
        return not failed

    async def _send_round(self, todo: Todo) -> tuple[list[Sent], Todo]:
        """As much as each partition may have unacknowledged. Gives what is left for the next
        round."""
        sent: list[Sent] = []
        left: Todo = []
        used = Counter[Partition]()
        for aggregate, document in todo:
            if aggregate in self._late:
                continue
            for n, entry in enumerate(document["outbox"]):
                if document.get("share", 0) not in self._shares.held:  # lapsed meanwhile
                    break
                partition = await self._bus.partition(entry["topic"], entry["key"])
                if self._partitions.is_closed(partition):
                    break
                if not self._partitions.has_room(partition, used[partition], entry):
                    left.append((aggregate, document | {"outbox": document["outbox"][n:]}))
                    break
                used[partition] += size_of(entry)
                acknowledged = await self._send(entry, partition)
                sent.append(Sent(aggregate, entry, partition, acknowledged))
        return sent, left

    async def _send(self, entry: Entry, partition: Partition) -> "asyncio.Future[Any]":
        try:
            return await self._bus.send(entry, partition)
        except (*DRIVER_ERRORS, Unavailable, TimeoutError) as error:  # of this partition alone
            refused: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            refused.set_exception(error)
            refused.exception()  # it may be that nobody asks
            return refused

    async def _acknowledged(self, sent: Sequence[Sent]) -> None:
        """Wait until partitions that work have acknowledged; those of one batch do so at once."""
        until = time.monotonic() + _PATIENCE
        for one in sent:
            acknowledged: Any = one.acknowledged
            if acknowledged.done() or self._partitions.is_slow(one.partition):
                continue
            if (left := until - time.monotonic()) <= 0:
                return
            await asyncio.wait((acknowledged,), timeout=left)

    async def _settle(
        self, by_aggregate: Mapping[Aggregate, Sequence[Sent]], counts: Counter[Partition]
    ) -> set[Aggregate]:
        """Remember the last `seq` of each aggregate that the broker acknowledged in order. Gives
        those of which something failed. `counts`: how many each partition got together."""
        done: defaultdict[Outbox, dict[str, int]] = defaultdict(dict)
        failed: dict[Aggregate, tuple[Sent, BaseException]] = {}
        topics = Counter[str]()
        for aggregate, sent in by_aggregate.items():
            if not all(one.acknowledged.done() for one in sent):
                self._late.add(aggregate, sent)
                continue
            for one in sent:
                if (error := one.acknowledged.exception()) is not None:
                    failed[aggregate] = one, error
                    break
                self._partitions.succeeded(one.partition)
                done[aggregate[0]][aggregate[1]] = one.entry["seq"]
                topics[one.entry["topic"]] += 1
        for topic, count in topics.items():
            RELAY_PUBLISHED.labels(topic).inc(count)
        for outbox, published in done.items():
            await self._remember(outbox, published)
        if failed:
            log.warning("events not acknowledged, retrying", count=len(failed))
            await self._note_failures([*failed.values()], counts)
        return {*failed}

    async def _note_failures(
        self, failed: Sequence[tuple[Sent, BaseException]], counts: Counter[Partition]
    ) -> None:
        by_partition: defaultdict[Partition, list[tuple[Sent, BaseException]]] = defaultdict(list)
        for one, error in failed:
            by_partition[one.partition].append((one, error))
        for partition, errors in by_partition.items():
            await note_failures(errors, self._partitions, alone=counts[partition] == 1)

    async def _remember(self, outbox: Outbox, published: Mapping[str, int]) -> None:
        outbox.published.remember(published)
        self._to_mark.set()
        if outbox.published.unmarked > _MAX_UNMARKED:
            await outbox.published.mark(outbox.collection)

    async def mark_soon(self) -> None:
        """Wait until something is published, and a moment for what follows; then mark all."""
        await self._to_mark.wait()
        await asyncio.sleep(_MARK_AFTER)
        self._to_mark.clear()
        try:
            await self.mark()
        except BaseException:
            self._to_mark.set()
            raise

    async def mark(self) -> None:
        """Mark everything that is published."""
        for outbox in self._outboxes:
            await outbox.published.mark(outbox.collection)
