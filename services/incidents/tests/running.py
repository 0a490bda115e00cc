"""A running incidents service, and requests to it."""

import secrets
import time
from typing import Any

import httpx
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from joserfc import jwt
from joserfc.jwk import ECKey

from chassis.outbox.entries import outbox_entry
from chassis.service import Service
from contracts import topics
from contracts.access import Grant
from contracts.envelope import Event
from contracts.vocabulary import Role
from deploy.local.ports import HOST
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
        "iat": int(time.time()),
        "exp": int(time.time()) + 600,
        "grants": [grant.model_dump() for grant in grants],
    }
    return jwt.encode({"alg": "ES256", "kid": "test"}, claims, KEY, algorithms=["ES256"])


class Incidents:
    """The running service, with clients and access to its topics."""

    def __init__(self, service: Service, port: int, bootstrap: str, field_key: str = "") -> None:
        self.service, self.url, self._bootstrap = service, f"http://{HOST}:{port}", bootstrap
        self.server, self.field_key = service.server(), field_key
        self._seq = int(time.time())

    def nobody(self, address: str) -> httpx.AsyncClient:
        """Without a token, from this address."""
        headers = {"X-Caller-Address": address}
        return httpx.AsyncClient(base_url=f"{self.url}/api/v1", headers=headers, timeout=15)

    def client(self, person: str | None = None, *held: Held) -> httpx.AsyncClient:
        """Signed in with these grants, or without a token."""
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

            async def arrived() -> bool:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found.extend(
                        e
                        for r in records
                        if (e := orjson.loads(r.value or b"{}"))["aggregate"] == report
                    )
                return bool(found) and found[-1]["type"] == last

            await eventually(arrived)
            return found
        finally:
            await consumer.stop()


PLACE = {"longitude": 116.942, "latitude": 36.6695, "datum": "wgs84"}
COMMUNITY = "370104009008"
OFFICER: Held = ("officer", "370104009")


def person() -> str:
    return f"acc_{secrets.token_hex(5)}"


def address() -> str:
    """One that no other test has."""
    return f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"


def report(text: Any = "楼下广场舞太吵了", **more: Any) -> dict[str, Any]:
    """The body of a new report."""
    return {"text": text, "location": PLACE, "community": COMMUNITY, **more}


async def post(
    client: httpx.AsyncClient, path: str, body: Any, status: int = 200, key: str = ""
) -> dict[str, Any]:
    answer = await client.post(path, json=body, headers={"Idempotency-Key": key} if key else {})
    assert answer.status_code == status, answer.text
    return answer.json()


async def upload(client: httpx.AsyncClient, content: bytes, key: str = "") -> httpx.Response:
    headers = {"Idempotency-Key": key or secrets.token_hex(8), "Content-Type": "image/jpeg"}
    return await client.post("/photos", content=content, headers=headers)


def fields(problem: dict[str, Any]) -> list[str]:
    return [error["field"] for error in problem["errors"]]
