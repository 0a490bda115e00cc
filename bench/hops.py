"""The bare hops that row 2's path is made of, each by itself and one after another: what the parts
can do at best.

`python -m bench.hops` is asked by lines (`bench.lines`). Milliseconds.
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

from bench.lines import answer
from bench.wire import answer_of, request
from chassis.kafka.topics import ensure_topics

_BODY = "x" * 1000
_PLACE = (116.941, 36.667)


class Ask(BaseModel):
    mongo_url: str
    kafka: str
    redis_url: str
    bare: str
    samples: int = 100


class Hops(BaseModel):
    """Medians. `kafka`: produced with acks=all until consumed; `push`: from an endpoint to its
    stream's reader."""

    insert: float
    kafka: float
    geosearch: float
    post: float
    push: float


class Bare:
    """Drivers as they come, each connected before the first sample."""

    def __init__(self) -> None:
        self._ready: tuple[Any, Any, Any, _Http, _Http] | None = None
        self._random = Random(2)

    async def reply(self, ask: Ask) -> Hops:
        mongo, redis, kafka, http, stream = self._ready or await self._connect(ask)
        people = mongo["bench_hops"]["people"]
        found = Hops(
            insert=await _median(ask.samples, lambda: people.insert_one({"body": _BODY})),
            kafka=await _median(ask.samples, lambda: self._round_trip(*kafka)),
            geosearch=await _median(ask.samples, lambda: self._search(redis)),
            post=await _median(ask.samples, lambda: http.post("/reports")),
            push=await _pushes(http, stream, ask.samples),
        )
        await mongo.drop_database("bench_hops")
        return found

    async def _connect(self, ask: Ask) -> "tuple[Any, Any, Any, _Http, _Http]":
        topic = f"bench.{uuid4().hex[:8]}"
        await ensure_topics(ask.kafka, [topic], 1, 1)
        producer = AIOKafkaProducer(
            bootstrap_servers=ask.kafka, acks="all", enable_idempotence=True
        )
        consumer = AIOKafkaConsumer(
            topic, bootstrap_servers=ask.kafka, auto_offset_reset="earliest"
        )
        await producer.start()
        await consumer.start()
        mongo: AsyncMongoClient[Any] = AsyncMongoClient(ask.mongo_url, w="majority", journal=True)
        http, stream = await _Http.open(ask.bare), await _Http.open(ask.bare)
        await stream.listen()
        self._ready = (
            mongo,
            Redis.from_url(ask.redis_url),
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
        await answer_of(self.reader)

    async def listen(self) -> None:
        self.writer.write(request("GET", self._url, "/stream"))
        await self.reader.readuntil(b": open")


async def _pushes(http: _Http, stream: _Http, samples: int) -> float:
    """The event carries when it was pushed, by the clock that all processes of a machine share."""
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

    uvloop.run(answer(Ask, Bare().reply))
