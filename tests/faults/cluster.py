"""Leaders and followers of three brokers and of a replica set with three members."""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from pymongo import AsyncMongoClient

from contracts.topics import TOPICS, dead
from deploy.local.ports import HOST
from tests.faults.platform import FaultPlatform

MEMBERS = 3
ALL = [name for topic in TOPICS for name in (topic, dead(topic))]


@asynccontextmanager
async def _admin(platform: FaultPlatform) -> AsyncGenerator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(
        bootstrap_servers=platform.addresses["KAFKA_BOOTSTRAP"], request_timeout_ms=10_000
    )
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def partitions(platform: FaultPlatform) -> list[Mapping[str, Any]]:
    """Of all topics, each with its `leader`, `replicas` and in-sync replicas (`isr`)."""
    async with _admin(platform) as admin:
        return [
            partition
            for topic in await admin.describe_topics(ALL)
            for partition in topic["partitions"]
        ]


async def create_unreplicated(platform: FaultPlatform, topic: str) -> None:
    """With a partition on each broker, in the order of their names, and no other replica: while a
    broker is down, nobody leads its partition. It may be there already."""
    assigned = {number: [number + 1] for number in range(MEMBERS)}
    configs = {"min.insync.replicas": "1", "message.timestamp.type": "LogAppendTime"}
    wanted = NewTopic(topic, -1, -1, replica_assignments=assigned, topic_configs=configs)
    async with _admin(platform) as admin:
        if topic not in await admin.list_topics():
            await admin.create_topics([wanted])


async def min_insync_replicas(platform: FaultPlatform) -> set[str]:
    """The values of this setting over all topics."""
    async with _admin(platform) as admin:
        asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in ALL]
        described: Any = (await admin.describe_configs(asked))[0]
    return {
        entry[1]
        for *_, entries in described.resources
        for entry in entries
        if entry[0] == "min.insync.replicas"
    }


async def in_sync(platform: FaultPlatform) -> bool:
    """Whether every replica of every partition is in sync."""
    return all(len(partition["isr"]) == MEMBERS for partition in await partitions(platform))


async def brokers(platform: FaultPlatform) -> list[str]:
    """Their names; the one that leads the most partitions comes first."""
    leads = Counter(dict.fromkeys(range(1, MEMBERS + 1), 0))
    leads.update(partition["leader"] for partition in await partitions(platform))
    names = [name for name, _ in platform.ports.all_of("kafka")]
    return [names[node - 1] for node, _ in leads.most_common()]


async def members(platform: FaultPlatform) -> list[str]:
    """Of the replica set: their names, the primary first."""
    async with AsyncMongoClient[dict[str, Any]](
        platform.addresses["MONGO_URL"], timeoutMS=20_000
    ) as client:
        primary = (await client.admin.command("hello"))["primary"]
    names = {f"{HOST}:{port}": name for name, port in platform.ports.all_of("mongo")}
    return [names.pop(primary), *names.values()]
