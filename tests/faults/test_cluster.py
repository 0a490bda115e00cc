"""Three brokers and three members of the replica set: who leads is killed or cut off, and nothing
answered is lost."""

import signal
from collections.abc import AsyncGenerator

import pytest

from deploy.local.ports import free_ports
from tests.faults import cluster
from tests.faults.cluster import MEMBERS
from tests.faults.platform import FaultPlatform, standing
from tests.faults.ledger import balance
from tests.faults.load import Load
from tests.faults.under_load import under_load
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(420)]
WITHIN_S = 60.0


@pytest.fixture(scope="module")
async def platform() -> AsyncGenerator[FaultPlatform]:
    async with standing(FaultPlatform(free_ports(MEMBERS), "cluster")) as place:
        yield place


async def all_in_step(platform: FaultPlatform) -> None:
    """Nobody helps; who was away has caught up."""
    await platform.whole()
    await eventually(lambda: cluster.in_step(platform), within=WITHIN_S)


async def freeze(platform: FaultPlatform, names: list[str]) -> None:
    for name in names:
        await platform.kill(name, signal.SIGSTOP)


async def thaw(platform: FaultPlatform, names: list[str]) -> None:
    for name in names:
        await platform.kill(name, signal.SIGCONT)


async def asked(load: Load, more: int) -> None:
    """So many more reports were sent, whether answered or not."""

    def sent() -> int:
        return load.client_log.count("report") + sum(
            verb == "report" for verb in load.client_log.waiting.values()
        )

    before = sent()

    async def enough() -> bool:
        return sent() >= before + more

    await eventually(enough, within=WITHIN_S)


async def test_every_topic_has_three_copies_and_two_must_have_what_is_acknowledged(
    platform: FaultPlatform,
):
    assert all(
        len(partition["replicas"]) == MEMBERS for partition in await cluster.partitions(platform)
    )
    assert await cluster.least_in_step(platform) == {"2"}


async def test_leader_and_primary_killed_together_again_and_again(platform: FaultPlatform):
    killed = set[str]()
    async with under_load(platform) as load:
        for _ in range(MEMBERS):
            await all_in_step(platform)
            leader = next(name for name in await cluster.brokers(platform) if name not in killed)
            primary = (await cluster.members(platform))[0]
            await platform.kill(leader)  # after three turns the controller was among them
            await platform.kill(primary)
            killed.add(leader)
            await load.goes_on()
    await balance(platform)


async def test_what_only_the_primary_has_is_not_answered_and_not_there_when_others_take_over(
    platform: FaultPlatform,
):
    await all_in_step(platform)
    async with under_load(platform) as load:
        primary, *followers = await cluster.members(platform)
        await freeze(platform, followers)
        await asked(load, 12)
        await freeze(platform, [primary])
        await thaw(platform, followers)
        await load.goes_on()
        await thaw(platform, [primary])  # it gives up what nobody else has, and follows
        await load.goes_on()
    await balance(platform)


async def test_what_only_the_leader_has_is_told_again(platform: FaultPlatform):
    await all_in_step(platform)
    async with under_load(platform) as load:
        leader, *followers = await cluster.brokers(platform)
        await freeze(platform, followers)
        await load.goes_on(24)
        await platform.kill(leader)
        await thaw(platform, followers)
        await load.goes_on()
    await balance(platform)
