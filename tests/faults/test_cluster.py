"""Three brokers and three members of the replica set: the leaders are killed or cut off, and
nothing acknowledged is lost."""

import signal
from collections.abc import AsyncGenerator

import pytest

from deploy.local.ports import free_ports
from tests.faults import cluster
from tests.faults.cluster import MEMBERS
from tests.faults.ledger import balance
from tests.faults.load import Load
from tests.faults.platform import FaultPlatform, running
from tests.faults.under_load import under_load
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.timeout(420)]
WITHIN_S = 60.0


@pytest.fixture(scope="module")
async def platform() -> AsyncGenerator[FaultPlatform]:
    async with running(FaultPlatform(free_ports(MEMBERS), "cluster")) as started:
        yield started


async def all_in_sync(platform: FaultPlatform) -> None:
    """Without any help, members that were down have caught up."""
    await platform.recovered()
    await eventually(lambda: cluster.in_sync(platform), within=WITHIN_S)


async def stop_processes(platform: FaultPlatform, names: list[str]) -> None:
    for name in names:
        await platform.kill(name, signal.SIGSTOP)


async def continue_processes(platform: FaultPlatform, names: list[str]) -> None:
    for name in names:
        await platform.kill(name, signal.SIGCONT)


async def sent(load: Load, more: int) -> None:
    """Until so many more reports are sent, whether answered or not."""

    def count() -> int:
        unanswered = load.log.unanswered.values()
        return load.log.count("report") + sum(verb == "report" for verb in unanswered)

    before = count()

    async def enough() -> bool:
        return count() >= before + more

    await eventually(enough, within=WITHIN_S)


async def test_every_topic_has_three_replicas_and_two_must_acknowledge(
    platform: FaultPlatform,
):
    assert all(
        len(partition["replicas"]) == MEMBERS for partition in await cluster.partitions(platform)
    )
    assert await cluster.min_insync_replicas(platform) == {"2"}


@pytest.mark.parametrize("times", [1, pytest.param(MEMBERS, marks=pytest.mark.long)])
async def test_leader_and_primary_killed_together(platform: FaultPlatform, times: int):
    killed = set[str]()
    async with under_load(platform) as load:
        for _ in range(times):
            await all_in_sync(platform)
            leader = next(name for name in await cluster.brokers(platform) if name not in killed)
            primary = (await cluster.members(platform))[0]
            await platform.kill(leader)  # the controller is among them after three turns
            await platform.kill(primary)
            killed.add(leader)
            await load.progress()
    await balance(platform)


@pytest.mark.long
async def test_a_write_that_only_the_primary_has_is_not_acknowledged_and_rolled_back(
    platform: FaultPlatform,
):
    await all_in_sync(platform)
    async with under_load(platform) as load:
        primary, *followers = await cluster.members(platform)
        await stop_processes(platform, followers)
        await sent(load, 12)
        await stop_processes(platform, [primary])
        await continue_processes(platform, followers)
        await load.progress()
        await continue_processes(
            platform, [primary]
        )  # it rolls back what nobody else has, and follows
        await load.progress()
    await balance(platform)


@pytest.mark.long
async def test_an_event_that_only_the_leader_has_is_published_again(platform: FaultPlatform):
    await all_in_sync(platform)
    async with under_load(platform) as load:
        leader, *followers = await cluster.brokers(platform)
        await stop_processes(platform, followers)
        await load.progress(24)
        await platform.kill(leader)
        await continue_processes(platform, followers)
        await load.progress()
    await balance(platform)
