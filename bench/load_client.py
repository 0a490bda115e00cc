"""The load client, a separate process: HTTP/1.1 on kept connections, a closed loop for rates, an
open one for latencies.

`python -m bench.load_client` reads one `Job` (JSON) from standard input and writes one `Result`
(JSON) to standard output. In an open loop latencies count from the time at which a request was
due, so a server that falls behind is visible.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlsplit

import orjson
from pydantic import BaseModel


class Job(BaseModel):
    """`bodies` are cycled; `{n}` in a body or in a header's value becomes the request's number
    (from `first`)."""

    url: str
    bodies: list[str]
    headers: list[dict[str, str]] = [{}]
    """Cycled with the bodies, for instance one token per person."""
    connections: int = 64
    requests: int = 1000
    first: int = 0
    rate: float | None = None
    """Requests a second of an open loop; None for a closed loop."""
    timeout_s: float = 30.0


class Result(BaseModel):
    """Latencies of requests answered with 2xx; `elapsed_s` from the first request to the last
    answer."""

    done: int
    failed: int
    elapsed_s: float
    latencies_ms: list[float]
    statuses: dict[str, int]

    @property
    def rate(self) -> float:
        return self.done / self.elapsed_s


@dataclass
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, request: bytes) -> int:
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        if b"transfer-encoding: chunked" in lines:
            await self._chunks()
        elif length:
            await self.reader.readexactly(length)
        return int(head[9:12])

    async def _chunks(self) -> None:
        while size := int((await self.reader.readline()).strip() or b"0", 16):
            await self.reader.readexactly(size + 2)
        await self.reader.readline()


class Load:
    """Runs one job."""

    def __init__(self, job: Job) -> None:
        self._job, self._url = job, urlsplit(job.url)
        self._numbers: Iterator[int] = count()
        self._latencies: list[float] = []
        self._statuses: dict[str, int] = {}
        self._began = 0.0

    def _request(self, n: int) -> bytes:
        job = self._job
        number = str(job.first + n)
        body = job.bodies[n % len(job.bodies)].replace("{n}", number).encode()
        headers = {
            k: v.replace("{n}", number) for k, v in job.headers[n % len(job.headers)].items()
        }
        lines = [
            f"POST {self._url.path} HTTP/1.1",
            f"Host: {self._url.netloc}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *(f"{k}: {v}" for k, v in headers.items()),
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    async def run(self) -> Result:
        job = self._job
        self._began = time.perf_counter()
        await asyncio.gather(*(self._work() for _ in range(job.connections)))
        done = len(self._latencies)
        return Result(
            done=done,
            failed=job.requests - done,
            elapsed_s=time.perf_counter() - self._began,
            latencies_ms=self._latencies,
            statuses=self._statuses,
        )

    async def _work(self) -> None:
        connection: _Connection | None = None
        while (n := next(self._numbers)) < self._job.requests:
            due = time.perf_counter()
            if self._job.rate:
                due = self._began + n / self._job.rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
            try:
                async with asyncio.timeout(self._job.timeout_s):
                    if connection is None:
                        connection = _Connection(
                            *await asyncio.open_connection(self._url.hostname, self._url.port)
                        )
                    status = await connection.ask(self._request(n))
            except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                connection, name = None, type(error).__name__
                self._statuses[name] = self._statuses.get(name, 0) + 1
                continue
            self._statuses[str(status)] = self._statuses.get(str(status), 0) + 1
            if 200 <= status < 300:
                self._latencies.append((time.perf_counter() - due) * 1000)


def main() -> None:
    import uvloop

    job = Job.model_validate_json(sys.stdin.read())
    result = uvloop.run(Load(job).run())
    sys.stdout.buffer.write(orjson.dumps(result.model_dump()))


if __name__ == "__main__":
    main()
