"""incidents on the real servers, with tokens of the tests' own."""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import orjson
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from chassis.identity.tokens import Verifier
from chassis.outbox.entries import outbox_entry
from chassis.service import Service
from contracts import topics
from contracts.access import Grant
from contracts.envelope import Event
from contracts.events.registration import StationRegistered
from contracts.vocabulary import Role
from deploy.local.ports import HOST, free_ports
from services.incidents.main import build
from services.incidents.settings import IncidentsSettings
from tests.support.backend import Backend
from tests.support.waiting import eventually

KEY = ECKey.generate_key("P-256", {"kid": "test"})
Held = tuple[Role, str] | tuple[Role, str, str]


def token(person: str, *held: Held) -> str:
    grants = [
        Grant(role=grant[0], area=grant[1], squad=grant[2] if len(grant) == 3 else None)
        for grant in held or (("resident", "3701"),)
    ]
    claims = {
        "iss": "quancheng",
        "aud": "quancheng-api",
        "sub": person,
        "sid": "ses_test",
        "exp": int(time.time()) + 600,
        "grants": [grant.model_dump() for grant in grants],
    }
    return jwt.encode({"alg": "ES256", "kid": "test"}, claims, KEY, algorithms=["ES256"])


class Incidents:
    """The running service, and a hand on its topics."""

    def __init__(self, service: Service, port: int, bootstrap: str) -> None:
        self.service, self.url, self._bootstrap = service, f"http://{HOST}:{port}", bootstrap
        self.server = service.server()
        self._seq = int(time.time())

    def client(self, person: str | None = None, *held: Held) -> httpx.AsyncClient:
        """One that is signed in with these grants, or one without a token."""
        headers = {"Authorization": f"Bearer {token(person, *held)}"} if person else {}
        return httpx.AsyncClient(base_url=f"{self.url}/api/v1", headers=headers, timeout=15)

    async def publish(self, event: Event, aggregate: str) -> None:
        """Put an event on its topic as its service would."""
        self._seq += 1
        entry = outbox_entry("test", aggregate, self._seq, event, self.service.clock.now(), "")
        await (await self.service.publisher.send(entry))

    async def events_of(self, report: str, last: str) -> list[dict[str, Any]]:
        """The envelopes of a report on the topic, once the last of them is of this type."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, enable_auto_commit=False)
        await consumer.start()
        try:
            count = self.service.settings.kafka_partitions
            consumer.assign([TopicPartition(topics.INCIDENTS, n) for n in range(count)])
            await consumer.seek_to_beginning()
            found: list[dict[str, Any]] = []

            async def look() -> bool:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found.extend(
                        e
                        for r in records
                        if (e := orjson.loads(r.value or b"{}"))["aggregate"] == report
                    )
                return bool(found) and found[-1]["type"] == last

            await eventually(look)
            return found
        finally:
            await consumer.stop()


@pytest.fixture(scope="session")
async def incidents(backend: Backend) -> AsyncGenerator[Incidents]:
    """A database and a group of its own, and the demonstration's station known."""
    port = free_ports().incidents
    settings = IncidentsSettings(
        http_port=port,
        mongo_url=backend.mongo_url,
        kafka_bootstrap=backend.kafka_bootstrap,
        watchdog_seconds=3600,  # its loop only turns while a test awaits
        field_key=secrets.token_hex(32),
    )
    service = build(settings, f"incidents_test_{secrets.token_hex(3)}")
    service.app.state.verifier = Verifier("", "quancheng", "quancheng-api", keys=KeySet([KEY]))
    running = Incidents(service, port, backend.kafka_bootstrap)
    task = asyncio.create_task(running.server.serve())

    async def ready() -> bool:
        async with httpx.AsyncClient() as client:
            try:
                return (await client.get(f"{running.url}/health/ready")).status_code == 200
            except httpx.TransportError:
                return False

    async def station_known() -> bool:
        return bool(await service.store.database["stations"].find_one({"_id": "sta_duandian"}))

    await eventually(ready, within=60)
    await running.publish(
        StationRegistered(
            station="sta_duandian", streets=("370104009",), longitude=116.941, latitude=36.667
        ),
        "sta_duandian",
    )
    await eventually(station_known)
    try:
        yield running
    finally:
        running.server.should_exit = True
        await task
