"""The load client of row 2: holds people's open streams, files reports in an open loop, and sees
the alerts come.

`python -m bench.alerts` is asked by lines (`bench.lines`): first to open streams, then for one run
after another. One process sees both ends, so there is one clock. Times are Unix seconds.
"""

import asyncio
import re
import time
from urllib.parse import urlsplit

import orjson
from pydantic import BaseModel

from bench.lines import answer
from bench.wire import answer_of, request

_ALERT = re.compile(rb'event: alert\n.*?"report": ?"?([\w-]+)', re.DOTALL)
_OPENING = 100
_QUIET = 2.0  # seconds without an alert after which no more are waited for
_PATIENCE = 60.0  # seconds, at most


class Ask(BaseModel):
    """`streams` (tokens) are opened, and then `bodies` filed: one each `1 / rate` seconds, by each
    reporter in turn."""

    base: str
    streams_base: str = ""
    """Where the streams are, if elsewhere."""
    streams: list[str] = []
    reporters: list[str] = []
    bodies: list[str] = []
    rate: float = 50.0


class Filed(BaseModel):
    """`due` is when the report was to be sent; `alerts` are when each volunteer with an open stream
    heard of it."""

    report: str
    due: float
    answered: float
    alerts: list[float] = []


class Heard(BaseModel):
    """`open` streams at the end; `refused` are requests that were not answered 201."""

    open: int
    refused: int
    filed: list[Filed]


class _Stream(asyncio.Protocol):
    """One open stream: each alert once for a report, however often it comes."""

    def __init__(self, client: "Client") -> None:
        self._client, self._rest = client, b""
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._told: set[bytes] = set()

    def data_received(self, data: bytes) -> None:
        now = time.time()
        *frames, self._rest = (self._rest + data).split(b"\n\n")
        if not self.opened.done() and frames:
            ok = b" 200 " in frames[0][:16] or b" 200 " in self._rest[:16]
            self.opened.set_result(None) if ok else self.opened.set_exception(
                ConnectionError(frames[0][:200].decode())
            )
        for frame in frames:
            found = _ALERT.search(frame)
            if found and found[1] not in self._told:
                self._told.add(found[1])
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

    async def reply(self, ask: Ask) -> Heard:
        gate = asyncio.Semaphore(_OPENING)
        await asyncio.gather(
            *(self._hold(ask.streams_base or ask.base, token, gate) for token in ask.streams)
        )
        self.alerts.clear()
        began = time.time() + 0.05
        tasks = [self._file(ask, n, began + n / ask.rate) for n in range(len(ask.bodies))]
        found = await asyncio.gather(*tasks)
        filed = {one.report: one for one in found if one is not None}
        await self._until_quiet(bool(filed))
        for report, at in self.alerts:
            if report in filed:
                filed[report].alerts.append(at)
        return Heard(
            open=len(self.open), refused=len(found) - len(filed), filed=list(filed.values())
        )

    async def _hold(self, base: str, token: str, gate: asyncio.Semaphore) -> None:
        url = urlsplit(base)
        async with gate, asyncio.timeout(60):
            loop = asyncio.get_running_loop()
            transport, stream = await loop.create_connection(
                lambda: _Stream(self), url.hostname or "", url.port or 80
            )
            self.open.add(stream)
            transport.write(request("GET", url, "/api/v1/stream", token=token))
            await stream.opened

    async def _file(self, ask: Ask, n: int, due: float) -> Filed | None:
        await asyncio.sleep(max(0.0, due - time.time()))
        body, url = ask.bodies[n].encode(), urlsplit(ask.base)
        token = ask.reporters[n % len(ask.reporters)]
        async with asyncio.timeout(30):
            link = (
                self._idle.pop()
                if self._idle
                else await asyncio.open_connection(url.hostname, url.port)
            )
            link[1].write(request("POST", url, "/api/v1/reports", body, token))
            status, content = await answer_of(link[0])
        self._idle.append(link)
        if status != 201:
            return None
        return Filed(report=str(orjson.loads(content)["id"]), due=due, answered=time.time())

    async def _until_quiet(self, waits: bool) -> None:
        until, seen = time.monotonic() + _PATIENCE, -1
        while waits and len(self.alerts) != seen and time.monotonic() < until:
            seen = len(self.alerts)
            await asyncio.sleep(_QUIET)


if __name__ == "__main__":
    import uvloop

    uvloop.run(answer(Ask, Client().reply))
