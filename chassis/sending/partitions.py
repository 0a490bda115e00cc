"""What is on its way to the broker, and which partitions get nothing for now.

A partition whose leader is gone, or that refuses what it gets, delays its own events only.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Any, NamedTuple

from chassis.outbox.unpublished import Entry, Outbox

Partition = tuple[str, int]
"""Topic and number."""
Aggregate = tuple[Outbox, str]
_FIRST_REST, _MAX_REST = 0.5, 30.0  # seconds
MAX_BYTES = 128 * 1024
"""Unacknowledged bytes of a partition. Half a batch of the producer: it then never waits for room
(`Publisher`)."""
_OVERHEAD = 200  # bytes of a message beside its body, about


class Sent(NamedTuple):
    aggregate: Aggregate
    entry: Entry
    partition: Partition
    acknowledged: "asyncio.Future[Any]"
    """Done when the broker acknowledged or refused it."""


class Partitions:
    """Those that rest after a failure, and those that have too much unacknowledged."""

    def __init__(self) -> None:
        self._late = Counter[Partition]()
        self._rests: dict[Partition, tuple[float, float]] = {}  # (until, how long)
        self._single = set[Partition]()

    def is_closed(self, partition: Partition) -> bool:
        """Nothing goes out to it now."""
        if partition in self._late:
            return True
        return partition in self._rests and time.monotonic() < self._rests[partition][0]

    def is_slow(self, partition: Partition) -> bool:
        """It failed last time: the others do not wait for what it acknowledges."""
        return partition in self._rests and partition not in self._single

    def has_room(self, partition: Partition, used: int, entry: Entry) -> bool:
        """After `used` bytes of this round. The first event always has."""
        if not used:
            return True
        return partition not in self._single and used + size_of(entry) <= MAX_BYTES

    @property
    def retry_at(self) -> float:
        """When the next rest ends, by the monotonic clock."""
        now = time.monotonic()
        return min((until for until, _ in self._rests.values() if until > now), default=inf)

    def failed(self, partition: Partition, *, refused: bool) -> None:
        """It rests, longer each time. Something in it was `refused`: from now on it gets one event
        at a time, to find which."""
        before = self._rests.get(partition, (0.0, _FIRST_REST / 2))[1]
        rest = _FIRST_REST if refused else min(before * 2, _MAX_REST)
        self._rests[partition] = time.monotonic() + rest, rest
        if refused:
            self._single.add(partition)

    def succeeded(self, partition: Partition) -> None:
        self._rests.pop(partition, None)

    def all_sent(self) -> None:
        """No event of a turn was refused: what was looked for is found."""
        self._single -= self._single - self._rests.keys() - self._late.keys()

    def late(self, partition: Partition) -> None:
        self._late[partition] += 1
        if partition not in self._rests:
            self._rests[partition] = 0.0, _FIRST_REST / 2

    def not_late(self, partition: Partition) -> None:
        self._late[partition] -= 1
        if not self._late[partition]:
            del self._late[partition]


class Late:
    """Events that were not acknowledged in time. Nothing later of their aggregates is sent until
    all of them are acknowledged or have failed; `on_settled` is then called."""

    def __init__(self, partitions: Partitions, on_settled: Callable[[Outbox], object]) -> None:
        self._partitions, self._on_settled = partitions, on_settled
        self._sent: dict[Aggregate, Sequence[Sent]] = {}
        self._open = Counter[Aggregate]()

    def __bool__(self) -> bool:
        return bool(self._sent)

    def __contains__(self, aggregate: Aggregate) -> bool:
        return aggregate in self._sent

    def add(self, aggregate: Aggregate, sent: Sequence[Sent]) -> None:
        """All events of one aggregate that went out together, in order."""
        self._sent[aggregate] = sent
        for one in sent:
            if not one.acknowledged.done():
                self._open[aggregate] += 1
                self._partitions.late(one.partition)
                one.acknowledged.add_done_callback(lambda _, one=one: self._settle(one))

    def _settle(self, one: Sent) -> None:
        self._partitions.not_late(one.partition)
        self._open[one.aggregate] -= 1
        if not self._open[one.aggregate]:
            del self._open[one.aggregate]
            self._on_settled(one.aggregate[0])

    def take_settled(self) -> Mapping[Aggregate, Sequence[Sent]]:
        settled = {a: sent for a, sent in self._sent.items() if a not in self._open}
        for aggregate in settled:
            del self._sent[aggregate]
        return settled


def size_of(entry: Entry) -> int:
    """Of its message, in bytes, about."""
    return len(entry["body"]) + _OVERHEAD
