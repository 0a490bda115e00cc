"""Valkey is emptied: positions, who may send them, and the streams' entries are gone, and are
rebuilt.

Sign-in codes, their tries and their limits are in MongoDB (`sign_in_codes`): an empty Valkey lets
nobody in.
"""

import shutil
from collections.abc import Awaitable, Callable

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.faults.ledger import balance
from tests.faults.load import MIXED, WITHOUT_VOLUNTEERS, Load
from tests.faults.observed_state import ObservedState
from tests.faults.platform import FaultPlatform
from tests.faults.under_load import under_load
from tests.support.client import ask, new_phone, sent_codes
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(300)]
Wipe = Callable[[FaultPlatform], Awaitable[None]]
Answer = tuple[int, str]
"""A status, and the type of the problem."""
CODE_WRONG = (422, "urn:problem:code_wrong")
CODE_TOO_SOON = (429, "urn:problem:code_too_soon")
TRIES_USED = (429, "urn:problem:code_tries_used")


async def flushed(platform: FaultPlatform) -> None:
    """By a command: Valkey runs on, empty."""
    async with Redis.from_url(platform.addresses["REDIS_URL"]) as redis:
        await redis.flushall()


async def files_lost(platform: FaultPlatform) -> None:
    """The process is killed and its files are gone: it restarts empty."""
    shutil.rmtree(platform.processes.home / "data" / "valkey" / "appendonlydir")
    await platform.kill("valkey")


async def on_duty(platform: FaultPlatform) -> set[str]:
    """According to MongoDB."""
    async with platform.mongo() as client:
        found = client["dispatch"]["responders"].find({"on_duty": True}, {"_id": 1})
        return {str(document["_id"]) async for document in found}


async def in_valkey(platform: FaultPlatform) -> tuple[set[str], set[str]]:
    """Who may send positions, and whose position is known. Empty while it does not answer."""
    url = platform.addresses["REDIS_URL"]
    try:
        async with Redis.from_url(url, decode_responses=True) as redis:
            may_send = await redis.smembers("dispatch:on_duty")
            placed = await redis.zrange("dispatch:positions", 0, -1)
            return {str(id) for id in may_send}, {str(id) for id in placed}
    except (OSError, RedisConnectionError):
        return set(), set()


async def file_report(platform: FaultPlatform, load: Load) -> str:
    (resident,), _ = await platform.people(1, 0)
    report = await load.file_report(resident, "assistance", f"wiped-{new_phone()}")
    assert report is not None
    return report["id"]


async def all_positions_rebuilt(platform: FaultPlatform, load: Load) -> None:
    expected = await on_duty(platform)
    assert len(expected) == len(load.on_duty)

    async def rebuilt() -> bool:
        return all(people == expected for people in await in_valkey(platform))

    await eventually(rebuilt, within=30)


async def streams_deliver(load: Load) -> None:
    received = {volunteer.id: len(volunteer.received) for volunteer in load.on_duty}
    await load.progress(30)

    async def delivered() -> bool:
        return any(len(v.received) > received[v.id] for v in load.on_duty)

    await eventually(delivered, within=30)


def assert_volunteers_called(state: ObservedState, report: str) -> None:
    """Although no position was known when the report was filed."""

    def of(type_: str) -> list[dict[str, object]]:
        return [dict(f.data) for f in state.of(type_) if f.data["report"] == report]

    (opened,) = of("CalloutOpened")
    assert of("WaveCalled"), f"{opened['callout']}: nobody on duty was called"
    assert "nobody_on_duty" not in [escalated["why"] for escalated in of("CalloutEscalated")]


@pytest.mark.parametrize("wipe", [flushed, files_lost])
async def test_positions_are_rebuilt_streams_continue_and_no_callout_is_lost(
    platform: FaultPlatform, wipe: Wipe
):
    async with under_load(platform, categories=WITHOUT_VOLUNTEERS) as load:
        await wipe(platform)
        report = await file_report(platform, load)  # at once: nobody's position is known
        load.categories = MIXED
        await all_positions_rebuilt(platform, load)
        await streams_deliver(load)
    assert_volunteers_called(await balance(platform), report)


class SignIn:
    """Requests of a phone that signs in."""

    def __init__(self, platform: FaultPlatform, phone: str) -> None:
        self._platform, self.phone = platform, phone

    async def _post(self, path: str, **body: str) -> Answer:
        answer = await ask(self._platform.api, None, "POST", path, json=body)
        document = answer.json()
        if answer.status_code == 201:
            accounts = self._platform.client_log.acknowledged["account"]
            accounts[self.phone].add(document["account"]["id"])
        return answer.status_code, document.get("type", "")

    async def request_code(self) -> Answer:
        return await self._post("sign-in-codes", phone=self.phone)

    async def code(self) -> str:
        api, key = self._platform.api, self._platform.processes.dev_key
        return (await sent_codes(api, key, self.phone))[0]

    async def enter(self, code: str) -> Answer:
        return await self._post("sessions", phone=self.phone, code=code)


@pytest.mark.parametrize("wipe", [flushed, files_lost])
async def test_sign_in_limits_survive(platform: FaultPlatform, wipe: Wipe):
    asked, other = SignIn(platform, new_phone()), SignIn(platform, new_phone())
    assert (await asked.request_code())[0] == 202
    code = await asked.code()
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(2):
        assert await asked.enter(wrong) == CODE_WRONG
    await wipe(platform)
    assert await asked.request_code() == CODE_TOO_SOON
    assert await other.enter(code) == CODE_WRONG
    for _ in range(3):
        assert await asked.enter(wrong) == CODE_WRONG
    assert await asked.enter(wrong) == TRIES_USED
    assert await asked.enter(code) == TRIES_USED
    assert (await other.request_code())[0] == 202
    assert (await other.enter(await other.code()))[0] == 201, "the right code still works"
    await balance(platform)
