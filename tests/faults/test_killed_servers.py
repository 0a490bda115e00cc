"""kill -9 of the broker, of mongod and of Valkey under load; and a broker that is down for a
minute."""

import asyncio

import pytest

from tests.faults.ledger import balance
from tests.faults.platform import FaultPlatform
from tests.faults.under_load import under_load

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.timeout(300)]
SERVERS = ("kafka", "mongo", "valkey")
DOWN_S = 60.0


async def test_each_server_killed_under_load(platform: FaultPlatform):
    async with under_load(platform) as load:
        for server in SERVERS:
            await platform.kill(server)
            await load.progress()
    await balance(platform)


@pytest.mark.long
@pytest.mark.parametrize("server", SERVERS)
async def test_a_server_killed_repeatedly(platform: FaultPlatform, server: str):
    async with under_load(platform, rate=12) as load:
        for _ in range(3):
            await platform.kill(server)
            await platform.wait_ready(server)
            await load.progress(20)
    await balance(platform)


@pytest.mark.long
async def test_without_a_broker_reports_are_accepted_and_published_later(
    platform: FaultPlatform,
):
    rate = 6.0
    async with under_load(platform, rate=rate) as load:
        before = platform.client_log.statuses()
        await platform.stop("kafka")
        filed, pids = platform.client_log.count("report"), process_ids(platform)
        await asyncio.sleep(DOWN_S)  # the fault itself
        accepted = platform.client_log.count("report") - filed
        assert accepted >= DOWN_S * rate * 0.9, f"{accepted} reports accepted in {DOWN_S} s"
        answers = platform.client_log.statuses() - before
        assert not {status for status in answers if status >= 500}, answers
        await platform.start("kafka")
        await load.progress()
    await balance(platform)
    assert pids == process_ids(platform), "no service had to restart"


def process_ids(platform: FaultPlatform) -> list[int]:
    return [platform.processes.pid(name) for name in ("incidents", "dispatch")]
