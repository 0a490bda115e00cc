"""Everything in Valkey is gone: positions, who may send them, the live streams' entries. Nothing
that counts was there.

Sign-in codes, their tries and their limits are in MongoDB (`sign_in_codes`): a wiped Valkey opens
no door.
"""

import shutil
from collections.abc import Awaitable, Callable

import httpx
import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from simulation.api import Json
from tests.faults.platform import FaultPlatform
from tests.faults.ledger import balance
from tests.faults.load import FOR_NOBODY_ON_DUTY, MIXED, Load
from tests.faults.under_load import under_load
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(300)]
Wipe = Callable[[FaultPlatform], Awaitable[None]]


async def flushed(platform: FaultPlatform) -> None:
    """By a command: Valkey goes on, empty."""
    async with Redis.from_url(platform.addresses["REDIS_URL"]) as redis:
        await redis.flushall()


async def lost(platform: FaultPlatform) -> None:
    """The process is killed and its files are gone: it comes back empty."""
    shutil.rmtree(platform.processes.home / "data" / "valkey" / "appendonlydir")
    await platform.kill("valkey")


async def on_duty(platform: FaultPlatform) -> set[str]:
    """By MongoDB."""
    async with platform.mongo() as client:
        found = client["dispatch"]["responders"].find({"on_duty": True}, {"_id": 1})
        return {str(document["_id"]) async for document in found}


async def placed(platform: FaultPlatform) -> tuple[set[str], set[str]]:
    """Who may send positions and whose position is known, by Valkey."""
    async with Redis.from_url(platform.addresses["REDIS_URL"], decode_responses=True) as redis:
        return set(await redis.smembers("dispatch:on_duty")), set(
            await redis.zrange("dispatch:positions", 0, -1)
        )  # type: ignore[misc]


@pytest.mark.parametrize("wipe", [flushed, lost])
async def test_positions_and_views_are_rebuilt_streams_go_on_and_no_call_out_is_lost(
    platform: FaultPlatform, wipe: Wipe
):
    async with under_load(platform, kinds=FOR_NOBODY_ON_DUTY) as load:
        await wipe(platform)
        report = await filed(platform, load)  # at once: nobody's position is known
        load.kinds = MIXED
        expected = await on_duty(platform)
        assert len(expected) == len(load.listeners)

        async def rebuilt() -> bool:
            return all(people == expected for people in await placed_or_away(platform))

        await eventually(rebuilt, within=30)
        heard = {one.id: len(one.heard) for one in load.listeners}
        await load.goes_on(30)

        async def hears() -> bool:
            return any(len(one.heard) > heard[one.id] for one in load.listeners)

        await eventually(hears, within=30)
    books = await balance(platform)
    (opened,) = [f for f in books.of("CalloutOpened") if f.data["report"] == report]
    called = [f for f in books.of("VolunteerCalled") if f.data["report"] == report]
    assert called, (
        f"{opened.data['callout']}: those on duty were called though their places were lost"
    )
    told = [f.data["why"] for f in books.of("CalloutEscalated") if f.data["report"] == report]
    assert "nobody_on_duty" not in told


async def filed(platform: FaultPlatform, load: Load) -> str:
    (who,), _ = await platform.people(1, 0)
    report = await load.file(who, "assistance", f"wiped-{platform.new_phone()}")
    assert report is not None
    return report["id"]


async def placed_or_away(platform: FaultPlatform) -> tuple[set[str], set[str]]:
    try:
        return await placed(platform)
    except (OSError, RedisConnectionError):
        return set(), set()


@pytest.mark.parametrize("wipe", [flushed, lost])
async def test_sign_in_stays_as_closed_as_it_was(platform: FaultPlatform, wipe: Wipe):
    asked, never = platform.new_phone(), platform.new_phone()
    async with httpx.AsyncClient(
        base_url=f"{platform.url}/api/v1/", timeout=20, trust_env=False
    ) as http:

        async def post(path: str, **body: str) -> tuple[int, str]:
            answer = await http.post(path, json=body)
            return answer.status_code, answer.json().get("type", "")

        async def code_of(phone: str) -> str:
            desk = {"X-Dev-Key": platform.processes.dev_key}
            page: Json = (
                await http.get("dev/messages", params={"phone": phone}, headers=desk)
            ).json()
            return page["messages"][0]["code"]

        assert (await post("sign-in-codes", phone=asked))[0] == 202
        code = await code_of(asked)
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"
        for _ in range(2):
            assert await post("sessions", phone=asked, code=wrong) == (
                422,
                "urn:problem:code_wrong",
            )
        await wipe(platform)
        assert await post("sign-in-codes", phone=asked) == (429, "urn:problem:code_too_soon")
        assert await post("sessions", phone=never, code=code) == (422, "urn:problem:code_wrong")
        for _ in range(3):
            assert await post("sessions", phone=asked, code=wrong) == (
                422,
                "urn:problem:code_wrong",
            )
        assert await post("sessions", phone=asked, code=wrong) == (
            429,
            "urn:problem:code_tries_used",
        )
        assert await post("sessions", phone=asked, code=code) == (
            429,
            "urn:problem:code_tries_used",
        )
        assert (await post("sign-in-codes", phone=never))[0] == 202
        answer = await http.post("sessions", json={"phone": never, "code": await code_of(never)})
        assert answer.status_code == 201, "and the right code still opens it"
        platform.client_log.done["account"][never].add(answer.json()["account"]["id"])
    await balance(platform)
