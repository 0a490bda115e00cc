"""Row 5 in one process: the path from outbox to effect through the chassis, traced, and through
bare aiokafka with the same bulk writes.

`python -m bench.pipeline` is a companion (`bench.companion`).
"""

import asyncio
import time
from typing import Any, Literal, cast
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from opentelemetry.trace import SpanKind
from pydantic import BaseModel
from pymongo import AsyncMongoClient, InsertOne

from bench.companion import serve
from chassis.broker.topics import ensure_topics
from chassis.clock import Clock
from chassis.domain import Aggregate, Cause
from chassis.kafka.consumer import Consumer
from chassis.kafka.publisher import Publisher
from chassis.kafka.subscriptions import Message, Subscriptions
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from chassis.outbox.relay import Relay
from chassis.telemetry import logs, tracing
from contracts.events.registration import AccountOpened

WRITERS = 64
BARE_DATABASE = "bench_pipeline_bare"


class Request(BaseModel):
    mongo_url: str
    kafka: str
    side: Literal["ours", "bare"] = "ours"
    count: int


class Measured(BaseModel):
    """`rate`: events a second from the first write to the last effect. `cpu_us`: microseconds of
    this process's CPU per event."""

    rate: float
    cpu_us: float


class Fact(Aggregate):
    """The smallest possible aggregate."""

    account: str


class Pipeline:
    """Ours: source, relay, topic, consumer and effect, with a database and group of its own."""

    def __init__(self, request: Request) -> None:
        self._store = Store(request.mongo_url, f"bench_pipeline_{uuid4().hex[:8]}", Clock())
        self._sources = Repository(self._store, "sources", Fact)
        self._effects = Repository(self._store, "effects", Fact)
        self._publisher = Publisher(request.kafka, "bench")
        handler = Subscriptions().on(AccountOpened, self._effect)
        group = f"bench-{uuid4().hex[:8]}"
        self._consumer = Consumer(request.kafka, group, handler, self._publisher)
        self._left, self._finished = 0, asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await self._store.prepare()
        await self._publisher.start()
        relay = Relay(self._store, self._publisher)
        self._tasks = [asyncio.create_task(step()) for step in (relay.run, self._consumer.run)]

    async def _effect(self, event: AccountOpened, message: Message) -> None:
        if event.account.startswith("bench_"):
            await self._effects.add(Fact(id=message.id, account=event.account), [], message.cause)
            self._left -= 1
            if self._left == 0:
                self._finished.set()

    async def run(self, count: int) -> float:
        """Events a second."""
        self._left = count
        self._finished.clear()
        limit, began = asyncio.Semaphore(WRITERS), time.perf_counter()

        async def write() -> None:
            async with limit:
                id = f"bench_{uuid4().hex}"
                fact = Fact(id=id, account=id)
                await self._sources.add(fact, [AccountOpened(account=id)], Cause(id))

        await asyncio.gather(*(write() for _ in range(count)))
        async with asyncio.timeout(120):
            await self._finished.wait()
        return count / (time.perf_counter() - began)


class BarePipeline:
    """The same writes in the same batches; messages are sent directly, without crash safety."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
            request.mongo_url, w="majority", journal=True
        )
        self._database = self._client[BARE_DATABASE]
        self._topic = f"bench.{uuid4().hex[:8]}"
        self._producer = AIOKafkaProducer(
            bootstrap_servers=request.kafka, acks="all", enable_idempotence=True
        )
        self._consumer = AIOKafkaConsumer(
            self._topic,
            bootstrap_servers=request.kafka,
            group_id=self._topic,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )

    async def run(self) -> float:
        """Events a second, on a new topic."""
        await ensure_topics(self._request.kafka, [self._topic], 6, 1)
        await self._producer.start()
        await self._consumer.start()
        began = time.perf_counter()
        await asyncio.gather(self._write(), self._apply())
        elapsed = time.perf_counter() - began
        await self._consumer.stop()
        await self._producer.stop()
        await self._client.drop_database(BARE_DATABASE)
        await self._client.close()
        return self._request.count / elapsed

    async def _write(self) -> None:
        count = self._request.count
        for start in range(0, count, WRITERS):
            ids = [f"{self._topic}.{n}" for n in range(start, min(count, start + WRITERS))]
            await self._database.sources.bulk_write(
                [InsertOne({"_id": id, "account": id}) for id in ids], ordered=False
            )
            await asyncio.gather(*[await self._send(id) for id in ids])

    async def _send(self, id: str) -> "asyncio.Future[Any]":
        """Traced like ours: one span for sending, one for receiving."""
        with tracing.span(f"{self._topic} send", kind=SpanKind.PRODUCER):
            headers = [("traceparent", tracing.current().encode())]
            key = id.encode()
            return await self._producer.send(self._topic, key, key=key, headers=headers)

    async def _apply(self) -> None:
        done = 0
        while done < self._request.count:
            batches = await self._consumer.getmany(timeout_ms=500, max_records=400)
            for records in batches.values():
                inserts: list[InsertOne[dict[str, Any]]] = []
                for record in records:
                    parent = dict(record.headers)["traceparent"].decode()
                    with tracing.span(self._topic, parent, SpanKind.CONSUMER):
                        inserts.append(InsertOne({"_id": cast(bytes, record.value).decode()}))
                await self._database.effects.bulk_write(inserts, ordered=False)
                done += len(records)
            await self._consumer.commit()


class Server:
    """Answers requests; ours is started at the first one."""

    def __init__(self) -> None:
        self._pipeline: Pipeline | None = None

    async def handle(self, request: Request) -> Measured:
        if self._pipeline is None:
            self._pipeline = Pipeline(request)
            await self._pipeline.start()
        before = time.process_time()
        if request.side == "ours":
            rate = await self._pipeline.run(request.count)
        else:
            rate = await BarePipeline(request).run()
        cpu_us = (time.process_time() - before) / request.count * 1e6
        return Measured(rate=rate, cpu_us=cpu_us)


if __name__ == "__main__":
    import uvloop

    logs.install("bench-pipeline", "WARNING")
    tracing.install("bench-pipeline")
    uvloop.run(serve(Request, Server().handle))
