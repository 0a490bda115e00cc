"""A member that parked a key is killed, and hands nothing over: whoever gets its partitions next
goes on with what is parked."""

import signal
from pathlib import Path

import pytest

from chassis.kafka.publisher import Publisher
from chassis.mongo.store import Store
from chassis.tests.children import Child, children
from chassis.tests.kafka.test_rebalancing import Load, environment, in_order, overlapping, work_of
from deploy.local.ports import free_ports
from ops import parked
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults]


async def _parked(store: Store) -> int:
    return sum(one.waiting for one in await parked.parked_keys(store.database))


async def _until_parked(load: Load, store: Store, key: str, count: int) -> None:
    """While events of the other keys succeed: only then is one parked."""

    async def is_parked() -> bool:
        for other in load.sent:
            if other != key:
                await load.send(other)
        return await _parked(store) == count

    await eventually(is_parked, within=40, what=f"{count} messages of {key} parked")


async def test_the_next_owner_goes_on_in_order_after_a_kill(
    backend: Backend, store: Store, publisher: Publisher, tmp_path: Path
):
    """While it was dead more of the key came. Nothing is lost, doubled or overtaken."""
    load = Load(publisher, store, keys=6)
    key = next(iter(load.sent))
    failing = tmp_path / "failing"
    failing.write_text(key)
    variables = environment(backend, store, tmp_path) | {"HTTP_PORT": str(free_ports().gateway)}
    with children("chassis.tests.service_child", tmp_path, variables, "killed") as (killed,):
        for _ in range(3):
            await load.send(key)
        await _until_parked(load, store, key, 3)
        killed.send(signal.SIGKILL)
        assert await killed.wait_for_exit() == -signal.SIGKILL
        for _ in range(2):
            await load.send(key)
        following = Child("chassis.tests.service_child", "following", tmp_path, variables)
        try:
            # It joins while the key still fails: what comes now is behind what is parked.
            await eventually(lambda: _parked(store), lambda count: count == 5, within=40)
            failing.unlink()
            await load.send(key)
            await eventually(load.all_applied, within=90)
            await eventually(lambda: _parked(store), lambda count: count == 0)
        finally:
            following.terminate()
    work = work_of(tmp_path, load.sent)
    assert [one.seq for one in work if one.key == key] == [1, 2, 3, 4, 5, 6]
    assert {one.by for one in work if one.key == key} == {"following"}
    assert overlapping(work) == []
    assert in_order(work)
