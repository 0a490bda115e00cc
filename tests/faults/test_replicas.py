"""Two replicas of each service: they share the work, and nothing is done twice, whichever of them
is addressed or killed."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from functools import partial

import httpx
import pytest

from deploy.local.ports import HOST, SERVICES, free_ports
from tests.faults import replicas
from tests.faults.ledger import balance
from tests.faults.platform import FaultPlatform, running
from tests.faults.under_load import under_load
from tests.support.client import Json, Person, new_phone, sent_codes
from tests.support.demonstration import PLACE, report_body
from tests.support.phone import opened
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults]
TWO: dict[str, int] = dict.fromkeys(SERVICES, 2)
BODY = report_body("路灯坏了", "environment")


@pytest.fixture(scope="module")
async def platform() -> AsyncGenerator[FaultPlatform]:
    async with running(FaultPlatform(free_ports(replicas=TWO), "replicas")) as started:
        yield started


async def post_to_both(
    platform: FaultPlatform, service: str, path: str, bodies: list[tuple[object, dict[str, str]]]
) -> list[int]:
    """The statuses of these (body, headers), posted concurrently to the replicas in turn."""
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
    assert set(await post_to_both(platform, "incidents", "reports", [(BODY, head)] * 50)) == {201}
    assert set(
        await post_to_both(platform, "incidents", "reports", [(BODY | {"text": "别的"}, head)] * 2)
    ) == {422}
    (added,) = await _mine(platform, resident) - before
    platform.client_log.acknowledged["report"][head["Idempotency-Key"]].add(added)


async def _mine(platform: FaultPlatform, who: Person) -> set[str]:
    found, cursor = set[str](), ""
    while True:
        page = await who.get("reports", mine=True, **({"cursor": cursor} if cursor else {}))
        found |= {report["id"] for report in page["items"]}
        if not (cursor := page.get("next") or ""):
            return found


async def test_sign_in_codes_have_one_limit_at_both_replicas(platform: FaultPlatform):
    phone = new_phone()

    async def statuses(path: str, body: Json, times: int) -> list[int]:
        return await post_to_both(platform, "registration", path, [(body, {})] * times)

    asked = await statuses("sign-in-codes", {"phone": phone}, 10)
    assert Counter(asked) == {202: 1, 429: 9}
    (code,) = await sent_codes(platform.api, platform.processes.dev_key, phone)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert set(await statuses("sessions", {"phone": phone, "code": wrong}, 8)) <= {422, 429}
    assert set(await statuses("sessions", {"phone": phone, "code": code}, 2)) == {429}


async def test_a_message_is_delivered_on_the_streams_of_both_replicas(
    platform: FaultPlatform,
):
    (resident,), (volunteer,) = await platform.people(1, 1)
    async with AsyncExitStack() as stack:
        apis = [
            await stack.enter_async_context(replicas.client_of(platform, name))
            for name in replicas.names(platform, "notify")
        ]
        phones = [
            await stack.enter_async_context(opened(replicas.session_at(volunteer, api)))
            for api in apis
        ]
        await volunteer.post("duty/start", {"location": PLACE})
        report = await resident.post(
            "reports", BODY | {"category": "assistance", "text": "想请人帮忙把东西搬上楼"}
        )
        platform.client_log.acknowledged["report"][report["id"]].add(report["id"])

        async def delivered() -> bool:
            return all(phone.all_received("alert") for phone in phones)

        await eventually(delivered)
        await volunteer.post("duty/end")
        await resident.post(f"reports/{report['id']}/withdraw", {"reason": "已自行解决"})
        first, second = [
            [message["id"] for message in phone.all_received("alert")] for phone in phones
        ]
        assert first == second


async def test_one_replica_of_each_service_killed_under_load(platform: FaultPlatform):
    for service in SERVICES:
        await eventually(partial(replicas.all_is_relayed, platform, service))
    async with under_load(platform, volunteers=6, long_work=False) as load:
        for service in SERVICES:
            await platform.kill(replicas.names(platform, service)[0])
        await load.progress()
        await platform.recovered()
        # The gateway checks a replica that was down every 2 s, after refusals up to 10 s.
        for name in replicas.names(platform, "incidents"):
            await eventually(partial(replicas.requests_answered, platform, name))
    await balance(platform)
