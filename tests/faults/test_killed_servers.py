"""kill -9 of the broker, of mongod and of Valkey while the town is at work; and a broker that is
away for long."""

import asyncio

import pytest

from tests.faults.ground import Ground
from tests.faults.ledger import balance
from tests.faults.town import load

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.timeout(300)]
SERVERS = ("kafka", "mongo", "valkey")
AWAY_S = 60.0


@pytest.mark.long
async def test_each_server_killed_in_mid_load_nothing_is_lost_or_doubled(ground: Ground):
    async with load(ground) as town:
        for server in SERVERS:
            await ground.kill(server)
            await town.goes_on()
    await balance(ground)


@pytest.mark.long
@pytest.mark.parametrize("server", SERVERS)
async def test_a_server_killed_again_and_again_nothing_is_lost_or_doubled(
    ground: Ground, server: str
):
    async with load(ground, rate=12) as town:
        for _ in range(3):
            await ground.kill(server)
            await asyncio.to_thread(ground.platform.wait_ready, server, 60)
            await town.goes_on(20)
    await balance(ground)


@pytest.mark.long
async def test_without_a_broker_reports_are_taken_and_the_backlog_drains_unaided(ground: Ground):
    rate = 6.0
    async with load(ground, rate=rate) as town:
        refused = ground.record.statuses()
        await ground.stop("kafka")
        before, pids = (
            ground.record.count("report"),
            [ground.platform.pid(name) for name in ("incidents", "dispatch")],
        )
        await asyncio.sleep(AWAY_S)  # the fault itself: so long it is away
        taken = ground.record.count("report") - before
        assert taken >= AWAY_S * rate * 0.9, f"{taken} reports taken in {AWAY_S} s"
        answers = ground.record.statuses() - refused
        assert not {status for status in answers if status >= 500}, answers
        await ground.start("kafka")
        await town.goes_on()
    await balance(ground)  # among others: a call-out for each report that was routed to volunteers
    assert pids == [ground.platform.pid(name) for name in ("incidents", "dispatch")], (
        "nobody had to be started anew"
    )
