"""Both back-ends give the same four servers, and each of them does its work."""

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pymongo import AsyncMongoClient, WriteConcern
from redis.asyncio import Redis

from tests.support.backend import Backend

pytestmark = pytest.mark.servers
SECONDS = 30.0


async def test_mongo_promises_a_majority(backend: Backend) -> None:
    client: AsyncMongoClient[dict[str, int]] = AsyncMongoClient(backend.mongo_url)
    durable = client.backend_test.get_collection(
        "things", write_concern=WriteConcern(w="majority", j=True)
    )
    await durable.insert_one({"n": 1})
    assert await durable.count_documents({}) >= 1
    await client.drop_database("backend_test")
    await client.close()


async def test_kafka_gives_back_what_it_took(backend: Backend) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=backend.kafka_bootstrap, acks="all", enable_idempotence=True
    )
    consumer = AIOKafkaConsumer(
        "backend-test",
        bootstrap_servers=backend.kafka_bootstrap,
        group_id="backend-test",
        auto_offset_reset="earliest",
    )
    await producer.start()
    try:
        await producer.send_and_wait("backend-test", b"a fact", key=b"1")
        await consumer.start()
        message = await consumer.getone()
        assert (message.key, message.value) == (b"1", b"a fact")
    finally:
        await consumer.stop()
        await producer.stop()


async def test_valkey_remembers(backend: Backend) -> None:
    client = Redis.from_url(backend.redis_url)
    await client.set("backend-test", "1", ex=60)
    assert await client.getdel("backend-test") == b"1"
    await client.aclose()


def test_zipkin_answers(backend: Backend) -> None:
    assert (
        httpx.get(f"{backend.zipkin_url}/api/v2/services", timeout=SECONDS, trust_env=False).json()
        is not None
    )


@pytest.mark.faults
@pytest.mark.parametrize("name", ["valkey", "mongo", "kafka", "zipkin"])
def test_killed_server_comes_back(backend: Backend, name: str) -> None:
    backend.kill(name)
    assert backend.wait_ready(name) < SECONDS
