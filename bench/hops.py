"""The bare hops of row 2's path, measured one by one: the lower bound of its latency.

`python -m bench.hops` is a companion (`bench.companion`). Milliseconds.
"""

import asyncio
import time
from random import Random
from statistics import median
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pydantic import BaseModel
from pymongo import AsyncMongoClient
from redis.asyncio import Redis

from bench.companion import serve
from bench.raw_http import read_answer, request
from chassis.broker.topics import ensure_topics

_BODY = "x" * 1000
_PLACE = (116.941, 36.667)


class Request(BaseModel):
    mongo_url: str
    kafka: str
    redis_url: str
    bare: str
    samples: int = 100


class Hops(BaseModel):
    """Medians. `kafka`: from producing with acks=all to consuming; `push`: from an endpoint to the
    reader of its stream."""

    insert: float
    kafka: float
    geosearch: float
    post: float
    push: float


class Bare:
    """The drivers with default settings, connected before the first sample."""

    def __init__(self) -> None:
        self._ready: tuple[Any, Any, Any, _Http, _Http] | None = None
        self._random = Random(2)

    async def handle(self, wanted: Request) -> Hops:
        mongo, redis, kafka, http, stream = self._ready or await self._connect(wanted)
        people = mongo["bench_hops"]["people"]
        found = Hops(
            insert=await _median(wanted.samples, lambda: people.insert_one({"body": _BODY})),
            kafka=await _median(wanted.samples, lambda: self._round_trip(*kafka)),
            geosearch=await _median(wanted.samples, lambda: self._search(redis)),
            post=await _median(wanted.samples, lambda: http.post("/reports")),
            push=await _pushes(http, stream, wanted.samples),
        )
        await mongo.drop_database("bench_hops")
        return found

    async def _connect(self, wanted: Request) -> "tuple[Any, Any, Any, _Http, _Http]":
        topic = f"bench.{uuid4().hex[:8]}"
        await ensure_topics(wanted.kafka, [topic], 1, 1)
        producer = AIOKafkaProducer(
            bootstrap_servers=wanted.kafka, acks="all", enable_idempotence=True
        )
        consumer = AIOKafkaConsumer(
            topic, bootstrap_servers=wanted.kafka, auto_offset_reset="earliest"
        )
        await producer.start()
        await consumer.start()
        mongo: AsyncMongoClient[Any] = AsyncMongoClient(
            wanted.mongo_url, w="majority", journal=True
        )
        http, stream = await _Http.open(wanted.bare), await _Http.open(wanted.bare)
        await stream.listen()
        self._ready = (
            mongo,
            Redis.from_url(wanted.redis_url),
            (producer, consumer, topic),
            http,
            stream,
        )
        return self._ready

    async def _round_trip(
        self, producer: AIOKafkaProducer, consumer: AIOKafkaConsumer, topic: str
    ) -> None:
        await asyncio.gather(producer.send_and_wait(topic, _BODY.encode()), consumer.getone())

    async def _search(self, redis: Redis) -> Any:
        lon, lat = (
            _PLACE[0] + self._random.uniform(-0.02, 0.02),
            _PLACE[1] + self._random.uniform(-0.02, 0.02),
        )
        return await redis.geosearch(
            "dispatch:positions",
            longitude=lon,
            latitude=lat,
            radius=500,
            unit="m",
            sort="ASC",
            count=60,
            withdist=True,
        )


async def _median(samples: int, step: Any) -> float:
    found: list[float] = []
    for _ in range(samples):
        began = time.perf_counter()
        await step()
        found.append((time.perf_counter() - began) * 1000)
    return median(found)


class _Http:
    """One kept connection."""

    def __init__(
        self, base: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._url, self.reader, self.writer = urlsplit(base), reader, writer

    @classmethod
    async def open(cls, base: str) -> "_Http":
        url = urlsplit(base)
        return cls(base, *await asyncio.open_connection(url.hostname, url.port))

    async def post(self, path: str) -> None:
        self.writer.write(request("POST", self._url, path, b'{"text": "%s"}' % _BODY.encode()))
        await read_answer(self.reader)

    async def listen(self) -> None:
        self.writer.write(request("GET", self._url, "/stream"))
        await self.reader.readuntil(b": open")


async def _pushes(http: _Http, stream: _Http, samples: int) -> float:
    """Each event carries the time of its push, by the clock that all processes share."""
    found: list[float] = []
    for _ in range(samples):
        await http.post("/pushes")
        async with asyncio.timeout(10):
            await stream.reader.readuntil(b"data: ")
            pushed = float(await stream.reader.readline())
        found.append((time.perf_counter() - pushed) * 1000)
    return median(found)


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(Request, Bare().handle))
