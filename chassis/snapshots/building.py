"""Replicas that are new or empty are built before the service serves."""

from collections.abc import Mapping, Sequence

import structlog

from chassis.kafka.subscriptions import Subscriptions
from chassis.mongo.store import Store
from chassis.snapshots.completeness import Completeness
from chassis.snapshots.reading import ends_of, has_missed, read_snapshots

log = structlog.get_logger()


async def build_replicas(
    bootstrap: str, store: Store, kept: Subscriptions, reads: Mapping[str, Sequence[str]]
) -> None:
    """Where something is missing, from the snapshots that the publishers left: all of `kept`. What
    comes afterwards comes by the topics. `reads`: consumer group -> its topics."""
    completeness = Completeness(store)
    events = [event for topic in kept.topics for event in kept.events(topic)]
    reads = {group: kept.only(topics).topics for group, topics in reads.items()}
    missing = await completeness.missing(events)
    missing = missing or await has_missed(bootstrap, reads, await completeness.built_at())
    if missing is None:
        return
    ends = await ends_of(bootstrap, kept.topics)
    applied, failed = await read_snapshots(bootstrap, kept)
    log.info("replicas built", because=missing, applied=applied, failed=failed)
    if not failed:
        await completeness.note(events, ends)
