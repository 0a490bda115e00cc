"""Three brokers and three members of the replica set: who leads is killed or cut off, and nothing
answered is lost."""

import signal
from collections.abc import AsyncGenerator

import pytest

from deploy.local.ports import free_ports
from tests.faults import cluster
from tests.faults.cluster import MEMBERS
from tests.faults.ground import Ground, standing
from tests.faults.ledger import balance
from tests.faults.load import Load
from tests.faults.town import load
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(420)]
WITHIN_S = 60.0


@pytest.fixture(scope="module")
async def ground() -> AsyncGenerator[Ground]:
    async with standing(Ground(free_ports(MEMBERS), "cluster")) as place:
        yield place


async def all_in_step(ground: Ground) -> None:
    """Nobody helps; who was away has caught up."""
    await ground.whole()
    await eventually(lambda: cluster.in_step(ground), within=WITHIN_S)


async def freeze(ground: Ground, names: list[str]) -> None:
    for name in names:
        await ground.kill(name, signal.SIGSTOP)


async def thaw(ground: Ground, names: list[str]) -> None:
    for name in names:
        await ground.kill(name, signal.SIGCONT)


async def asked(town: Load, more: int) -> None:
    """So many more reports were sent, whether answered or not."""

    def sent() -> int:
        return town.record.count("report") + sum(
            verb == "report" for verb in town.record.waiting.values()
        )

    before = sent()

    async def enough() -> bool:
        return sent() >= before + more

    await eventually(enough, within=WITHIN_S)


async def test_every_topic_has_three_copies_and_two_must_have_what_is_acknowledged(ground: Ground):
    assert all(
        len(partition["replicas"]) == MEMBERS for partition in await cluster.partitions(ground)
    )
    assert await cluster.least_in_step(ground) == {"2"}


async def test_leader_and_primary_killed_together_again_and_again(ground: Ground):
    killed = set[str]()
    async with load(ground) as town:
        for _ in range(MEMBERS):
            await all_in_step(ground)
            leader = next(name for name in await cluster.brokers(ground) if name not in killed)
            primary = (await cluster.members(ground))[0]
            await ground.kill(leader)  # after three turns the controller was among them
            await ground.kill(primary)
            killed.add(leader)
            await town.goes_on()
    await balance(ground)


async def test_what_only_the_primary_has_is_not_answered_and_not_there_when_others_take_over(
    ground: Ground,
):
    await all_in_step(ground)
    async with load(ground) as town:
        primary, *followers = await cluster.members(ground)
        await freeze(ground, followers)
        await asked(town, 12)
        await freeze(ground, [primary])
        await thaw(ground, followers)
        await town.goes_on()
        await thaw(ground, [primary])  # it gives up what nobody else has, and follows
        await town.goes_on()
    await balance(ground)


async def test_what_only_the_leader_has_is_told_again(ground: Ground):
    await all_in_step(ground)
    async with load(ground) as town:
        leader, *followers = await cluster.brokers(ground)
        await freeze(ground, followers)
        await town.goes_on(24)
        await ground.kill(leader)
        await thaw(ground, followers)
        await town.goes_on()
    await balance(ground)
