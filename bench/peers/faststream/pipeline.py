"""Row 5's real peer: a row and its outbox row in one transaction, faststream-outbox to Kafka,
effects by bulk insert. Everything in one process.

`python -m bench.peers.faststream.pipeline` is a companion, like `bench.pipeline`.
"""

import asyncio
import logging
import os
import time
from uuid import uuid4

from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.opentelemetry import KafkaTelemetryMiddleware
from faststream_outbox import OutboxBroker, make_outbox_table
from sqlalchemy import Column, MetaData, Table, Text, insert
from sqlalchemy.dialects.postgresql import insert as insert_or_skip
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from bench.companion import serve
from bench.pipeline import WRITERS, Measured, Request
from chassis.broker.topics import ensure_topics
from chassis.telemetry import tracing

_RELAYS = 16


class Pipeline:
    def __init__(self, kafka_url: str, database: str, topic: str) -> None:
        self._metadata = MetaData()
        outbox = make_outbox_table(self._metadata, table_name="outbox")
        self._sources, self._effects = self._table("sources"), self._table("effects")
        self._engine = create_async_engine(database, pool_size=WRITERS + _RELAYS + 8)
        # Untraced: its telemetry middleware (0.19) fails on every message forwarded to Kafka.
        self._outbox = OutboxBroker(self._engine, outbox_table=outbox, logger=None)
        self._kafka = KafkaBroker(
            kafka_url,
            acks="all",
            enable_idempotence=True,
            middlewares=(KafkaTelemetryMiddleware(),),
            logger=None,
        )
        self._left, self._finished = 0, asyncio.Event()
        self._subscribe_relay(topic)
        self._subscribe_effect(topic)

    def _table(self, name: str) -> Table:
        columns = Column("id", Text, primary_key=True), Column("account", Text)
        return Table(name, self._metadata, *columns)

    def _subscribe_relay(self, topic: str) -> None:
        subscriber = self._outbox.subscriber(
            "facts",
            max_workers=_RELAYS,
            fetch_batch_size=200,
            min_fetch_interval=0.01,
            max_fetch_interval=1.0,
            terminal_flush_batch_size=100,
        )

        async def relay(body: dict[str, str]) -> dict[str, str]:
            return body

        self._kafka.publisher(topic)(subscriber(relay))

    def _subscribe_effect(self, topic: str) -> None:
        subscriber = self._kafka.subscriber(
            topic,
            group_id=topic,
            auto_offset_reset="earliest",
            batch=True,
            max_records=400,
            ack_policy=AckPolicy.NACK_ON_ERROR,
        )

        async def effect(bodies: list[dict[str, str]]) -> None:
            statement = insert_or_skip(self._effects).on_conflict_do_nothing()
            async with self._engine.begin() as connection:
                await connection.execute(statement, bodies)
            self._left -= len(bodies)
            if self._left <= 0:
                self._finished.set()

        subscriber(effect)

    async def start(self) -> None:
        async with self._engine.begin() as connection:
            await connection.run_sync(self._metadata.create_all)
        await self._kafka.start()
        await self._outbox.start()

    async def run(self, count: int) -> float:
        """Events a second from the first write to the last effect."""
        self._left = count
        self._finished.clear()
        limit, began = asyncio.Semaphore(WRITERS), time.perf_counter()

        async def write() -> None:
            async with limit, AsyncSession(self._engine) as session, session.begin():
                fact = {"id": f"bench_{uuid4().hex}", "account": "bench"}
                await session.execute(insert(self._sources), fact)
                await self._outbox.publish(fact, queue="facts", session=session)

        await asyncio.gather(*(write() for _ in range(count)))
        async with asyncio.timeout(120):
            await self._finished.wait()
        return count / (time.perf_counter() - began)


class Server:
    """Answers requests; the pipeline is started at the first one."""

    def __init__(self) -> None:
        self._pipeline: Pipeline | None = None

    async def handle(self, request: Request) -> Measured:
        if self._pipeline is None:
            topic = f"bench.faststream.{uuid4().hex[:8]}"
            await ensure_topics(request.kafka, [topic], 6, 1)
            self._pipeline = Pipeline(request.kafka, os.environ["PEER_DATABASE"], topic)
            await self._pipeline.start()
        before = time.process_time()
        rate = await self._pipeline.run(request.count)
        cpu_us = (time.process_time() - before) / request.count * 1e6
        return Measured(rate=rate, cpu_us=cpu_us)


if __name__ == "__main__":
    import uvloop

    tracing.install("bench-faststream")
    logging.disable(logging.WARNING)
    uvloop.run(serve(Request, Server().handle))
