"""Row 5's two sides in one process: through the chassis, traced, and bare aiokafka with the same
bulk writes.

`python -m bench.spine` is asked by lines (`bench.lines`).
"""

import asyncio
import time
from typing import Any, Literal, cast
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from opentelemetry.trace import SpanKind
from pydantic import BaseModel
from pymongo import AsyncMongoClient, InsertOne

from bench.lines import answer
from chassis.clock import Clock
from chassis.domain import Aggregate, Cause
from chassis.kafka.consumer import Consumer
from chassis.kafka.subscriptions import Message, Subscriptions
from chassis.kafka.topics import ensure_topics
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from chassis.outbox.publisher import Publisher
from chassis.outbox.relay import Relay
from chassis.telemetry import logs, tracing
from contracts.events.registration import AccountOpened

WRITERS = 64


class Ask(BaseModel):
    mongo_url: str
    kafka: str
    side: Literal["ours", "bare"] = "ours"
    count: int


class Done(BaseModel):
    """Facts a second from the first write to the last effect, and the process's CPU for each, in
    microseconds."""

    rate: float
    cpu_us: float


class Fact(Aggregate):
    """The smallest aggregate there is."""

    account: str


class Spine:
    """Source, relay, topic, consumer and effect in one process, on a database and a group of its
    own."""

    def __init__(self, ask: Ask) -> None:
        self.store = Store(ask.mongo_url, f"bench_spine_{uuid4().hex[:8]}", Clock())
        self.sources = Repository(self.store, "sources", Fact)
        self.effects = Repository(self.store, "effects", Fact)
        self.publisher = Publisher(ask.kafka, "bench")
        handler = Subscriptions().on(AccountOpened, self._effect)
        self.consumer = Consumer(ask.kafka, f"bench-{uuid4().hex[:8]}", handler, self.publisher)
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
                await self.sources.add(
                    Fact(id=id, account=id), [AccountOpened(account=id)], Cause(id)
                )

        await asyncio.gather(*(write() for _ in range(count)))
        async with asyncio.timeout(120):
            await self._all.wait()
        return count / (time.perf_counter() - began)


async def _send(producer: AIOKafkaProducer, topic: str, id: str) -> "asyncio.Future[Any]":
    """Traced as ours is: a span here, and one where it arrives."""
    with tracing.span(f"{topic} send", kind=SpanKind.PRODUCER):
        headers = [("traceparent", tracing.current().encode())]
        return await producer.send(topic, id.encode(), key=id.encode(), headers=headers)


async def _bare(ask: Ask) -> float:
    """The same writes in the same sizes, the messages sent by hand and nothing kept for a crash."""
    count = ask.count
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        ask.mongo_url, w="majority", journal=True
    )
    database, topic = client["bench_spine_bare"], f"bench.{uuid4().hex[:8]}"
    await ensure_topics(ask.kafka, [topic], 6, 1)
    producer = AIOKafkaProducer(bootstrap_servers=ask.kafka, acks="all", enable_idempotence=True)
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=ask.kafka,
        group_id=topic,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await producer.start()
    await consumer.start()
    began = time.perf_counter()

    async def write() -> None:
        for start in range(0, count, WRITERS):
            ids = [f"{topic}.{n}" for n in range(start, min(count, start + WRITERS))]
            await database.sources.bulk_write(
                [InsertOne({"_id": id, "account": id}) for id in ids], ordered=False
            )
            await asyncio.gather(*[await _send(producer, topic, id) for id in ids])

    async def effect() -> None:
        done = 0
        while done < count:
            for records in (await consumer.getmany(timeout_ms=500, max_records=400)).values():
                inserts: list[InsertOne[dict[str, Any]]] = []
                for r in records:
                    with tracing.span(
                        topic, dict(r.headers)["traceparent"].decode(), SpanKind.CONSUMER
                    ):
                        inserts.append(InsertOne({"_id": cast(bytes, r.value).decode()}))
                await database.effects.bulk_write(inserts, ordered=False)
                done += len(records)
            await consumer.commit()

    await asyncio.gather(write(), effect())
    elapsed = time.perf_counter() - began
    await consumer.stop()
    await producer.stop()
    await client.drop_database("bench_spine_bare")
    await client.close()
    return count / elapsed


class Asked:
    def __init__(self) -> None:
        self._spine: Spine | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def reply(self, ask: Ask) -> Done:
        if self._spine is None:
            self._spine = Spine(ask)
            await self._spine.store.prepare()
            await self._spine.publisher.start()
            relay = Relay(self._spine.store, self._spine.publisher)
            self._tasks = [
                asyncio.create_task(relay.run()),
                asyncio.create_task(self._spine.consumer.run()),
            ]
        before = time.process_time()
        rate = await (self._spine.run(ask.count) if ask.side == "ours" else _bare(ask))
        return Done(rate=rate, cpu_us=(time.process_time() - before) / ask.count * 1e6)


if __name__ == "__main__":
    import uvloop

    logs.install("bench-spine", "WARNING")
    tracing.install("bench-spine")
    uvloop.run(answer(Ask, Asked().reply))
