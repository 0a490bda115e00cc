"""A database and a topic for each test, and background tasks, on the real servers."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from chassis.broker.topics import ensure_topics
from chassis.clock import Clock
from chassis.kafka.consumer import Consumer
from chassis.kafka.publisher import Publisher
from chassis.kafka.subscriptions import Subscriptions
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from chassis.outbox.relay import Relay
from chassis.tests.counter import TOPIC, Counter, Counters
from tests.support.backend import Backend

PARTITIONS = 3


@pytest.fixture
async def store(backend: Backend) -> AsyncGenerator[Store]:
    """An empty database."""
    name = f"chassis_{secrets.token_hex(4)}"
    opened = Store(backend.mongo_url, name, Clock())
    yield opened
    await opened.client.drop_database(name)
    await opened.close()


@pytest.fixture
async def counters(store: Store) -> Counters:
    repository = Repository(store, "counters", Counter)
    await store.prepare()
    return repository


@pytest.fixture
async def publisher(backend: Backend) -> AsyncGenerator[Publisher]:
    """On an empty topic."""
    await _delete_records(backend.kafka_bootstrap)
    await ensure_topics(backend.kafka_bootstrap, [TOPIC], PARTITIONS, 1)
    started = Publisher(backend.kafka_bootstrap, "chassis-test")
    await started.start()
    yield started
    await started.stop()


async def _delete_records(bootstrap: str) -> None:
    """Every new group would process what earlier tests published first: minutes of it, in the
    end."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        if TOPIC in await admin.list_topics():
            everything = {
                TopicPartition(TOPIC, n): RecordsToDelete(before_offset=-1)
                for n in range(PARTITIONS)
            }
            await admin.delete_records(everything)
    finally:
        await admin.close()


@asynccontextmanager
async def relaying(store: Store, publisher: Publisher) -> AsyncGenerator[None]:
    async with running(Relay(store, publisher).run()):
        yield


@asynccontextmanager
async def consuming(
    backend: Backend, publisher: Publisher, group: str, subscriptions: Subscriptions
) -> AsyncGenerator[Consumer]:
    consumer = Consumer(backend.kafka_bootstrap, group, subscriptions, publisher)
    async with running(consumer.run()):
        yield consumer


@asynccontextmanager
async def running(run: Any) -> AsyncGenerator[asyncio.Task[None]]:
    """A background task; afterwards it is cancelled and awaited, as a service does it."""
    task: asyncio.Task[None] = asyncio.create_task(run)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
