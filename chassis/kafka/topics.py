"""Topics, each with its dead-letter topic; and whether a broker answers."""

import asyncio
from collections.abc import Iterable
from typing import Any, cast

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from contracts.topics import dead

MAX_BYTES = 1024 * 1024
"""Of a message. Its dead letter is larger by some headers."""


async def ensure_topics(
    bootstrap: str, topics: Iterable[str], partitions: int, replication: int
) -> None:
    """Create the topics that are missing. Safe in several processes at once."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=10_000)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        # The broker's time: what is read by time does not miss what a wrong clock published.
        configs = {
            "min.insync.replicas": str(max(1, replication - 1)),
            "message.timestamp.type": "LogAppendTime",
        }
        missing = [
            NewTopic(
                name,
                partitions,
                replication,
                topic_configs=configs | {"max.message.bytes": str(max_bytes)},
            )
            for topic in topics
            for name, max_bytes in ((topic, MAX_BYTES), (dead(topic), 2 * MAX_BYTES))
            if name not in existing
        ]
        answer = await admin.create_topics(missing, timeout_ms=10_000) if missing else None
        for name, code, *_ in cast(Any, answer).topic_errors if answer else []:
            if code and for_code(code) is not TopicAlreadyExistsError:
                raise for_code(code)(name)
    finally:
        await admin.close()


async def is_reachable(bootstrap: str) -> bool:
    """Whether a broker answers a new client: one in use may be what hangs."""
    client = AIOKafkaClient(bootstrap_servers=bootstrap, request_timeout_ms=3000)
    try:
        async with asyncio.timeout(5):
            await client.bootstrap()
        return True
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await client.close()
