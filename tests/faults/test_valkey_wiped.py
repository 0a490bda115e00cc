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
from tests.faults.ground import Ground
from tests.faults.ledger import balance
from tests.faults.load import FOR_NOBODY_ON_DUTY, MIXED, Load
from tests.faults.town import load
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(300)]
Wipe = Callable[[Ground], Awaitable[None]]


async def flushed(ground: Ground) -> None:
    """By a command: Valkey goes on, empty."""
    async with Redis.from_url(ground.addresses["REDIS_URL"]) as redis:
        await redis.flushall()


async def lost(ground: Ground) -> None:
    """The process is killed and its files are gone: it comes back empty."""
    shutil.rmtree(ground.platform.home / "data" / "valkey" / "appendonlydir")
    await ground.kill("valkey")


async def on_duty(ground: Ground) -> set[str]:
    """By MongoDB."""
    async with ground.mongo() as client:
        found = client["dispatch"]["responders"].find({"on_duty": True}, {"_id": 1})
        return {str(document["_id"]) async for document in found}


async def placed(ground: Ground) -> tuple[set[str], set[str]]:
    """Who may send positions and whose position is known, by Valkey."""
    async with Redis.from_url(ground.addresses["REDIS_URL"], decode_responses=True) as redis:
        return set(await redis.smembers("dispatch:on_duty")), set(
            await redis.zrange("dispatch:positions", 0, -1)
        )  # type: ignore[misc]


@pytest.mark.parametrize("wipe", [flushed, lost])
async def test_positions_and_views_are_rebuilt_streams_go_on_and_no_call_out_is_lost(
    ground: Ground, wipe: Wipe
):
    async with load(ground, kinds=FOR_NOBODY_ON_DUTY) as town:
        await wipe(ground)
        report = await filed(ground, town)  # at once: nobody's position is known
        town.kinds = MIXED
        expected = await on_duty(ground)
        assert len(expected) == len(town.listeners)

        async def rebuilt() -> bool:
            return all(people == expected for people in await placed_or_away(ground))

        await eventually(rebuilt, within=30)
        heard = {one.id: len(one.heard) for one in town.listeners}
        await town.goes_on(30)

        async def hears() -> bool:
            return any(len(one.heard) > heard[one.id] for one in town.listeners)

        await eventually(hears, within=30)
    books = await balance(ground)
    (opened,) = [f for f in books.of("CalloutOpened") if f.data["report"] == report]
    called = [f for f in books.of("VolunteerCalled") if f.data["report"] == report]
    assert called, (
        f"{opened.data['callout']}: those on duty were called though their places were lost"
    )
    told = [f.data["why"] for f in books.of("CalloutEscalated") if f.data["report"] == report]
    assert "nobody_on_duty" not in told


async def filed(ground: Ground, town: Load) -> str:
    (who,), _ = await ground.people(1, 0)
    report = await town.file(who, "assistance", f"wiped-{ground.new_phone()}")
    assert report is not None
    return report["id"]


async def placed_or_away(ground: Ground) -> tuple[set[str], set[str]]:
    try:
        return await placed(ground)
    except (OSError, RedisConnectionError):
        return set(), set()


@pytest.mark.parametrize("wipe", [flushed, lost])
async def test_sign_in_stays_as_closed_as_it_was(ground: Ground, wipe: Wipe):
    asked, never = ground.new_phone(), ground.new_phone()
    async with httpx.AsyncClient(
        base_url=f"{ground.url}/api/v1/", timeout=20, trust_env=False
    ) as http:

        async def post(path: str, **body: str) -> tuple[int, str]:
            answer = await http.post(path, json=body)
            return answer.status_code, answer.json().get("type", "")

        async def code_of(phone: str) -> str:
            desk = {"X-Dev-Key": ground.platform.dev_key}
            page: Json = (
                await http.get("dev/messages", params={"phone": phone}, headers=desk)
            ).json()
            return page["items"][0]["code"]

        assert (await post("sign-in-codes", phone=asked))[0] == 202
        code = await code_of(asked)
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"
        for _ in range(2):
            assert await post("sessions", phone=asked, code=wrong) == (
                422,
                "urn:problem:code_wrong",
            )
        await wipe(ground)
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
        ground.record.done["account"][never].add(answer.json()["account"]["id"])
    await balance(ground)
