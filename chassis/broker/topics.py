"""Topics, each with its dead-letter topic and its snapshot topic."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

import structlog
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code

from chassis.broker.connection import MAX_BYTES, broker
from contracts.topics import dead, state

log = structlog.get_logger()
KEPT_DAYS = (7.0, 30.0)
"""How long messages and dead letters are kept. Snapshots are kept for ever, the last of each
key."""
_SET_ON_TOPIC = 1
"""Where Kafka says a configuration comes from: set for this topic."""


def topic_configs(topic: str, kept_days: tuple[float, float]) -> dict[str, dict[str, str]]:
    """Name -> configuration of a topic and of those beside it. `kept_days`: messages, dead
    letters."""
    # The broker's time: what is read by time does not miss what a wrong clock published.
    all_have = {"message.timestamp.type": "LogAppendTime"}
    configs = {
        topic: {"max.message.bytes": str(MAX_BYTES), "retention.ms": _milliseconds(kept_days[0])},
        dead(topic): {
            "max.message.bytes": str(2 * MAX_BYTES),
            "retention.ms": _milliseconds(kept_days[1]),
        },
        # What is replaced or deleted is gone from the disk after a week at most.
        state(topic): {
            "max.message.bytes": str(MAX_BYTES),
            "cleanup.policy": "compact",
            "max.compaction.lag.ms": _milliseconds(7),
        },
    }
    return {name: all_have | own for name, own in configs.items()}


async def ensure_topics(
    bootstrap: str,
    topics: Iterable[str],
    partitions: int,
    replication: int,
    kept_days: tuple[float, float] = KEPT_DAYS,
) -> None:
    """Create the topics that are missing, and configure the others as these would be; what else an
    operator set on them stays. Safe in several processes at once.

    A snapshot topic has one partition for ever: where keys moved to another one, what they left
    behind would never be compacted.
    """
    wanted: dict[str, dict[str, str]] = {}
    for topic in topics:
        wanted |= topic_configs(topic, kept_days)
    snapshots = {state(topic) for topic in topics}
    admin = AIOKafkaAdminClient(**broker(bootstrap), request_timeout_ms=10_000)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        replicas = {"min.insync.replicas": str(max(1, replication - 1))}
        missing = [
            NewTopic(
                name,
                1 if name in snapshots else partitions,
                replication,
                topic_configs=replicas | own,
            )
            for name, own in wanted.items()
            if name not in existing
        ]
        answer = await admin.create_topics(missing, timeout_ms=10_000) if missing else None
        for name, code, *_ in cast(Any, answer).topic_errors if answer else []:
            if code and for_code(code) is not TopicAlreadyExistsError:
                raise for_code(code)(name)
        await _configure(admin, {n: c for n, c in wanted.items() if n in existing})
    finally:
        await admin.close()


async def _configure(admin: AIOKafkaAdminClient, wanted: Mapping[str, Mapping[str, str]]) -> None:
    """Set what differs. The request replaces all that is set on a topic: the rest is said again."""
    if not wanted:
        return
    named = [ConfigResource(ConfigResourceType.TOPIC, name) for name in wanted]
    changes: list[ConfigResource] = []
    for answer in cast(Any, await admin.describe_configs(named)):
        for code, message, _, name, entries in answer.resources:
            if code:
                raise for_code(code)(f"{name}: {message}")
            found = {key: (value, source) for key, value, _, source, *_ in entries}
            if any(found.get(key, ("", 0))[0] != value for key, value in wanted[name].items()):
                own = {key: value for key, (value, at) in found.items() if at == _SET_ON_TOPIC}
                changes.append(
                    ConfigResource(ConfigResourceType.TOPIC, name, own | {**wanted[name]})
                )
    for answer in cast(Any, await admin.alter_configs(changes)) if changes else ():
        for code, message, _, name in answer.resources:
            if code:  # a service may not be allowed to; no reason not to serve
                log.error("topic not configured", topic=name, code=code, said=message)


async def partitions_of(admin: AIOKafkaAdminClient, topics: Iterable[str]) -> list[TopicPartition]:
    """Of those of the topics that exist."""
    known = sorted({*topics}.intersection(await admin.list_topics()))
    return [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in (await admin.describe_topics(known) if known else ())
        for partition in topic["partitions"]
    ]


def _milliseconds(days: float) -> str:
    return str(round(days * 86_400_000))
