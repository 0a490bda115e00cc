"""A client of the running service, and people who sign in for a test."""

import asyncio
import itertools
import secrets
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
from aiokafka import AIOKafkaConsumer
from pymongo import AsyncMongoClient

from contracts import topics
from services.registration.account.personal import FieldCipher, PersonalData
from services.registration.tests.people import id_number
from simulation.people import Person, demonstration
from tests.support.client import new_phone as new_phone
from tests.support.platform import WholePlatform

PLAN = demonstration()
COMMUNITY = "370104009008"
_numbers = itertools.count(1)


class Client:
    """Speaks with the service itself, past the gateway."""

    def __init__(self, http: httpx.AsyncClient, platform: WholePlatform) -> None:
        self.http, self.platform, self._dev_key = http, platform, platform.dev_key

    async def code(self, phone: str) -> str:
        sent = await self.http.post("sign-in-codes", json={"phone": phone})
        assert sent.status_code == 202, sent.text
        kept = await self.http.get(
            "dev/messages", params={"phone": phone}, headers={"X-Dev-Key": self._dev_key}
        )
        return kept.json()["items"][0]["code"]

    async def forget_wait(self, phone: str) -> None:
        """As if the minute since the phone's last code had passed."""
        keys = self.platform.secrets
        personal = PersonalData(FieldCipher(keys.field_key, keys.lookup_key))
        long_ago = {"$set": {"sent_at": datetime(2020, 1, 1, tzinfo=UTC)}}
        async with AsyncMongoClient[dict[str, Any]](self.platform.backend.mongo_url) as mongo:
            codes = mongo["registration"]["sign_in_codes"]
            await codes.update_one({"_id": personal.phone_key(f"+86{phone}")}, long_ago)

    async def sign_in(self, phone: str) -> "Member":
        return await self.sign_in_again(phone, await self.code(phone))

    async def sign_in_again(self, phone: str, code: str) -> "Member":
        answer = await self.http.post("sessions", json={"phone": phone, "code": code})
        assert answer.status_code == 201, answer.text
        return Member(self.http, answer.json())

    async def stranger(self) -> "Member":
        return await self.sign_in(new_phone())


class Member:
    def __init__(self, http: httpx.AsyncClient, signed_in: dict[str, Any]) -> None:
        self._http, self.signed_in = http, signed_in
        self.id: str = signed_in["account"]["id"]

    async def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.signed_in['access_token']}"}
        return await self._http.request(method, path, json=body, headers=headers)

    async def refresh(self, key: str | None = None) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        body = {"refresh_token": self.signed_in["refresh_token"]}
        return await self._http.post("sessions/refresh", json=body, headers=headers)

    async def renew(self) -> "Member":
        return Member(self._http, (await self.refresh()).json())

    async def roles(self) -> set[str]:
        return {grant["role"] for grant in (await self.call("GET", "accounts/me")).json()["grants"]}


def address() -> str:
    """One that no other test has."""
    return f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"


def application(**more: Any) -> dict[str, Any]:
    return {
        "station": PLAN.station.id,
        "area": COMMUNITY,
        "name": "测试甲",
        "id_number": id_number(next(_numbers)),
        "skills": ["mediation", "care"],
    } | more


async def staff(client: Client, people: dict[str, Member], person: Person) -> Member:
    if person.key not in people:
        people[person.key] = await client.sign_in(person.phone)
    return people[person.key]


async def appoint(desk: Member, second: Member, account: str, role: str, area: str) -> None:
    """By two people."""
    body = {"account": account, "role": role, "area": area, "reason": "接替值班民警"}
    proposed = await desk.call("POST", "grant-proposals", body)
    assert proposed.status_code == 201, proposed.text
    confirmed = await second.call("POST", f"grant-proposals/{proposed.json()['id']}/confirm")
    assert confirmed.status_code == 200, confirmed.text


async def events_of(
    platform: WholePlatform, account: str, count: int
) -> list[tuple[str, dict[str, Any]]]:
    """The first `count` events with the account's key, in order."""
    consumer = AIOKafkaConsumer(
        topics.REGISTRATION,
        bootstrap_servers=platform.backend.kafka_bootstrap,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    found: list[tuple[str, dict[str, Any]]] = []
    try:
        async with asyncio.timeout(20):
            async for record in consumer:
                if record.key == account.encode():
                    envelope = orjson.loads(record.value or b"")
                    found.append((envelope["type"], envelope["data"]))
                    if len(found) == count:
                        return found
    finally:
        await consumer.stop()
    raise AssertionError("unreachable: the topic has no end")
