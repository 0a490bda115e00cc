"""Requests to the small service, and what was promised in the answers."""

import asyncio
import re
import time
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

import httpx

from chassis.mongo.repository import Repository
from chassis.tests.counter import Counter

PATIENCE = 60.0
"""Seconds: more than any answer may take, so that a late one is measured and not cut off."""


@dataclass
class Answers:
    """What a service answered: the ids that it promised, the codes, how many seconds each refusal
    took."""

    promised: set[str] = field(default_factory=set[str])
    codes: dict[int, int] = field(default_factory=dict[int, int])
    slowest: float = 0.0
    refused_after: list[float] = field(default_factory=list[float])
    without_retry_after: int = 0
    broken: int = 0

    def note(self, answer: httpx.Response, seconds: float) -> None:
        self.codes[answer.status_code] = self.codes.get(answer.status_code, 0) + 1
        self.slowest = max(self.slowest, seconds)
        if answer.is_success:
            self.promised.add(answer.json()["id"])
        elif answer.status_code == 503:
            self.refused_after.append(seconds)
            self.without_retry_after += "retry-after" not in answer.headers

    async def all_kept(self, counters: Repository[Counter]) -> bool:
        """Whether each promised id is in the store; raises while the store is away."""
        found = counters.collection.find({"_id": {"$in": [*self.promised]}}, {"_id": 1})
        return {one["_id"] async for one in found} == self.promised


class Asking:
    """Some people who ask the service for a new counter each, over and over."""

    def __init__(self, url: str, weight: int = 100) -> None:
        self.answers, self._weight = Answers(), weight
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=50)
        self.client = httpx.AsyncClient(
            base_url=url, timeout=PATIENCE, trust_env=False, limits=limits
        )

    async def ask(self) -> int | None:
        """Ask once; gives the code, or nothing if the connection broke."""
        body: dict[str, Any] = {"name": token_hex(self._weight // 2)}
        began = time.monotonic()
        try:
            answer = await self.client.post(
                "/api/v1/counters", json=body, headers={"Idempotency-Key": token_hex(8)}
            )
        except httpx.HTTPError:
            self.answers.broken += 1
            return None
        self.answers.note(answer, time.monotonic() - began)
        return answer.status_code

    async def go_on(self, people: int) -> None:
        async def one() -> None:
            while True:
                if await self.ask() != 201:
                    await asyncio.sleep(0.2)

        await asyncio.gather(*(one() for _ in range(people)))

    async def taken(self) -> bool:
        return await self.ask() == 201

    async def ready(self) -> bool:
        """Whether the service says that it can work."""
        try:
            return (await self.client.get("/health/ready")).status_code == 200
        except httpx.HTTPError:
            return False

    async def took_longer_than(self, seconds: int) -> int:
        """How many answers took the service longer by its own figures; `seconds` is a limit of a
        histogram's bucket."""
        figures = (await self.client.get("/metrics")).text
        sums = [
            sum(
                float(line.rpartition(" ")[2])
                for line in figures.splitlines()
                if re.match(pattern, line)
            )
            for pattern in (
                r"http_request_seconds_count\{",
                rf'http_request_seconds_bucket\{{.*le="{seconds}\.0"',
            )
        ]
        return int(sums[0] - sums[1])

    async def tasks(self) -> list[str]:
        """What each task of the service runs."""
        return (await self.client.get("/api/v1/counters/tasks")).json()
