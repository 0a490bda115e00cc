"""Row 3: positions a second in batches of 20, through the API, beside bare pipelined GEOADD from
Python."""

import time
from os import getpid
from random import Random

import orjson
from redis.asyncio import Redis

from bench.cpu import CpuMeter
from bench.environment import Environment, load
from bench.load_client import Job
from bench.rows.row import Row, row

PEOPLE, BATCH = 200, 20
_PLACE = (116.941, 36.667)


def _points(random: Random) -> list[tuple[float, float]]:
    return [
        (_PLACE[0] + random.uniform(-0.02, 0.02), _PLACE[1] + random.uniform(-0.015, 0.015))
        for _ in range(BATCH)
    ]


def _body(environment: Environment, random: Random) -> str:
    at = environment.now().isoformat()
    return orjson.dumps(
        {
            "positions": [
                {"longitude": lon, "latitude": lat, "at": at} for lon, lat in _points(random)
            ]
        }
    ).decode()


async def _bare(url: str, batches: int) -> float:
    """One connection, one pipeline per batch, sequentially. Positions a second."""
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


async def ours(environment: Environment, seed: str, batches: int) -> float:
    """Positions a second through the API, sent by PEOPLE people on duty."""
    people = [f"acc_{'8' * 10}{n:010x}" for n in range(PEOPLE)]
    headers = [
        {"Authorization": f"Bearer {environment.token(person, 'volunteer')}"} for person in people
    ]
    redis = Redis.from_url(environment.redis_url)
    await redis.sadd("dispatch:on_duty", *people)  # what starting duty writes to Valkey
    bodies = [_body(environment, Random(f"{seed} {n}")) for n in range(PEOPLE)]
    url = f"{environment.url('dispatch')}/api/v1/positions"
    found = await load(Job(url=url, bodies=bodies, headers=headers, requests=batches))
    kept = await redis.zmscore("dispatch:seen", people)
    for name in ("dispatch:seen", "dispatch:positions"):
        await redis.zrem(name, *people)
    await redis.srem("dispatch:on_duty", *people)
    await redis.aclose()
    if None in kept[: min(PEOPLE, batches)]:
        raise RuntimeError("positions were not stored")
    return found.rate * BATCH


async def measure(environment: Environment, rounds: int, batches: int) -> Row:
    pairs = list[tuple[float, float]]()
    servers = environment.parts("valkey")
    meter = CpuMeter(
        {
            "ours": servers | environment.parts("dispatch", "zipkin"),
            "bare": servers | {"client": lambda: [getpid()]},
        }
    )
    for turn in range(rounds + 1):
        await environment.quiet()
        with meter.during("ours", batches * BATCH, turn > 0):
            mine = await ours(environment, str(turn), batches)
        with meter.during("bare", batches * BATCH, turn > 0):
            theirs = await _bare(environment.redis_url, batches)
        if turn:
            pairs.append((mine, theirs))
    return row(3, "positions in batches of 20", "1/s", ">= 0.5", pairs, cpu_us=meter.each_us())
