"""Row 5: outbox -> Kafka -> effect through the chassis, beside bare aiokafka with the same bulk writes."""

import asyncio
import time
from typing import Any, cast
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import InsertOne

from bench.rows.row import Row, row
from bench.stage import Stage
from chassis.aggregate import Aggregate
from chassis.bus import Message, Publisher, Subscription, ensure_topics
from chassis.clock import Clock
from chassis.consumer import Consumer
from chassis.idempotency import Cause
from chassis.outbox import Relay
from chassis.store import Repository, Store
from contracts import topics
from contracts.registration import AccountOpened

WRITERS = 64


class Fact(Aggregate):
    """The smallest aggregate there is."""

    account: str


class Spine:
    """Source, relay, topic, consumer and effect in one process, on a database and a group of its own."""

    def __init__(self, stage: Stage) -> None:
        self.store = Store(stage.mongo_url, f"bench_spine_{uuid4().hex[:8]}", Clock())
        self.sources = Repository(self.store, "sources", Fact)
        self.effects = Repository(self.store, "effects", Fact)
        self.publisher = Publisher(stage.kafka, "bench")
        handler = Subscription(topics.REGISTRATION).on(AccountOpened, self._effect)
        self.consumer = Consumer(stage.kafka, f"bench-{uuid4().hex[:8]}", [handler], self.publisher)
        self._left, self._all = 0, asyncio.Event()

    async def _effect(self, event: AccountOpened, message: Message) -> None:
        if event.account.startswith("bench_"):
            await self.effects.add(Fact(id=message.id, account=event.account), [], message.cause)
            self._left -= 1
            if self._left == 0:
                self._all.set()

    async def run(self, count: int) -> float:
        """Facts a second from the first write to the last effect."""
        self._left = count
        self._all.clear()
        gate, began = asyncio.Semaphore(WRITERS), time.perf_counter()

        async def write() -> None:
            async with gate:
                id = f"bench_{uuid4().hex}"
                await self.sources.add(Fact(id=id, account=id), [AccountOpened(account=id)], Cause(id))

        await asyncio.gather(*(write() for _ in range(count)))
        async with asyncio.timeout(120):
            await self._all.wait()
        return count / (time.perf_counter() - began)


async def _bare(stage: Stage, count: int) -> float:
    """The same writes in the same sizes, the messages sent by hand and nothing kept for a crash."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(stage.mongo_url, w="majority", journal=True)
    database, topic = client["bench_spine_bare"], f"bench.{uuid4().hex[:8]}"
    await ensure_topics(stage.kafka, [topic], 6, 1)
    producer = AIOKafkaProducer(bootstrap_servers=stage.kafka, acks="all", enable_idempotence=True)
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=stage.kafka, group_id=topic, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await producer.start()
    await consumer.start()
    began = time.perf_counter()

    async def write() -> None:
        for start in range(0, count, WRITERS):
            ids = [f"{topic}.{n}" for n in range(start, min(count, start + WRITERS))]
            await database.sources.bulk_write([InsertOne({"_id": id, "account": id}) for id in ids], ordered=False)
            await asyncio.gather(*[await producer.send(topic, id.encode(), key=id.encode()) for id in ids])

    async def effect() -> None:
        done = 0
        while done < count:
            for records in (await consumer.getmany(timeout_ms=500, max_records=400)).values():
                inserts = [InsertOne({"_id": cast(bytes, r.value).decode()}) for r in records]
                await database.effects.bulk_write(inserts, ordered=False)
                done += len(records)
            await consumer.commit()

    await asyncio.gather(write(), effect())
    elapsed = time.perf_counter() - began
    await consumer.stop()
    await producer.stop()
    await client.drop_database("bench_spine_bare")
    client.close()
    return count / elapsed


async def measure(stage: Stage, rounds: int, count: int) -> Row:
    spine = Spine(stage)
    await spine.store.prepare()
    await spine.publisher.start()
    tasks = [asyncio.create_task(Relay(spine.store, spine.publisher).run()), asyncio.create_task(spine.consumer.run())]
    pairs: list[tuple[float, float]] = []
    try:
        for turn in range(rounds + 1):
            pair = await spine.run(count), await _bare(stage, count)
            if turn:
                pairs.append(pair)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=15)
        await spine.store.client.drop_database(spine.store.database.name)
        await spine.publisher.stop()
        spine.store.close()
    return row(5, "outbox -> Kafka -> effect", "1/s", ">= 0.6", pairs)
