"""kill -9 of the broker, of mongod and of Valkey while the load is at work; and a broker that is
away for long."""

import asyncio

import pytest

from tests.faults.platform import FaultPlatform
from tests.faults.ledger import balance
from tests.faults.under_load import under_load

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.timeout(300)]
SERVERS = ("kafka", "mongo", "valkey")
AWAY_S = 60.0


@pytest.mark.long
async def test_each_server_killed_in_mid_load_nothing_is_lost_or_doubled(platform: FaultPlatform):
    async with under_load(platform) as load:
        for server in SERVERS:
            await platform.kill(server)
            await load.goes_on()
    await balance(platform)


@pytest.mark.long
@pytest.mark.parametrize("server", SERVERS)
async def test_a_server_killed_again_and_again_nothing_is_lost_or_doubled(
    platform: FaultPlatform, server: str
):
    async with under_load(platform, rate=12) as load:
        for _ in range(3):
            await platform.kill(server)
            await asyncio.to_thread(platform.processes.wait_ready, server, 60)
            await load.goes_on(20)
    await balance(platform)


@pytest.mark.long
async def test_without_a_broker_reports_are_taken_and_the_backlog_drains_unaided(
    platform: FaultPlatform,
):
    rate = 6.0
    async with under_load(platform, rate=rate) as load:
        refused = platform.client_log.statuses()
        await platform.stop("kafka")
        before, pids = (
            platform.client_log.count("report"),
            [platform.processes.pid(name) for name in ("incidents", "dispatch")],
        )
        await asyncio.sleep(AWAY_S)  # the fault itself: so long it is away
        taken = platform.client_log.count("report") - before
        assert taken >= AWAY_S * rate * 0.9, f"{taken} reports taken in {AWAY_S} s"
        answers = platform.client_log.statuses() - refused
        assert not {status for status in answers if status >= 500}, answers
        await platform.start("kafka")
        await load.goes_on()
    await balance(
        platform
    )  # among others: a call-out for each report that was routed to volunteers
    assert pids == [platform.processes.pid(name) for name in ("incidents", "dispatch")], (
        "nobody had to be started anew"
    )
