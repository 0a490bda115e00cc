"""A city of volunteers on duty, put straight into the stores as the services themselves would hold
them.

The demonstration's volunteers are the pattern: what the services made of them is copied under other
names. However large the city, people live equally dense; reports come from its middle.
"""

import asyncio
import math
import time
from collections.abc import Iterator
from random import Random
from typing import Any

from pymongo import MongoClient
from redis.asyncio import Redis

from bench.stage import Stage

MIDDLE = (116.941, 36.667)
SIDE_M = 8000.0
"""The square in which the first `DENSE` volunteers are, and all reports."""
DENSE = 10_000
_METRES = (89_300.0, 111_195.0)  # a degree of longitude, and of latitude, in Jinan
_CHUNK = 5000
_PATTERN: dict[str, Any] = {"outbox": [], "seen": []}


def volunteer(n: int) -> str:
    return f"acc_{n:020x}"


def place(n: int) -> tuple[float, float]:
    """Where volunteer `n` is: within the square, or around it at the same density."""
    random = Random(f"place {n}")
    if n < DENSE:
        return near(random, SIDE_M / 2)
    side = SIDE_M * math.sqrt((n + 1) / DENSE)
    along, across = random.uniform(-side / 2, side / 2), side / 2 * random.choice((-1, 1))
    return _degrees(*((along, across) if random.random() < 0.5 else (across, along)))


def near(random: Random, half_m: float) -> tuple[float, float]:
    return _degrees(random.uniform(-half_m, half_m), random.uniform(-half_m, half_m))


def _degrees(east_m: float, north_m: float) -> tuple[float, float]:
    return MIDDLE[0] + east_m / _METRES[0], MIDDLE[1] + north_m / _METRES[1]


class City:
    """Begins with the demonstration's people, none of them on duty, and as large as an earlier row
    has left it."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._mongo: MongoClient[dict[str, Any]] = MongoClient(stage.mongo_url, w=1)
        ours = {"_id": {"$gte": volunteer(0), "$lt": volunteer(16**9)}}
        self.size = self._mongo["dispatch"]["responders"].count_documents(ours)

    def close(self) -> None:
        self._mongo.close()

    async def grow(self, size: int) -> None:
        """Until there are `size` volunteers, all of them on duty with a fresh position."""
        await asyncio.to_thread(self._until_known)
        numbers = range(self.size, size)
        await asyncio.to_thread(self._store, numbers)
        self.size = max(self.size, size)
        await self.seen()

    def _until_known(self) -> None:
        """The services have heard of the demonstration's people."""
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
                raise RuntimeError("the services have not heard of the demonstration's people")
            time.sleep(0.2)

    async def seen(self) -> None:
        """Everybody's phone has just sent where they are."""
        redis, at = Redis.from_url(self._stage.redis_url), self._stage.now().timestamp() + 60
        for start in range(0, self.size, _CHUNK):
            people = {volunteer(n): place(n) for n in range(start, min(self.size, start + _CHUNK))}
            pipe = redis.pipeline(transaction=False)
            pipe.geoadd(
                "dispatch:positions",
                [x for who, (lon, lat) in people.items() for x in (lon, lat, who)],
            )
            pipe.zadd("dispatch:seen", dict.fromkeys(people, at))
            pipe.sadd("dispatch:on_duty", *people)
            await pipe.execute()
        await redis.aclose()

    async def rest(self) -> None:
        """All matters are over and everybody is free again."""
        await self._stage.quiet()
        await asyncio.to_thread(self._free)

    def _free(self) -> None:
        dispatch = self._mongo["dispatch"]
        for name in ("callouts", "decisions"):
            dispatch[name].delete_many({})
        free = {"$set": {"engaged": None, "called_at": []}, "$inc": {"version": 1}}
        dispatch["responders"].update_many({"engaged": {"$ne": None}}, free)
        self._mongo["incidents"]["reports"].update_many(
            {"due_at": {"$ne": None}}, {"$set": {"due_at": None}}
        )

    def _store(self, numbers: range) -> None:
        now = self._stage.now()
        on_duty = {
            "on_duty": True,
            "approved": True,
            "duty_since": now,
            "sign_at": now,
            "squad": None,
            "engaged": None,
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
            raise RuntimeError(f"{database}.{name} holds none of the demonstration's people")
        pattern |= {key: value for key, value in _PATTERN.items() if key in pattern} | more
        pattern.pop("pending", None)

        def copies() -> Iterator[dict[str, Any]]:
            for n in numbers:
                keyed = {"id_number_key": f"{n:064x}"} if "id_number_key" in pattern else {}
                yield {**pattern, **keyed, "_id": volunteer(n)}

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
