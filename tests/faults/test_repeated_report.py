"""One Idempotency-Key, many times at once: one report."""

import asyncio
import secrets

import httpx
import pytest

from tests.faults.ledger import balance
from tests.faults.platform import FaultPlatform
from tests.support.demonstration import report_body

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.timeout(300)]
TIMES = 50


async def test_fifty_concurrent_repeats_are_one_report_and_another_body_is_refused(
    platform: FaultPlatform,
):
    (resident,), _ = await platform.people(1, 0)
    key = f"fifty-{secrets.token_hex(6)}"
    headers = {"Authorization": f"Bearer {resident.token}", "Idempotency-Key": key}
    body = report_body("垃圾桶旁边没有扫干净", "environment")
    before = platform.client_log.ids("report")
    async with httpx.AsyncClient(
        base_url=f"{platform.url}/api/v1/", timeout=20, trust_env=False
    ) as http:
        answers = await asyncio.gather(
            *(http.post("reports", json=body, headers=headers) for _ in range(TIMES))
        )
        assert {answer.status_code for answer in answers} <= {201, 503}
        ids = {answer.json()["id"] for answer in answers if answer.status_code == 201}
        assert len(ids) == 1
        platform.client_log.acknowledged["report"][key] |= ids
        other = await http.post("reports", json=body | {"text": "另一件事"}, headers=headers)
        assert (other.status_code, other.json()["type"]) == (422, "urn:problem:key_reused")
        mine = await http.get("reports", params={"mine": "true"}, headers=headers)
    assert [view["id"] for view in mine.json()["items"] if view["id"] not in before] == list(ids)
    await balance(platform)
