"""What the relay sends to the broker, and what that acknowledged."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import structlog

from chassis.errors import DRIVER_ERRORS, Unavailable
from chassis.mongo.store import Document
from chassis.outbox.shares import Shares
from chassis.outbox.unpublished import Entry, Outbox
from chassis.sending.acknowledgements import Acknowledgements
from chassis.sending.partitions import Aggregate, Late, Partition, Partitions, Sent, size_of

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
        self.partitions = Partitions()
        self._late = Late(self.partitions, on_settled)
        self._acknowledgements = Acknowledgements(self.partitions, self._late, self._remember)

    @property
    def is_waiting(self) -> bool:
        """Some partitions have not acknowledged what they got. `on_settled` tells of it."""
        return bool(self._late)

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
            await self._acknowledgements.settle(self._late.take_settled(), Counter[Partition]())

    async def _publish(self, batches: Mapping[Outbox, Sequence[Document]]) -> bool:
        todo = [((o, one["_id"]), one) for o, documents in batches.items() for one in documents]
        failed = set[Aggregate]()
        while todo:
            sent, todo = await self._send_round(todo)
            await self._acknowledged(sent)
            by_aggregate: defaultdict[Aggregate, list[Sent]] = defaultdict(list)
            for one in sent:
                by_aggregate[one.aggregate].append(one)
            failed |= await self._acknowledgements.settle(
                by_aggregate, Counter(one.partition for one in sent)
            )
            todo = [one for one in todo if one[0] not in failed and one[0] not in self._late]
        if not failed:
            self.partitions.all_sent()
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
                if self.partitions.is_closed(partition):
                    break
                if not self.partitions.has_room(partition, used[partition], entry):
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
            if acknowledged.done() or self.partitions.is_slow(one.partition):
                continue
            if (left := until - time.monotonic()) <= 0:
                return
            await asyncio.wait((acknowledged,), timeout=left)

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
