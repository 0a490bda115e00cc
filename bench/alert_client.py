"""The load client of row 2: holds open streams, files reports in an open loop and records the
alerts.

`python -m bench.alert_client` is a companion (`bench.companion`): the first request opens streams,
each further one files reports. One process sees both ends, so there is one clock. Times are Unix
seconds.
"""

import asyncio
import re
import time
from urllib.parse import urlsplit

import orjson
from pydantic import BaseModel

from bench.companion import serve
from bench.raw_http import read_answer, request

_ALERT = re.compile(rb'event: alert\n.*?"report": ?"?([\w-]+)', re.DOTALL)
_MAX_OPENING = 100  # streams at a time
_QUIET_S = 2.0
"""A run ends when no alert has arrived for so long."""
_MAX_WAIT_S = 60.0


class Request(BaseModel):
    """Opens `streams` (tokens), then files `bodies`, one every `1 / rate` seconds, by the
    `reporters` (tokens) in turn."""

    base: str
    streams_base: str = ""
    """The base URL of streams, if different."""
    streams: list[str] = []
    reporters: list[str] = []
    bodies: list[str] = []
    rate: float = 50.0


class Filed(BaseModel):
    """`due`: when the report was to be sent. `alerts`: when each open stream received its alert."""

    report: str
    due: float
    answered: float
    alerts: list[float] = []


class Outcome(BaseModel):
    """`open`: streams still open at the end. `refused`: requests not answered with 201."""

    open: int
    refused: int
    filed: list[Filed]


class _Stream(asyncio.Protocol):
    """One open stream. Repeated alerts for a report count once."""

    def __init__(self, client: "Client") -> None:
        self._client, self._rest = client, b""
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._alerted: set[bytes] = set()

    def data_received(self, data: bytes) -> None:
        now = time.time()
        *frames, self._rest = (self._rest + data).split(b"\n\n")
        if not self.opened.done() and frames:
            if b" 200 " in frames[0][:16] or b" 200 " in self._rest[:16]:
                self.opened.set_result(None)
            else:
                self.opened.set_exception(ConnectionError(frames[0][:200].decode()))
        for frame in frames:
            found = _ALERT.search(frame)
            if found and found[1] not in self._alerted:
                self._alerted.add(found[1])
                self._client.alerts.append((found[1].decode(), now))

    def connection_lost(self, exc: Exception | None) -> None:
        self._client.open.discard(self)
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionError("the stream ended at once"))


class Client:
    def __init__(self) -> None:
        self.open: set[_Stream] = set()
        self.alerts: list[tuple[str, float]] = []
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def handle(self, wanted: Request) -> Outcome:
        limit = asyncio.Semaphore(_MAX_OPENING)
        streams_base = wanted.streams_base or wanted.base
        await asyncio.gather(
            *(self._open_stream(streams_base, token, limit) for token in wanted.streams)
        )
        self.alerts.clear()
        began = time.time() + 0.05
        tasks = [self._file(wanted, n, began + n / wanted.rate) for n in range(len(wanted.bodies))]
        found = await asyncio.gather(*tasks)
        filed = {one.report: one for one in found if one is not None}
        if filed:
            await self._until_quiet()
        for report, at in self.alerts:
            if report in filed:
                filed[report].alerts.append(at)
        return Outcome(
            open=len(self.open), refused=len(found) - len(filed), filed=list(filed.values())
        )

    async def _open_stream(self, base: str, token: str, limit: asyncio.Semaphore) -> None:
        url = urlsplit(base)
        async with limit, asyncio.timeout(60):
            loop = asyncio.get_running_loop()
            transport, stream = await loop.create_connection(
                lambda: _Stream(self), url.hostname or "", url.port or 80
            )
            self.open.add(stream)
            transport.write(request("GET", url, "/api/v1/stream", token=token))
            await stream.opened

    async def _file(self, wanted: Request, n: int, due: float) -> Filed | None:
        await asyncio.sleep(max(0.0, due - time.time()))
        body, url = wanted.bodies[n].encode(), urlsplit(wanted.base)
        token = wanted.reporters[n % len(wanted.reporters)]
        async with asyncio.timeout(30):
            connection = (
                self._idle.pop()
                if self._idle
                else await asyncio.open_connection(url.hostname, url.port)
            )
            reader, writer = connection
            writer.write(request("POST", url, "/api/v1/reports", body, token))
            status, content = await read_answer(reader)
        self._idle.append(connection)
        if status != 201:
            return None
        return Filed(report=str(orjson.loads(content)["id"]), due=due, answered=time.time())

    async def _until_quiet(self) -> None:
        until, seen = time.monotonic() + _MAX_WAIT_S, -1
        while len(self.alerts) != seen and time.monotonic() < until:
            seen = len(self.alerts)
            await asyncio.sleep(_QUIET_S)


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(Request, Client().handle))
