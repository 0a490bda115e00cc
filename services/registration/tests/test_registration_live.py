"""The service as it runs: sign up, apply, be approved, lead, be suspended, sign out; and what stands on the topic."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import orjson
import pytest
from aiokafka import AIOKafkaConsumer

from contracts import topics
from services.registration.demonstration import Person, demonstration
from services.registration.tests.people import id_number
from tests.backend import WholePlatform

pytestmark = pytest.mark.servers
PLAN = demonstration()
COMMUNITY = "370104009008"
_numbers = itertools.count(1)


class Client:
    """Speaks with the service itself, past the gateway."""

    def __init__(self, http: httpx.AsyncClient, dev_key: str) -> None:
        self.http, self._dev_key = http, dev_key

    async def code(self, phone: str) -> str:
        sent = await self.http.post("sign-in-codes", json={"phone": phone})
        assert sent.status_code == 202, sent.text
        kept = await self.http.get("dev/messages", params={"phone": phone}, headers={"X-Dev-Key": self._dev_key})
        return kept.json()["messages"][0]["code"]

    async def sign_in(self, phone: str) -> "Member":
        answer = await self.http.post("sessions", json={"phone": phone, "code": await self.code(phone)})
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


def new_phone() -> str:
    return f"120008{time.time_ns() // 1_000_000 % 1000:03d}{next(_numbers) % 100:02d}"


def application(**more: Any) -> dict[str, Any]:
    return {"station": PLAN.station.id, "area": COMMUNITY, "name": "测试甲", "id_number": id_number(next(_numbers)),
            "skills": ["mediation", "care"]} | more  # fmt: skip


async def eventually(check: Callable[[], Awaitable[bool]], seconds: float = 15) -> None:
    until = time.monotonic() + seconds
    while not await check():
        assert time.monotonic() < until, "not in time"
        await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
async def client(platform: WholePlatform) -> AsyncIterator[Client]:
    async with httpx.AsyncClient(base_url=f"{platform.service_url('registration')}/api/v1/", timeout=20) as http:
        yield Client(http, platform.dev_key)


@pytest.fixture(scope="module")
async def signed_in() -> dict[str, Member]:
    return {}


async def staff(client: Client, people: dict[str, Member], person: Person) -> Member:
    """A phone gets one code a minute: whoever has signed in stays so."""
    if person.key not in people:
        people[person.key] = await client.sign_in(person.phone)
    return people[person.key]


async def events_of(platform: WholePlatform, account: str, count: int) -> list[tuple[str, dict[str, Any]]]:
    """The first `count` events with the account's key, in order."""
    consumer = AIOKafkaConsumer(
        topics.REGISTRATION, bootstrap_servers=platform.backend.kafka_bootstrap, auto_offset_reset="earliest"
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


async def test_a_code_opens_one_account_and_one_session(client: Client) -> None:
    phone = new_phone()
    body = {"phone": f"+86 {phone[:3]}-{phone[3:]}", "code": await client.code(phone)}
    first, again = [
        await client.http.post("sessions", json=body, headers={"Idempotency-Key": "once-only-1"}) for _ in range(2)
    ]
    other = await client.http.post("sessions", json=body, headers={"Idempotency-Key": "once-only-2"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.json()["refresh_token"] == again.json()["refresh_token"]
    assert first.json()["account"]["grants"] == [{"role": "resident", "area": "3701", "squad": None, "until": None}]
    assert other.json()["errors"][0]["field"] == "body.code"


async def test_of_many_at_once_with_one_code_one_is_let_in(client: Client) -> None:
    phone = new_phone()
    body = {"phone": phone, "code": await client.code(phone)}
    answers = await asyncio.gather(*(client.http.post("sessions", json=body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422, 422]


async def test_guesses_end_after_five_even_if_they_come_at_once(client: Client) -> None:
    phone = new_phone()
    code = await client.code(phone)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    answers = await asyncio.gather(
        *(client.http.post("sessions", json={"phone": phone, "code": wrong}) for _ in range(9))
    )
    assert {answer.status_code for answer in answers} <= {422, 429}
    right = await client.http.post("sessions", json={"phone": phone, "code": code})
    assert right.status_code == 429
    too_soon = await client.http.post("sign-in-codes", json={"phone": phone})
    assert (too_soon.status_code, too_soon.json()["type"]) == (429, "urn:problem:code_too_soon")
    assert 1 <= int(too_soon.headers["Retry-After"]) <= 60


async def test_a_used_refresh_token_ends_the_session_but_a_repeated_request_does_not(client: Client) -> None:
    member = await client.stranger()
    first, again = [await member.refresh("refresh-repeat") for _ in range(2)]
    assert first.status_code == again.status_code == 201
    assert first.json()["refresh_token"] == again.json()["refresh_token"]
    now = Member(client.http, first.json())
    assert (await member.refresh()).status_code == 401, "the first token was used"
    assert (await now.refresh()).status_code == 401, "so the session is over"


async def test_signing_out_ends_refreshing(client: Client) -> None:
    member = await client.stranger()
    assert (await member.call("DELETE", "sessions/current")).status_code == 204
    assert (await member.call("DELETE", "sessions/current")).status_code == 204
    assert (await member.refresh()).status_code == 401


async def test_from_resident_to_volunteer_and_back_with_events(
    client: Client, platform: WholePlatform, signed_in: dict[str, Member]
) -> None:
    member = await client.stranger()
    officer = await staff(client, signed_in, PLAN.officers[5])
    applied = await member.call("POST", "volunteers", application())
    assert (applied.status_code, applied.json()["standing"]) == (201, "applied"), applied.text
    assert (await member.call("POST", f"volunteers/{member.id}/approve", {})).status_code == 403
    approved = await officer.call("POST", f"volunteers/{member.id}/approve", {"squad": "squ_03"})
    assert (approved.status_code, approved.json()["squad"]) == (200, "squ_03"), approved.text
    assert (await officer.call("POST", f"volunteers/{member.id}/approve", {})).status_code == 409
    member = await member.renew()
    assert await member.roles() == {"resident", "volunteer"}
    suspended = await officer.call("POST", f"volunteers/{member.id}/suspend", {"reason": "请假外出"})
    assert suspended.status_code == 200
    assert await member.roles() == {"resident"}
    happened = await events_of(platform, member.id, 6)
    assert [kind for kind, _ in happened] == [
        "AccountOpened", "VolunteerStandingChanged", "VolunteerStandingChanged", "GrantsChanged",
        "VolunteerStandingChanged", "GrantsChanged",
    ]  # fmt: skip
    assert [data["standing"] for kind, data in happened if kind == "VolunteerStandingChanged"] == [
        "applied", "approved", "suspended",
    ]  # fmt: skip
    assert "测试" not in str(happened)
    assert "请假" not in str(happened)


async def test_a_new_leader_gets_the_grant_and_the_former_one_loses_it(
    client: Client, signed_in: dict[str, Member]
) -> None:
    officer = await staff(client, signed_in, PLAN.officers[5])
    members = [await client.stranger() for _ in range(2)]
    formed = await officer.call("POST", "squads", {"station": PLAN.station.id, "name": f"新队{new_phone()[-5:]}"})
    squad = formed.json()["id"]
    for member in members:
        assert (await member.call("POST", "volunteers", application())).status_code == 201
        assert (await officer.call("POST", f"volunteers/{member.id}/approve", {})).status_code == 200
    for leader, other in (members, reversed(members)):
        named = await officer.call("POST", f"squads/{squad}/leader", {"account": leader.id})
        assert (named.status_code, named.json()["leader"]) == (200, leader.id), named.text

        async def settled(leader: Member = leader, other: Member = other) -> bool:
            return "leader" in await leader.roles() and "leader" not in await other.roles()

        await eventually(settled)
    last = members[1]
    await officer.call("POST", f"volunteers/{last.id}/suspend", {"reason": "休整"})

    async def leaderless() -> bool:
        found = (await last.call("GET", f"squads?station={PLAN.station.id}")).json()
        return next(each for each in found if each["id"] == squad)["leader"] is None

    await eventually(leaderless)


async def test_who_looks_at_a_person_is_seen_by_that_person(client: Client, signed_in: dict[str, Member]) -> None:
    member = await client.stranger()
    officer = await staff(client, signed_in, PLAN.officers[5])
    await member.call("POST", "volunteers", application(squad="squ_01"))
    seen = (await officer.call("GET", f"volunteers/{member.id}")).json()
    assert (seen["name"], seen["phone"][:6]) == ("测试甲", "+86120")
    looks = (await member.call("GET", "accounts/me/looks")).json()["looks"]
    assert [(look["by"], look["by_role"], look["what"]) for look in looks] == [
        (officer.id, "officer", ["name", "phone"])
    ]
    leader = await staff(client, signed_in, PLAN.volunteers[0])
    assert (await leader.call("GET", f"volunteers/{member.id}")).status_code == 200, "one of squad 1"
    listed = (await leader.call("GET", "volunteers?limit=100")).json()["volunteers"]
    assert {each["squad"] for each in listed} == {"squ_01"}
    stranger_to_leader = next(p for p in PLAN.volunteers if p.squad == "squ_02")
    other = await staff(client, signed_in, stranger_to_leader)
    assert (await leader.call("GET", f"volunteers/{other.id}")).status_code == 403
    assert (await other.call("GET", f"volunteers/{member.id}")).status_code == 403


async def test_roles_are_given_within_the_giver_s_area(client: Client, signed_in: dict[str, Member]) -> None:
    officer = await staff(client, signed_in, PLAN.officers[5])
    city = await staff(client, signed_in, PLAN.city_desk[0])
    member = await client.stranger()

    async def give(giver: Member, role: str, area: str, **more: Any) -> int:
        return (
            await giver.call("POST", "grants", {"account": member.id, "role": role, "area": area} | more)
        ).status_code

    assert await give(officer, "committee", COMMUNITY) == 201
    assert await give(officer, "committee", "370102001002") == 403
    assert await give(officer, "officer", "370104009") == 403
    assert await give(officer, "volunteer", "370104009") == 409, "not approved"
    assert await give(city, "officer", "370102001") == 201
    assert await give(city, "officer", "3701", until="2020-01-01T00:00:00Z") == 422
    assert await give(member, "operator", "3701") == 403
    assert await member.roles() == {"resident", "committee", "officer"}
    gone = await officer.call("DELETE", f"grants/{member.id}/committee/{COMMUNITY}")
    assert gone.status_code == 204
    assert (await city.call("DELETE", f"grants/{member.id}/resident/3701")).status_code == 409
    assert await member.roles() == {"resident", "officer"}
    elsewhere = await member.renew()
    assert (await elsewhere.call("GET", f"volunteers?station={PLAN.station.id}")).status_code == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"area": "370102001002"}, "body.area"), ({"area": "370104009999"}, "body.area"),
        ({"station": "sta_nowhere"}, "body.station"), ({"id_number": "370104195612150009"}, "body.id_number"),
        ({"squad": "squ_99"}, "body.squad"), ({"name": {"$ne": ""}}, "body.name"), ({"age": 3}, "body.age"),
    ],
)  # fmt: skip
async def test_an_application_that_is_wrong_names_the_field(
    client: Client, signed_in: dict[str, Member], change: dict[str, Any], field: str
) -> None:
    if "applicant" not in signed_in:
        signed_in["applicant"] = await client.stranger()
    answer = await signed_in["applicant"].call("POST", "volunteers", application(**change))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_an_id_number_belongs_to_one_account(client: Client) -> None:
    first, second = await client.stranger(), await client.stranger()
    form = application()
    assert (await first.call("POST", "volunteers", form)).status_code == 201
    taken = await second.call("POST", "volunteers", form)
    assert (taken.status_code, taken.json()["errors"][0]["field"]) == (409, "body.id_number")


async def test_divisions_of_jinan(client: Client) -> None:
    districts = (await client.http.get("divisions?parent=3701")).json()
    assert sum(each["kind"] == "district" for each in districts) == 12
    streets = (await client.http.get("divisions?parent=370104")).json()
    assert {"code": "370104009", "name": "段店北路街道", "kind": "street"} in streets
    assert len((await client.http.get("divisions?parent=370104009")).json()) == 14


async def test_messages_need_the_developer_s_key(client: Client) -> None:
    assert (await client.http.get("dev/messages?phone=12000899999")).status_code == 403


async def test_a_second_seed_changes_nothing(platform: WholePlatform) -> None:
    said = await asyncio.to_thread(platform.run_module, "services.registration.seed", "registration")
    assert said.count("there already") == 5, said
