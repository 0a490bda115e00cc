"""What the broker acknowledged of a turn, and what became of the rest."""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from chassis.outbox.unpublished import Outbox
from chassis.sending.partitions import Aggregate, Late, Partition, Partitions, Sent
from chassis.sending.refused import note_failures
from chassis.telemetry.metrics import RELAY_PUBLISHED

log = structlog.get_logger()
Remember = Callable[[Outbox, Mapping[str, int]], Awaitable[None]]


class Acknowledgements:
    """`remember` takes the last published `seq` of each aggregate of an outbox."""

    def __init__(self, partitions: Partitions, late: Late, remember: Remember) -> None:
        self._partitions, self._late, self._remember = partitions, late, remember

    async def settle(
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
