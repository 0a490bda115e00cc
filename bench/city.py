"""A city of volunteers on duty, written directly to the stores.

The documents that the services wrote for a volunteer of the demonstration are copied under other
ids. The density is the same for every size; reports come from the centre.
"""

import asyncio
import math
import time
from collections.abc import Iterator
from random import Random
from typing import Any

from pymongo import MongoClient
from redis.asyncio import Redis

from bench.environment import Environment
from chassis.outbox.shares import share_of

CENTRE = (116.941, 36.667)
SIDE_M = 8000.0
"""The square of the first `DENSE` volunteers and of all reports."""
DENSE = 10_000
_METRES = (89_300.0, 111_195.0)  # a degree of longitude, and of latitude, in Jinan
_CHUNK = 5000
_PROFILE = '1\n[true,true,null,["first-aid","care"],1980,null,[],{}]'
"""As dispatch keeps it beside the positions when a volunteer's duty starts, with no call yet."""
_RESET_FIELDS: dict[str, Any] = {"outbox": [], "seen": []}


def volunteer(n: int) -> str:
    return f"acc_{n:020x}"


def place(n: int) -> tuple[float, float]:
    """The place of volunteer `n`: in the square, or around it at the same density."""
    random = Random(f"place {n}")
    if n < DENSE:
        return near(random, SIDE_M / 2)
    side = SIDE_M * math.sqrt((n + 1) / DENSE)
    along, across = random.uniform(-side / 2, side / 2), side / 2 * random.choice((-1, 1))
    return _degrees(*((along, across) if random.random() < 0.5 else (across, along)))


def near(random: Random, half_m: float) -> tuple[float, float]:
    return _degrees(random.uniform(-half_m, half_m), random.uniform(-half_m, half_m))


def _degrees(east_m: float, north_m: float) -> tuple[float, float]:
    return CENTRE[0] + east_m / _METRES[0], CENTRE[1] + north_m / _METRES[1]


class City:
    """Starts with the demonstration's people, nobody on duty, and what an earlier row added."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._mongo: MongoClient[dict[str, Any]] = MongoClient(environment.mongo_url, w=1)
        ours = {"_id": {"$gte": volunteer(0), "$lt": volunteer(16**9)}}
        self.size = self._mongo["dispatch"]["responders"].count_documents(ours)

    def close(self) -> None:
        self._mongo.close()

    async def grow(self, size: int) -> None:
        """Adds volunteers up to `size`, all of them on duty with a fresh position."""
        await asyncio.to_thread(self._await_demonstration)
        numbers = range(self.size, size)
        await asyncio.to_thread(self._store, numbers)
        self.size = max(self.size, size)
        await self.refresh_positions()

    def _await_demonstration(self) -> None:
        """Waits until the services know the demonstration's people."""
        until = time.monotonic() + 60
        wanted = (
            ("dispatch", "responders", {"approved": True}),
            ("notify", "people", {}),
            ("notify", "standings", {}),
        )
        while not all(
            self._mongo[database][name].find_one(like) for database, name, like in wanted
        ):
            if time.monotonic() > until:
                raise RuntimeError("the services do not know the demonstration's people")
            time.sleep(0.2)

    async def refresh_positions(self) -> None:
        """Sends a fresh position for everybody."""
        redis, at = (
            Redis.from_url(self._environment.redis_url),
            self._environment.now().timestamp() + 60,
        )
        for start in range(0, self.size, _CHUNK):
            people = {volunteer(n): place(n) for n in range(start, min(self.size, start + _CHUNK))}
            pipe = redis.pipeline(transaction=False)
            pipe.geoadd(
                "dispatch:positions",
                [x for who, (lon, lat) in people.items() for x in (lon, lat, who)],
            )
            pipe.zadd("dispatch:seen", dict.fromkeys(people, at))
            pipe.sadd("dispatch:on_duty", *people)
            pipe.hset("dispatch:profiles", mapping=dict.fromkeys(people, _PROFILE))
            pipe.hset("dispatch:calls", mapping=dict.fromkeys(people, ""))
            await pipe.execute()
        await redis.aclose()

    async def reset(self) -> None:
        """Ends all call-outs and frees everybody."""
        await self._environment.quiet()
        await asyncio.to_thread(self._free)
        async with Redis.from_url(self._environment.redis_url) as redis:
            await redis.delete("dispatch:engaged", "dispatch:calls")

    def _free(self) -> None:
        self._mongo["dispatch"]["callouts"].delete_many({})
        self._mongo["incidents"]["reports"].update_many(
            {"due_at": {"$ne": None}}, {"$set": {"due_at": None}}
        )

    def _store(self, numbers: range) -> None:
        now = self._environment.now()
        on_duty = {
            "on_duty": True,
            "approved": True,
            "duty_since": now,
            "sign_at": now,
            "squad": None,
            "birth_year": 1980,
        }
        self._copy("dispatch", "responders", {"approved": True}, numbers, on_duty)
        self._copy("registration", "accounts", {"volunteer.station": {"$gt": ""}}, numbers, {})
        self._copy("notify", "people", {}, numbers, {})
        self._copy("notify", "standings", {}, numbers, {})
        duty = ({"_id": volunteer(n), "on": True, "at": now, "seq": 1} for n in numbers)
        self._insert("notify", "duty", duty)

    def _copy(
        self, database: str, name: str, like: dict[str, Any], numbers: range, more: dict[str, Any]
    ) -> None:
        pattern = self._mongo[database][name].find_one(like)
        if pattern is None:
            raise RuntimeError(f"{database}.{name} has none of the demonstration's people")
        pattern |= {key: value for key, value in _RESET_FIELDS.items() if key in pattern} | more
        pattern.pop("pending", None)

        def copies() -> Iterator[dict[str, Any]]:
            for n in numbers:
                keyed = {"id_number_key": f"{n:064x}"} if "id_number_key" in pattern else {}
                share = {"share": share_of(volunteer(n))} if "share" in pattern else {}
                yield {**pattern, **keyed, **share, "_id": volunteer(n)}

        self._insert(database, name, copies())

    def _insert(self, database: str, name: str, documents: Iterator[dict[str, Any]]) -> None:
        chunk: list[dict[str, Any]] = []
        for document in documents:
            chunk.append(document)
            if len(chunk) == _CHUNK:
                self._mongo[database][name].insert_many(chunk, ordered=False)
                chunk = []
        if chunk:
            self._mongo[database][name].insert_many(chunk, ordered=False)
