"""Row 3: positions a second in batches of 20, through the API, beside bare pipelined GEOADD from Python."""

import asyncio
import time
from datetime import UTC, datetime
from random import Random

import orjson
from redis.asyncio import Redis

from bench.load import Job
from bench.rows.row import Row, row
from bench.stage import Stage, load

PEOPLE, BATCH = 200, 20
_PLACE = (116.941, 36.667)


def _points(random: Random) -> list[tuple[float, float]]:
    return [(_PLACE[0] + random.uniform(-0.02, 0.02), _PLACE[1] + random.uniform(-0.015, 0.015)) for _ in range(BATCH)]


def _body(random: Random) -> str:
    at = datetime.now(UTC).isoformat()
    return orjson.dumps(
        {"positions": [{"longitude": lon, "latitude": lat, "at": at} for lon, lat in _points(random)]}
    ).decode()


async def _bare(url: str, batches: int) -> float:
    """One connection, one pipeline a batch, one after the other: what the driver gives. Positions a second."""
    redis = Redis.from_url(url)
    random = Random(7)
    began = time.perf_counter()
    for n in range(batches):
        pipe = redis.pipeline(transaction=False)
        for lon, lat in _points(random):
            pipe.geoadd("bench:positions", (lon, lat, f"p{n % PEOPLE}"))
        await pipe.execute()
    elapsed = time.perf_counter() - began
    await redis.delete("bench:positions")
    await redis.aclose()
    return batches * BATCH / elapsed


async def measure(stage: Stage, rounds: int, batches: int) -> Row:
    people = [f"acc_{n:020x}" for n in range(PEOPLE)]
    headers = [{"Authorization": f"Bearer {stage.token(person, 'volunteer')}"} for person in people]
    redis = Redis.from_url(stage.redis_url)
    await redis.sadd("dispatch:on_duty", *people)  # on duty, as Redis knows it
    await redis.aclose()
    pairs: list[tuple[float, float]] = []
    url = f"{stage.url('dispatch')}/api/v1/positions"
    for turn in range(rounds + 1):
        bodies = [_body(Random(f"{turn}.{n}")) for n in range(PEOPLE)]
        ours = await load(Job(url=url, bodies=bodies, headers=headers, requests=batches))
        theirs = await _bare(stage.redis_url, batches)
        if turn:
            pairs.append((ours.rate * BATCH, theirs))
        await asyncio.sleep(0)
    return row(3, "positions in batches of 20", "1/s", ">= 0.5", pairs)
