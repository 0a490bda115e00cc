"""Gives the topics more partitions: `python -m ops.partitions COUNT [--wait SECONDS]`.

A key moves to another partition when the count grows: what was published of it before could then be
processed after what is published next. So nothing may be in between: stop the services that publish
(or let the gateway refuse), and start this command. It waits until every group has processed
everything, grows the topics, and sees that nothing came meanwhile. Then start the services again.

Snapshot topics keep their one partition (`chassis.broker.topics`). Fewer partitions are not
possible.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.errors import KafkaError

from chassis.broker.connection import broker
from chassis.broker.topics import partitions_of
from chassis.settings import Settings
from contracts.topics import TOPICS, dead

_REST = 1.0  # seconds between two looks
_REPLAY = "deadletter-replay"  # reads dead letters only


class NotDrained(Exception):
    """Messages wait that would lose their order, or came while the topics grew."""


async def grow(
    bootstrap: str, count: int, wait: float, topics: Sequence[str] = TOPICS
) -> Mapping[str, tuple[int, int]]:
    """Topic -> (partitions before, now). Dead letters keep no order: their topics grow, too.

    Raises:
        NotDrained: some group has not processed everything within `wait` seconds, or something was
            published while the topics grew. Nothing has grown in the first case.
        ValueError: a topic has more partitions already.
    """
    admin = AIOKafkaAdminClient(**broker(bootstrap), request_timeout_ms=10_000)
    consumer = AIOKafkaConsumer(**broker(bootstrap), request_timeout_ms=15_000)
    await admin.start()
    await consumer.start()
    try:
        before = await _counts(admin, topics)
        if more := [topic for topic, now in before.items() if now > count]:
            raise ValueError(f"{more[0]} has {before[more[0]]} partitions already")
        growing = {topic for topic, now in before.items() if now < count and topic in topics}
        ends = await _drained(admin, consumer, growing, wait)
        wanted = {topic: NewPartitions(count) for topic, now in before.items() if now < count}
        if wanted:
            await admin.create_partitions(wanted)
        if late := [p.topic for p, end in (await _ends(consumer, ends)).items() if end != ends[p]]:
            raise NotDrained(f"{late[0]} has grown, but something was published meanwhile")
        return {topic: (now, max(now, count)) for topic, now in before.items()}
    finally:
        await consumer.stop()
        await admin.close()


async def _counts(admin: AIOKafkaAdminClient, topics: Sequence[str]) -> dict[str, int]:
    known = {*await admin.list_topics()}
    names = [name for topic in topics for name in (topic, dead(topic)) if name in known]
    return {
        described["topic"]: len(described["partitions"])
        for described in (await admin.describe_topics(names) if names else ())
    }


async def _drained(
    admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer, topics: Collection[str], wait: float
) -> Mapping[TopicPartition, int]:
    """The ends of the partitions, once nothing comes any more and every group is there."""
    until = time.monotonic() + wait
    partitions = await partitions_of(admin, topics)
    ends = await _ends(consumer, partitions)
    while True:
        waits = await _waiting(admin, ends)
        await asyncio.sleep(_REST)
        now = await _ends(consumer, partitions)
        if not waits and now == ends:
            return ends
        if time.monotonic() > until:
            raise NotDrained(waits or "something is still published")
        ends = now


async def _ends(
    consumer: AIOKafkaConsumer, partitions: Collection[TopicPartition]
) -> Mapping[TopicPartition, int]:
    return await consumer.end_offsets(list(partitions)) if partitions else {}


async def _waiting(admin: AIOKafkaAdminClient, ends: Mapping[TopicPartition, int]) -> str:
    """Group and topic where messages wait, in a few words; empty: nowhere."""
    for group, *_ in cast(Any, await admin.list_consumer_groups()):
        if group == _REPLAY:
            continue
        for partition, (offset, _) in (await admin.list_consumer_group_offsets(group)).items():
            if ends.get(partition, 0) > max(0, offset):
                return f"{group} has not processed all of {partition.topic}"
    return ""


def main(arguments: list[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m ops.partitions", description="Give the topics more partitions."
    )
    parser.add_argument("count", type=int, help="partitions that each topic will have")
    parser.add_argument("--wait", type=float, default=60.0, help="seconds to drain, at most")
    options = parser.parse_args(arguments)
    try:
        grown = asyncio.run(grow(Settings().kafka_bootstrap, options.count, options.wait))
    except (NotDrained, ValueError) as refused:
        sys.stderr.write(f"not done: {refused}\n")
        return 1
    except (KafkaError, OSError, TimeoutError) as error:
        sys.stderr.write(f"the broker is unavailable: {type(error).__name__}\n")
        return 1
    for topic, (before, now) in grown.items():
        sys.stdout.write(f"{topic}\t{before} -> {now}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
