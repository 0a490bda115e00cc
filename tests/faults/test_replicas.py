"""Two of each service at once: they share the work, and nothing is done twice, whichever of them is
asked or killed."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from functools import partial

import httpx
import pytest

from deploy.local.ports import HOST, SERVICES, free_ports
from simulation.api import Person, StreamEvent
from tests.faults import replicas
from tests.faults.platform import FaultPlatform, standing
from tests.faults.ledger import balance
from tests.faults.load import COMMUNITY, PLACE
from tests.faults.under_load import under_load
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults]
TWO: dict[str, int] = dict.fromkeys(SERVICES, 2)
WORDS = {"text": "路灯坏了", "category": "environment", "location": PLACE, "community": COMMUNITY}


@pytest.fixture(scope="module")
async def platform() -> AsyncGenerator[FaultPlatform]:
    async with standing(FaultPlatform(free_ports(replicas=TWO), "replicas")) as place:
        yield place


async def both(
    platform: FaultPlatform, service: str, path: str, bodies: list[tuple[object, dict[str, str]]]
) -> list[int]:
    """The statuses of these (body, headers), posted all at once to one replica after the other, in
    order."""
    urls = [f"http://{HOST}:{port}/api/v1/{path}" for _, port in platform.ports.all_of(service)]
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        answers = await asyncio.gather(
            *(
                http.post(urls[n % len(urls)], json=body, headers=head)
                for n, (body, head) in enumerate(bodies)
            )
        )
    return [answer.status_code for answer in answers]


async def test_one_key_at_both_replicas_is_one_report(platform: FaultPlatform):
    (resident,), _ = await platform.people(1, 0)
    head = {"Authorization": f"Bearer {resident.token}", "Idempotency-Key": "one-and-the-same"}
    before = await _mine(platform, resident)
    assert set(await both(platform, "incidents", "reports", [(WORDS, head)] * 50)) == {201}
    assert set(
        await both(platform, "incidents", "reports", [(WORDS | {"text": "别的"}, head)] * 2)
    ) == {422}
    (added,) = await _mine(platform, resident) - before
    platform.client_log.done["report"][head["Idempotency-Key"]].add(added)


async def _mine(platform: FaultPlatform, who: Person) -> set[str]:
    found, cursor = set[str](), ""
    while True:
        page = await who.get("reports", mine=True, **({"cursor": cursor} if cursor else {}))
        found |= {report["id"] for report in page["reports"]}
        if not (cursor := page.get("next") or ""):
            return found


async def test_sign_in_codes_have_one_limit_at_both_replicas(platform: FaultPlatform):
    phone = platform.new_phone()
    asked = await both(platform, "registration", "sign-in-codes", [({"phone": phone}, {})] * 10)
    assert Counter(asked) == {202: 1, 429: 9}
    desk = {"X-Dev-Key": platform.processes.dev_key}
    (code,) = {
        message["code"]
        for message in (await platform.api.send("GET", f"dev/messages?phone={phone}", desk))[
            "messages"
        ]
    }
    wrong = {"phone": phone, "code": f"{(int(code) + 1) % 10**6:06d}"}
    assert set(await both(platform, "registration", "sessions", [(wrong, {})] * 8)) <= {422, 429}
    assert set(
        await both(platform, "registration", "sessions", [({"phone": phone, "code": code}, {})] * 2)
    ) == {429}


async def test_a_message_comes_over_every_open_stream_whichever_replica_it_was_made_by(
    platform: FaultPlatform,
):
    (resident,), (volunteer,) = await platform.people(1, 1)
    async with AsyncExitStack() as stack:
        apis = [
            await stack.enter_async_context(replicas.asking(platform, name))
            for name in replicas.names(platform, "notify")
        ]
        streams = [
            await stack.enter_async_context(replicas.listening(replicas.moved(volunteer, api)))
            for api in apis
        ]
        await volunteer.post("duty/start", {"location": PLACE})
        report = await resident.post("reports", WORDS | {"category": "assistance"})
        platform.client_log.done["report"][report["id"]].add(report["id"])

        async def heard() -> bool:
            return all(_alerts(events) for events in streams)

        await eventually(heard)
        await volunteer.post("duty/end")
        assert _alerts(streams[0]) == _alerts(streams[1])


def _alerts(heard: list[StreamEvent]) -> list[str]:
    return [event.message["id"] for event in heard if event.kind == "alert"]


async def test_a_town_at_work_while_one_of_each_is_killed(platform: FaultPlatform):
    for service in SERVICES:
        await eventually(partial(replicas.led_by_one, platform, service))
    async with under_load(platform, volunteers=6, long_work=False) as load:
        for service in SERVICES:
            await platform.kill(replicas.names(platform, service)[0])
        await load.goes_on()
        await platform.whole()
        # The gateway looks every 2 s whether one that was away is back, longer after each refusal:
        # 10 s at most.
        for name in replicas.names(platform, "incidents"):
            await eventually(partial(replicas.requests, platform, name))
    await balance(platform)
