"""The same report sent several times is one report, and its key is told to nobody else (K17)."""

import asyncio
import uuid
from typing import Any

import httpx
import pytest

from services.incidents.tests.running import Incidents, address, person, post, report

pytestmark = pytest.mark.servers
EASY_KEYS = ("12345678", "retry-1x", "0" * 32)


async def at_once(client: httpx.AsyncClient, bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    answers = await asyncio.gather(*(client.post("/reports", json=body) for body in bodies))
    assert {answer.status_code for answer in answers} == {201}
    return [answer.json() for answer in answers]


async def test_the_same_report_five_times_at_once_is_one(incidents: Incidents) -> None:
    """Case A21: it made five reports and five call-outs."""
    async with incidents.client(person()) as own, incidents.client(person()) as other:
        filed = await at_once(own, [report("楼下有人打麻将太吵")] * 5)
        assert len({(one["id"], one["number"]) for one in filed}) == 1
        assert len((await own.get("/reports?mine=true")).json()["items"]) == 1
        again = await post(own, "/reports", report("楼下有人 打麻将太吵 "), 201, str(uuid.uuid4()))
        assert again["id"] == filed[0]["id"], "whatever its key"
        events = await incidents.events_of(filed[0]["id"], "ReportRouted")
        assert [event["type"] for event in events].count("ReportFiled") == 1
        others = [await post(other, "/reports", report("楼下有人打麻将太吵"), 201)]
        others += await at_once(own, [report("楼下有人打麻将"), report("楼下广场舞太吵")])
        others.append(
            await post(own, "/reports", report("楼下有人打麻将太吵", anonymous=True), 201)
        )
        assert len({one["id"] for one in [*others, filed[0]]}) == 5


async def a_minute_passes(incidents: Incidents) -> None:
    recent = incidents.service.store.database["recent_filings"]
    await recent.update_many({}, [{"$set": {"until": {"$subtract": ["$until", 60_000]}}}])


async def test_what_is_said_again_after_a_minute_is_another_report(incidents: Incidents) -> None:
    async with incidents.client(person()) as own:
        first = await post(own, "/reports", report("又吵起来了"), 201)
        await a_minute_passes(incidents)
        second = await post(own, "/reports", report("又吵起来了"), 201)
        assert second["id"] != first["id"]


async def test_a_key_that_was_answered_gets_that_answer_for_days(incidents: Incidents) -> None:
    """A repeat more than a minute later was another report, or that of another key."""
    body, keys = report("楼道里又堆满了纸箱"), [str(uuid.uuid4()) for _ in range(3)]
    first, second, third = keys
    async with incidents.client(person()) as own:
        filed = await post(own, "/reports", body, 201, first)
        joined = await post(own, "/reports", body, 201, second)
        await a_minute_passes(incidents)
        late = await post(own, "/reports", body, 201, second)
        anew = await post(own, "/reports", body, 201, third)
        assert filed["id"] == joined["id"] == late["id"] != anew["id"]
        answers = [await post(own, "/reports", body, 201, key) for key in keys]
        assert [one["id"] for one in answers] == [filed["id"], filed["id"], anew["id"]]
        other = await own.post(
            "/reports", json=body | {"text": "别的事"}, headers={"Idempotency-Key": second}
        )
        assert (other.status_code, other.json()["type"]) == (422, "urn:problem:key_reused")
        assert len((await own.get("/reports?mine=true")).json()["items"]) == 2


async def test_a_report_that_was_stored_is_found_though_its_key_was_forgotten(
    incidents: Incidents,
) -> None:
    """As after a crash of the store, which does not journal what was filed a moment ago."""
    body, key = report("电梯里有人乱贴广告"), str(uuid.uuid4())
    async with incidents.client(person()) as own:
        filed = await post(own, "/reports", body, 201, key)
        await incidents.service.store.database["recent_filings"].delete_many({})
        anew = await post(own, "/reports", body, 201)
        again = await post(own, "/reports", body, 201, key)
        assert again["id"] == filed["id"] != anew["id"]


async def test_without_an_account_one_of_five_has_the_key(incidents: Incidents) -> None:
    async with incidents.nobody(address()) as phone, incidents.nobody(address()) as other:
        body = report("路灯坏了三天", anonymous=True)
        filed = await at_once(phone, [body] * 5)
        assert len({one["number"] for one in filed}) == 1
        keys = [one["follow_up_key"] for one in filed if one["follow_up_key"]]
        assert len(keys) == 1
        elsewhere = await post(other, "/reports", body, 201)
        assert elsewhere["number"] != filed[0]["number"]


@pytest.mark.parametrize("key", EASY_KEYS)
async def test_a_second_phone_with_the_same_easy_key_gets_nothing_of_the_first(
    incidents: Incidents, key: str
) -> None:
    """It got the first one's follow-up key, or was told that the key was in use."""
    shared = address()
    async with incidents.nobody(shared) as one, incidents.nobody(address()) as other:
        body = report("路灯坏了三天", anonymous=True)
        first = await post(one, "/reports", body, 201, key)
        assert first["follow_up_key"]
        elsewhere = await post(other, "/reports", body, 201, key)
        assert elsewhere["number"] != first["number"]
        assert elsewhere["follow_up_key"] not in (None, first["follow_up_key"])
        changed = await post(one, "/reports", report("井盖没了", anonymous=True), 201, key)
        assert changed["number"] != first["number"]
        assert changed["follow_up_key"] not in (None, first["follow_up_key"])
    async with incidents.nobody(shared) as behind_the_same_router:
        repeat = await post(behind_the_same_router, "/reports", body, 201, key)
        assert (repeat["number"], repeat["follow_up_key"]) == (first["number"], None)


async def test_a_phone_with_a_random_key_gets_its_answer_again_from_another_network(
    incidents: Incidents,
) -> None:
    key, body = str(uuid.uuid4()), report("路灯坏了三天", anonymous=True)
    async with incidents.nobody(address()) as wifi, incidents.nobody(address()) as mobile:
        first = await post(wifi, "/reports", body, 201, key)
        for client in (wifi, mobile):
            again = await post(client, "/reports", body, 201, key)
            assert (again["number"], again["follow_up_key"]) == (
                first["number"],
                first["follow_up_key"],
            )
        other = await post(mobile, "/reports", report("井盖没了", anonymous=True), 201, key)
        assert other["number"] != first["number"]


async def test_one_address_without_accounts_is_limited_and_told(incidents: Incidents) -> None:
    async with incidents.nobody(address()) as flood, incidents.nobody(address()) as neighbour:
        bodies = [report(f"{n}号路灯坏了", anonymous=True) for n in range(30)]
        answers = await asyncio.gather(*(flood.post("/reports", json=body) for body in bodies))
        statuses = [answer.status_code for answer in answers]
        assert (statuses.count(201), statuses.count(429)) == (5, 25)
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert 0 < int(refused.headers["retry-after"]) <= 10
        assert "110" in refused.json()["title"]
        await post(neighbour, "/reports", bodies[0], 201)
