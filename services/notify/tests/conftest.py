"""notify on the real servers, with tokens of the tests' own."""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from chassis.outbox.entries import outbox_entry
from chassis.service import Service
from chassis.settings import Settings
from contracts.access import Grant
from contracts.envelope import Event
from contracts.vocabulary import Role
from deploy.local.ports import HOST, free_ports
from services.notify.inbox.handlers import InboxHandlers
from services.notify.main import build
from tests.support import waiting
from tests.support.backend import Backend

KEY = ECKey.generate_key("P-256", {"kid": "test"})
PATIENCE = 15.0  # seconds
eventually = partial(waiting.eventually, within=PATIENCE)


@dataclass(frozen=True)
class Received:
    """One event of a stream; `id` is the position after it."""

    kind: str
    id: str
    message: dict[str, Any]


class OpenStream:
    """An open stream as a client reads it; `last` is the position."""

    def __init__(self, lines: AsyncIterator[str], last: str) -> None:
        self._lines, self.last = lines, last

    async def next(self, within: float = PATIENCE) -> Received | None:
        """The next event with data; None when the stream has ended."""
        async with asyncio.timeout(within):
            kind, data = "", ""
            async for line in self._lines:
                name, _, value = line.partition(": ")
                if name == "event":
                    kind = value
                elif name == "id":
                    self.last = value
                elif name == "data":
                    data = value
                elif not line and data:
                    return Received(kind, self.last, orjson.loads(data))
        return None

    async def messages(self, count: int) -> list[str]:
        received = [await self.next() for _ in range(count)]
        return [one.message["id"] for one in received if one is not None]


class Notify:
    """The running service, and a publisher to the topics it reads."""

    def __init__(self, service: Service, port: int) -> None:
        self.service, self.url = service, f"http://{HOST}:{port}"
        self.server = service.server()
        self._seq = 0

    def new(self, kind: str) -> str:
        return f"{kind}_{secrets.token_hex(6)}"

    async def publish(
        self, event: Event, aggregate: str, *, seq: int = 0, at: timedelta = timedelta()
    ) -> str:
        """Put an event on its topic as its service would; gives the message's id, to repeat it by
        `seq`."""
        self._seq += 1
        entry = outbox_entry(
            "test", aggregate, seq or self._seq, event, self.service.clock.now() + at, ""
        )
        await (await self.service.publisher.send(entry))
        return orjson.loads(entry["body"])["id"]

    def client(
        self, person: str, *roles: tuple[Role, str], session: str = "ses_test", lasts: int = 600
    ) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.url,
            headers={
                "Authorization": f"Bearer {token(person, *roles, session=session, lasts=lasts)}"
            },
        )

    @asynccontextmanager
    async def stream(
        self, person: str, last: str | None = None, **how: Any
    ) -> AsyncGenerator[OpenStream]:
        headers = {"Last-Event-ID": last} if last else {}
        async with (
            self.client(person, **how) as client,
            client.stream("GET", "/api/v1/stream", headers=headers, timeout=30) as answer,
        ):
            assert answer.status_code == 200
            stream = OpenStream(answer.aiter_lines(), last or "")
            yield stream

    async def delete_old(self) -> None:
        """What the service does hourly."""
        await self.service.app.state.provided[InboxHandlers].delete_old()

    async def inbox(self, person: str, **query: Any) -> list[dict[str, Any]]:
        async with self.client(person) as client:
            answer = await client.get("/api/v1/inbox", params=query)
            assert answer.status_code == 200, answer.text
            return answer.json()["items"]

    async def inbox_of(self, person: str, count: int) -> list[dict[str, Any]]:
        async def enough() -> list[dict[str, Any]]:
            found = await self.inbox(person)
            return found if len(found) >= count else []

        return await eventually(enough)


def token(
    person: str, *roles: tuple[Role, str], session: str = "ses_test", lasts: int = 600
) -> str:
    held = roles or (("resident", "3701"),)
    claims = {
        "iss": "quancheng",
        "aud": "quancheng-api",
        "sub": person,
        "sid": session,
        "iat": int(time.time()),
        "exp": int(time.time()) + lasts,
        "grants": [Grant(role=role, area=area).model_dump() for role, area in held],
    }
    return jwt.encode({"alg": "ES256", "kid": "test"}, claims, KEY, algorithms=["ES256"])


@asynccontextmanager
async def running(backend: Backend, name: str) -> AsyncGenerator[Notify]:
    port = free_ports().notify
    settings = Settings(
        http_port=port,
        mongo_url=backend.mongo_url,
        kafka_bootstrap=backend.kafka_bootstrap,
        watchdog_seconds=3600,  # its loop only turns while a test awaits
        redis_url=backend.redis_url.removesuffix("/0") + "/5",
    )
    service = build(settings, name)
    service.verify_with(KeySet([KEY]))
    notify = Notify(service, port)
    task = asyncio.create_task(notify.server.serve())

    async def ready() -> bool:
        async with httpx.AsyncClient() as client:
            try:
                return (await client.get(f"{notify.url}/health/ready")).status_code == 200
            except httpx.TransportError:
                return False

    await eventually(ready, within=60)
    try:
        yield notify
    finally:
        notify.server.should_exit = True
        await task


@pytest.fixture(scope="session")
async def notify(backend: Backend) -> AsyncGenerator[Notify]:
    """A database and a group of its own: beside a platform on the same servers it takes nothing
    from its notify."""
    async with running(backend, f"notify_test_{secrets.token_hex(3)}") as served:
        yield served
