"""Who leads and who follows, among three brokers and three members of a replica set."""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from pymongo import AsyncMongoClient

from contracts.topics import TOPICS, dead
from deploy.local.ports import HOST
from tests.faults.ground import Ground

MEMBERS = 3
ALL = [name for topic in TOPICS for name in (topic, dead(topic))]


@asynccontextmanager
async def _admin(ground: Ground) -> AsyncGenerator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(
        bootstrap_servers=ground.addresses["KAFKA_BOOTSTRAP"], request_timeout_ms=10_000
    )
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def partitions(ground: Ground) -> list[Mapping[str, Any]]:
    """Of all topics: each with its leader, its copies (`replicas`) and those in step (`isr`)."""
    async with _admin(ground) as admin:
        return [
            partition
            for topic in await admin.describe_topics(ALL)
            for partition in topic["partitions"]
        ]


async def least_in_step(ground: Ground) -> set[str]:
    """What all topics are set to."""
    async with _admin(ground) as admin:
        asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in ALL]
        told: Any = (await admin.describe_configs(asked))[0]
    return {
        entry[1]
        for *_, entries in told.resources
        for entry in entries
        if entry[0] == "min.insync.replicas"
    }


async def in_step(ground: Ground) -> bool:
    """Whether every copy of every partition has what its leader has."""
    return all(len(partition["isr"]) == MEMBERS for partition in await partitions(ground))


async def brokers(ground: Ground) -> list[str]:
    """The names of the brokers, who leads most partitions first."""
    leads = Counter(dict.fromkeys(range(1, MEMBERS + 1), 0))
    leads.update(partition["leader"] for partition in await partitions(ground))
    names = [name for name, _ in ground.ports.all_of("kafka")]
    return [names[node - 1] for node, _ in leads.most_common()]


async def members(ground: Ground) -> list[str]:
    """The names of the replica set's members, the primary first."""
    async with AsyncMongoClient[dict[str, Any]](
        ground.addresses["MONGO_URL"], timeoutMS=20_000
    ) as client:
        primary = (await client.admin.command("hello"))["primary"]
    names = {f"{HOST}:{port}": name for name, port in ground.ports.all_of("mongo")}
    return [names.pop(primary), *names.values()]
