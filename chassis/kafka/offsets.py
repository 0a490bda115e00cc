"""What a group member has fetched, processed and committed of its partitions."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from chassis.telemetry.metrics import CONSUMER_LAG


@dataclass
class PartitionProgress:
    """Each offset is that of the next message: the one at `committed` is not processed yet."""

    committed: int
    """What the group knows to be processed."""
    fetched: int
    in_flight: dict[int, None] = field(default_factory=dict[int, None])
    """Fetched and not processed, in order."""

    @property
    def processed(self) -> int:
        """Everything before this is processed."""
        return next(iter(self.in_flight), self.fetched)


class Offsets:
    """`committed_at` is when a commit was last tried, by the monotonic clock."""

    def __init__(self) -> None:
        self._partitions: dict[TopicPartition, PartitionProgress] = {}
        self.committed_at = 0.0

    def of(self, partition: TopicPartition, first: int) -> PartitionProgress:
        """`first`: the offset to begin at, where nothing was fetched yet."""
        return self._partitions.setdefault(partition, PartitionProgress(first, first))

    @property
    def uncommitted(self) -> int:
        """How many messages a crash would repeat."""
        return sum(p.fetched - p.committed for p in self._partitions.values())

    @property
    def committable(self) -> int:
        return sum(p.processed - p.committed for p in self._partitions.values())

    async def commit(self, consumer: AIOKafkaConsumer | None) -> bool:
        """Whether anything was committed. The rest is processed again by the next member: a repeat
        changes nothing."""
        self.committed_at = time.monotonic()
        owned: Any = consumer.assignment() if consumer else ()
        moved = [(p, state, state.processed) for p, state in self._partitions.items() if p in owned]
        offsets = {p: processed for p, state, processed in moved if processed > state.committed}
        if consumer and offsets:
            with suppress(KafkaError, TimeoutError):
                async with asyncio.timeout(3):
                    await consumer.commit(cast(Any, offsets))
                for _, state, processed in moved:
                    state.committed = processed
                return True
        return False

    def clear(self) -> None:
        """The partitions are another member's to process and to report."""
        for partition in self._partitions:  # the service's other consumer shows some, too
            CONSUMER_LAG.remove(partition.topic, partition.partition)
        self._partitions.clear()

    def show_lag(self, consumer: AIOKafkaConsumer) -> None:
        """Of partitions from which something came."""
        for partition in self._partitions.keys() & consumer.assignment():
            behind = (consumer.highwater(partition) or 0) - self._partitions[partition].committed
            CONSUMER_LAG.labels(partition.topic, partition.partition).set(max(0, behind))

    async def lag(self, consumer: AIOKafkaConsumer) -> int:
        """Messages that wait, by the broker's own offsets: a fetch that hangs cannot know them.
        1 while no partition is assigned: there may be some."""
        owned = list(consumer.assignment())
        if not owned:
            await consumer.topics()
            return 1
        ends = await consumer.end_offsets(owned)
        known = {p: state.committed for p, state in self._partitions.items()}
        done = [known[p] if p in known else await consumer.position(p) for p in owned]
        return sum(ends.values()) - sum(done)
