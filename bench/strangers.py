"""Strangers who do at once what strangers must not stop a service with, from addresses of their
own. A companion: the first request begins it, the second ends it and gives the answers."""

import asyncio
import itertools
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from io import BytesIO

import httpx
from PIL import Image
from pydantic import BaseModel

from bench.companion import serve

ADDRESSES = tuple(f"127.0.0.{n}" for n in range(2, 6))
EACH = 6.0
"""Requests a second of each kind from each address: what the machine itself can well send beside
what is measured."""
UNFINISHED = 20
"""Bodies of 6 MB that are begun and never finished, from all addresses."""
_BODY = 6 * 1024 * 1024
_PLACE = {"longitude": 116.941, "latitude": 36.667}
Send = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]


class Request(BaseModel):
    """`base` of the gateway begins the flood; empty ends it."""

    base: str = ""


class Answers(BaseModel):
    """`kind status` -> how many; 0 for a connection that broke."""

    counts: dict[str, int] = {}


def picture() -> bytes:
    """47 million pixels in many scans: small to send, and long to draw."""
    out = BytesIO()
    Image.radial_gradient("L").resize((7800, 6000)).save(out, "JPEG", progressive=True, quality=5)
    return out.getvalue()


class Flood:
    def __init__(self, base: str) -> None:
        self._base, self.answers = base, Counter[str]()
        self._phones = itertools.count(secrets.randbelow(90_000))

    async def run(self) -> None:
        """Until cancelled."""
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            for address in ADDRESSES:
                transport = httpx.AsyncHTTPTransport(local_address=address)
                client = httpx.AsyncClient(
                    base_url=f"{self._base}/api/v1", transport=transport, timeout=30
                )
                await stack.enter_async_context(client)
                for kind, send in self._kinds():
                    tasks.create_task(self._keep_sending(kind, send, client))
            for number in range(UNFINISHED):
                tasks.create_task(self._never_finish(ADDRESSES[number % len(ADDRESSES)]))

    def _kinds(self) -> Iterator[tuple[str, Send]]:
        photo, owner = picture(), f"120008{next(self._phones) % 100_000:05d}"

        def post(path: str, body: object) -> Send:
            return lambda client: client.post(path, json=body, headers=_key())

        yield "picture", lambda client: client.post("/photos", content=photo, headers=_key())
        growing = {"text": "\ufdfa" * 2000, "location": _PLACE, "anonymous": True}
        yield "text that grows", post("/reports", growing)
        yield "wrong guess", post("/sessions", {"phone": owner, "code": "000000"})
        yield "code", lambda client: client.post("/sign-in-codes", json=self._new_phone())
        yield "number tried", lambda client: client.get("/follow-ups/2345-6789-W")
        yield "forged token", lambda client: client.get("/reports", headers=_FORGED)

    def _new_phone(self) -> dict[str, str]:
        return {"phone": f"120008{next(self._phones) % 100_000:05d}"}

    async def _keep_sending(self, kind: str, send: Send, client: httpx.AsyncClient) -> None:
        while True:
            try:
                status = (await send(client)).status_code
            except httpx.HTTPError:
                status = 0
            self.answers[f"{kind} {status}"] += 1
            await asyncio.sleep(1 / EACH)

    async def _never_finish(self, address: str) -> None:
        url = httpx.URL(self._base)
        head = (
            f"POST /api/v1/photos HTTP/1.1\r\nhost: {url.host}\r\ncontent-length: {_BODY}\r\n\r\n"
        )
        while True:
            with suppress(OSError):
                reader, writer = await asyncio.open_connection(
                    url.host, url.port, local_addr=(address, 0)
                )
                try:
                    writer.write(head.encode() + bytes(256 * 1024))
                    await writer.drain()
                    await reader.read(1)  # until it is refused, or cut off
                    self.answers["unfinished, ended"] += 1
                finally:
                    writer.transport.abort()
            await asyncio.sleep(1)


_FORGED = {"Authorization": "Bearer a.b.c"}


def _key() -> dict[str, str]:
    return {"Idempotency-Key": secrets.token_hex(16)}


class Companion:
    def __init__(self) -> None:
        self._flood: tuple[Flood, asyncio.Task[None]] | None = None

    async def handle(self, request: Request) -> Answers:
        if request.base:
            flood = Flood(request.base)
            self._flood = flood, asyncio.create_task(flood.run())
            return Answers()
        assert self._flood is not None
        flood, task = self._flood
        task.cancel()
        await asyncio.wait({task}, timeout=10)
        return Answers(counts=dict(sorted(flood.answers.items())))


if __name__ == "__main__":
    asyncio.run(serve(Request, Companion().handle))
