"""A town on real servers: dispatch in this process, tokens of its own, and what it publishes."""

import asyncio
import json
import threading
import time
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from joserfc import jwt
from joserfc.jwk import ECKey

from chassis.service import Service
from contracts import topics
from contracts.envelope import Envelope, Event
from contracts.events.incidents import ReportRouted
from contracts.events.registration import SquadFormed, StationRegistered, VolunteerStandingChanged
from contracts.vocabulary import Role
from services.dispatch.main import build
from services.dispatch.position.store import (
    CALLS,
    DUTY,
    ENGAGED,
    GEO,
    PROFILES,
    SEEN,
    SERVED,
    Positions,
)
from services.dispatch.settings import DispatchSettings
from tests.support.backend import Backend

LONGITUDE, LATITUDE = 116.942, 36.6695
STREET, COMMUNITY, STATION = "370104009", "370104009008", "sta_duandian"
TIMEOUT_S = 30.0
START = datetime(2026, 5, 20, 2, 0, tzinfo=UTC)  # 10:00 in Jinan
_NAME = "dispatch_test"


def redis_url(backend: Backend) -> str:
    """Valkey's database for tests of dispatch: who is on duty there is so nowhere else."""
    return backend.redis_url.removesuffix("/0") + "/4"


class Town:
    """Databases and consumer group are those of these tests, so that a platform on the same servers
    calls nobody of here. One town takes over from another: it reads on where that one ended. The
    topics are everybody's, so people and reports have names of their own."""

    def __init__(self, backend: Backend, rate: float) -> None:
        self.mark = uuid.uuid4().hex[:8]
        self.backend, self._key = backend, ECKey.generate_key("P-256", {"kid": "test"})
        self._jwks = _serve(json.dumps({"keys": [self._key.as_dict(private=False)]}).encode())
        self.settings = DispatchSettings(
            mongo_url=backend.mongo_url,
            kafka_bootstrap=backend.kafka_bootstrap,
            redis_url=redis_url(backend),
            watchdog_seconds=3600,  # its loop only turns while a test awaits
            jwks_url=f"http://127.0.0.1:{self._jwks.server_port}/",
            clock=f"{START.isoformat()}@{rate}@{time.time()}",
        )
        self.service: Service = self.replica()
        transport = httpx.ASGITransport(self.service.app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(
            transport=transport, base_url="http://dispatch/api/v1", timeout=30
        )
        self.events: list[tuple[str, dict[str, Any]]] = []
        self._producer = AIOKafkaProducer(bootstrap_servers=backend.kafka_bootstrap)
        self._seq = 0

    def replica(self) -> Service:
        """Dispatch, not started, on the same database."""
        return build(self.settings, _NAME)

    def name(self, who: str) -> str:
        return f"{who}_{self.mark}"

    def token(
        self, subject: str, role: Role = "volunteer", area: str = STREET, squad: str | None = None
    ) -> str:
        claims = {
            "iss": "quancheng",
            "aud": "quancheng-api",
            "sub": subject,
            "sid": "ses_1",
            "iat": int(time.time()),
            "exp": int(time.time()) + 600,
            "grants": [{"role": role, "area": area, "squad": squad}],
        }
        return jwt.encode({"alg": "ES256", "kid": "test"}, claims, self._key)

    async def request(
        self, method: str, path: str, who: str, body: Any = None, **token: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token(who, **token)}"}
        return await self.http.request(
            method, path, headers=headers, json=body, params=token.pop("params", None)
        )

    async def post(self, path: str, who: str, body: Any = None, **token: Any) -> httpx.Response:
        return await self.request("POST", path, who, {} if body is None else body, **token)

    async def pages(self, path: str, limit: int, **token: Any) -> list[dict[str, Any]]:
        """All pages of a list, as an officer sees them unless the token says otherwise."""
        found: list[dict[str, Any]] = []
        cursor = ""
        mark = "&" if "?" in path else "?"
        while not found or cursor:
            query = f"{path}{mark}limit={limit}" + (f"&cursor={cursor}" if cursor else "")
            answer = await self.request("GET", query, "officer", **({"role": "officer"} | token))
            assert answer.status_code == 200, answer.text
            found.append(answer.json())
            cursor = found[-1]["next"]
        return found

    async def publish(self, event: Event, aggregate: str) -> None:
        self._seq += 1
        envelope = Envelope(
            id=f"test/{self.mark}/{self._seq}",
            type=type(event).__name__,
            aggregate=aggregate,
            seq=self._seq,
            at=self.service.clock.now(),
            data=event.model_dump(mode="json"),
        )
        value = orjson.dumps(envelope.model_dump(mode="json"))
        await self._producer.send_and_wait(event.topic, value, key=aggregate.encode())

    async def volunteer(self, who: str, metres_north: float = 100, **standing: Any) -> str:
        """Approved and on duty, so far from the middle."""
        id = self.name(who)
        fields: dict[str, Any] = {
            "birth_year": 1980,
            "standing": "approved",
            "squad": "squ_01",
            "skills": ("mediation",),
        } | standing
        event = VolunteerStandingChanged(volunteer=id, station=STATION, area=COMMUNITY, **fields)
        await self.publish(event, id)
        place = {"longitude": LONGITUDE, "latitude": LATITUDE + metres_north / 111_195}

        async def on_duty() -> bool:
            return (await self.post("duty/start", id, {"location": place})).status_code == 201

        await self.until(on_duty, f"{who} on duty")
        return id

    async def send_position(self, volunteer: str, metres_north: float = 5) -> dict[str, Any]:
        """A position of now."""
        place = {"longitude": LONGITUDE, "latitude": LATITUDE + metres_north / 111_195}
        body = {"positions": [place | {"at": self.service.clock.now().isoformat()}]}
        return (await self.post("positions", volunteer, body)).json()

    async def squad_and_station(self, leader: str | None) -> None:
        await self.publish(SquadFormed(squad="squ_01", station=STATION, leader=leader), "squ_01")
        position = {"longitude": LONGITUDE, "latitude": LATITUDE}
        await self.publish(
            StationRegistered(station=STATION, streets=(STREET,), **position), STATION
        )

    async def routed(self, report: str, **fields: Any) -> str:
        """The report's id; it is routed to volunteers unless the fields say otherwise."""
        event: dict[str, Any] = {
            "report": self.name(report),
            "station": STATION,
            "area": COMMUNITY,
            "category": "assistance",
            "round": 1,
            "route": "volunteers",
            "urgency": "normal",
            "people_needed": 1,
            "longitude": LONGITUDE,
            "latitude": LATITUDE,
            "routed_by": "rules",
            "rules_version": "2026-01",
        }
        await self.publish(ReportRouted(**(event | fields)), event["report"])
        return event["report"]

    async def published(self, type_: str, report: str, count: int = 1) -> list[dict[str, Any]]:
        """The first `count` events of the type about a report."""

        def found() -> list[dict[str, Any]]:
            return [
                data for name, data in self.events if name == type_ and data.get("report") == report
            ]

        async def enough() -> bool:
            return len(found()) >= count

        await self.until(enough, f"{count} {type_} about {report}")
        return found()

    async def until(self, check: Callable[[], Any], what: str) -> None:
        """Wait until `check` gives something true."""
        end = time.monotonic() + TIMEOUT_S
        while time.monotonic() < end:
            if await check():
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"not within {TIMEOUT_S} s: {what}; published {self.events[-20:]}")

    async def send_home(self) -> None:
        """Nobody is on duty and no call-out waits: tests that share a town start from here."""
        database = self.service.store.client[_NAME]
        await database["callouts"].delete_many({})
        await database["responders"].update_many({}, {"$set": {"on_duty": False}})
        positions = Positions(self.settings.redis_url)
        await positions.redis.delete(GEO, SEEN, DUTY, PROFILES, ENGAGED, CALLS, SERVED)
        await positions.close()

    async def listen(self) -> None:
        """What dispatch publishes, until cancelled."""
        consumer = AIOKafkaConsumer(
            topics.DISPATCH,
            bootstrap_servers=self.backend.kafka_bootstrap,
            auto_offset_reset="earliest",
        )
        await consumer.start()
        try:
            async for record in consumer:
                envelope = Envelope.model_validate_json(record.value or b"")
                self.events.append((envelope.type, envelope.data))
        finally:
            await consumer.stop()

    async def start(self) -> None:
        await self._producer.start()

    async def stop(self) -> None:
        await self._producer.stop()
        await self.http.aclose()
        self._jwks.shutdown()


@asynccontextmanager
async def town(backend: Backend, rate: float) -> AsyncGenerator[Town]:
    """Dispatch runs while the context is open; what an earlier town kept is gone."""
    place = Town(backend, rate)
    await place.service.store.client.drop_database(_NAME)
    positions = Positions(place.settings.redis_url)
    await positions.redis.flushdb()
    await positions.close()
    app = place.service.app
    async with app.router.lifespan_context(app):
        listening = asyncio.create_task(place.listen())
        await place.start()
        try:
            yield place
        finally:
            listening.cancel()
            await place.stop()


def _serve(body: bytes) -> ThreadingHTTPServer:
    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
