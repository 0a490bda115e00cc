"""Row 5's real peer: a row and its outbox row in one transaction, faststream-outbox to Kafka,
effects by bulk insert.

`python -m bench.peers.faststream.spine` is asked by lines, as `bench.spine` is. Everything in one
process.
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

from bench.lines import answer
from bench.spine import WRITERS, Ask, Done
from chassis.kafka.topics import ensure_topics
from chassis.telemetry import tracing

_RELAYS = 16


class Spine:
    def __init__(self, kafka_url: str, database: str, topic: str) -> None:
        metadata = MetaData()
        outbox = make_outbox_table(metadata, table_name="outbox")
        self.metadata = metadata
        self.sources = Table(
            "sources", metadata, Column("id", Text, primary_key=True), Column("account", Text)
        )
        self.effects = Table(
            "effects", metadata, Column("id", Text, primary_key=True), Column("account", Text)
        )
        self.engine = create_async_engine(database, pool_size=WRITERS + _RELAYS + 8)
        # Untraced: its telemetry middleware (0.19) fails on every message that goes on to Kafka.
        self.outbox = OutboxBroker(self.engine, outbox_table=outbox, logger=None)
        self.kafka = KafkaBroker(
            kafka_url,
            acks="all",
            enable_idempotence=True,
            middlewares=(KafkaTelemetryMiddleware(),),
            logger=None,
        )
        self._left, self._all = 0, asyncio.Event()
        publisher = self.kafka.publisher(topic)

        @publisher
        @self.outbox.subscriber(
            "facts",
            max_workers=_RELAYS,
            fetch_batch_size=200,
            min_fetch_interval=0.01,
            max_fetch_interval=1.0,
            terminal_flush_batch_size=100,
        )
        async def relay(body: dict[str, str]) -> dict[str, str]:
            return body

        @self.kafka.subscriber(
            topic,
            group_id=topic,
            auto_offset_reset="earliest",
            batch=True,
            max_records=400,
            ack_policy=AckPolicy.NACK_ON_ERROR,
        )
        async def effect(bodies: list[dict[str, str]]) -> None:
            async with self.engine.begin() as connection:
                await connection.execute(
                    insert_or_skip(self.effects).on_conflict_do_nothing(), bodies
                )
            self._left -= len(bodies)
            if self._left <= 0:
                self._all.set()

        self.handlers = relay, effect

    async def start(self) -> None:
        async with self.engine.begin() as connection:
            await connection.run_sync(self.metadata.create_all)
        await self.kafka.start()
        await self.outbox.start()

    async def run(self, count: int) -> float:
        """Facts a second from the first write to the last effect."""
        self._left = count
        self._all.clear()
        gate, began = asyncio.Semaphore(WRITERS), time.perf_counter()

        async def write() -> None:
            async with gate, AsyncSession(self.engine) as session, session.begin():
                fact = {"id": f"bench_{uuid4().hex}", "account": "bench"}
                await session.execute(insert(self.sources), fact)
                await self.outbox.publish(fact, queue="facts", session=session)

        await asyncio.gather(*(write() for _ in range(count)))
        async with asyncio.timeout(120):
            await self._all.wait()
        return count / (time.perf_counter() - began)


class Asked:
    def __init__(self) -> None:
        self._spine: Spine | None = None

    async def reply(self, ask: Ask) -> Done:
        if self._spine is None:
            topic = f"bench.faststream.{uuid4().hex[:8]}"
            await ensure_topics(ask.kafka, [topic], 6, 1)
            self._spine = Spine(ask.kafka, os.environ["PEER_DATABASE"], topic)
            await self._spine.start()
        before = time.process_time()
        rate = await self._spine.run(ask.count)
        return Done(rate=rate, cpu_us=(time.process_time() - before) / ask.count * 1e6)


if __name__ == "__main__":
    import uvloop

    tracing.install("bench-faststream")
    logging.disable(logging.WARNING)
    uvloop.run(answer(Ask, Asked().reply))
