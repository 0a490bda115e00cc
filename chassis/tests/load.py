"""Requests to the counter service, and what its answers promised."""

import asyncio
import re
import time
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

import httpx

from chassis.tests.counter import Counters

CLIENT_TIMEOUT = 60.0
"""Seconds. Longer than any answer may take, so that a late one is measured and not cut off."""


@dataclass
class Answers:
    """`acknowledged`: ids that were answered 2xx. `refused_after`: seconds until each 503."""

    acknowledged: set[str] = field(default_factory=set[str])
    statuses: dict[int, int] = field(default_factory=dict[int, int])
    slowest: float = 0.0
    refused_after: list[float] = field(default_factory=list[float])
    without_retry_after: int = 0
    broken: int = 0

    def note(self, answer: httpx.Response, seconds: float) -> None:
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        self.slowest = max(self.slowest, seconds)
        if answer.is_success:
            self.acknowledged.add(answer.json()["id"])
        elif answer.status_code == 503:
            self.refused_after.append(seconds)
            self.without_retry_after += "retry-after" not in answer.headers

    async def all_stored(self, counters: Counters) -> bool:
        """Whether each acknowledged id is in the store. Raises while the store is unavailable."""
        found = counters.collection.find({"_id": {"$in": [*self.acknowledged]}}, {"_id": 1})
        return {document["_id"] async for document in found} == self.acknowledged


class LoadClient:
    """Creates counters. `name_length`: of each counter's name, to fill a disk."""

    def __init__(self, url: str, name_length: int = 100) -> None:
        self.answers, self._name_length = Answers(), name_length
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=50)
        self.http = httpx.AsyncClient(
            base_url=url, timeout=CLIENT_TIMEOUT, trust_env=False, limits=limits
        )

    async def create(self) -> int | None:
        """The status; None if the connection broke."""
        body: dict[str, Any] = {"name": token_hex(self._name_length // 2)}
        began = time.monotonic()
        try:
            answer = await self.http.post(
                "/api/v1/counters", json=body, headers={"Idempotency-Key": token_hex(8)}
            )
        except httpx.HTTPError:
            self.answers.broken += 1
            return None
        self.answers.note(answer, time.monotonic() - began)
        return answer.status_code

    async def keep_creating(self, clients: int) -> None:
        """`clients` requests at a time, until cancelled."""

        async def one_client() -> None:
            while True:
                if await self.create() != 201:
                    await asyncio.sleep(0.2)

        await asyncio.gather(*(one_client() for _ in range(clients)))

    async def accepted(self) -> bool:
        return await self.create() == 201

    async def ready(self) -> bool:
        try:
            return (await self.http.get("/health/ready")).status_code == 200
        except httpx.HTTPError:
            return False

    async def slower_than(self, seconds: int) -> int:
        """How many answers took longer, by the service's own metrics. `seconds` is a limit of a
        histogram's bucket."""
        metrics = (await self.http.get("/metrics")).text
        sums = [
            sum(
                float(line.rpartition(" ")[2])
                for line in metrics.splitlines()
                if re.match(pattern, line)
            )
            for pattern in (
                r"http_request_seconds_count\{",
                rf'http_request_seconds_bucket\{{.*le="{seconds}\.0"',
            )
        ]
        return int(sums[0] - sums[1])

    async def tasks(self) -> list[str]:
        """The coroutine of each task of the service."""
        return (await self.http.get("/api/v1/counters/tasks")).json()
