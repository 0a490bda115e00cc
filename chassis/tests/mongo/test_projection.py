"""What other services said: the highest sequence wins, whatever order messages arrive in."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.mongo.projection import Projection
from chassis.mongo.store import Store, new_id

pytestmark = pytest.mark.servers
few = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
sequences = st.lists(st.integers(1, 12), min_size=1, max_size=12)


@pytest.fixture
async def stations(store: Store) -> Projection:
    projection = Projection(store, "stations")
    await store.prepare()
    return projection


async def keep(projection: Projection, id: str, seq: int) -> bool:
    return await projection.keep(id, seq, name=f"name {seq}")


@few
@given(arriving=sequences)
async def test_the_highest_sequence_wins_in_any_order(stations: Projection, arriving: list[int]):
    id = new_id("sta")
    newer = [await keep(stations, id, seq) for seq in arriving]
    highest = [max([0, *arriving[:n]]) for n in range(len(arriving))]
    assert newer == [seq > before for seq, before in zip(arriving, highest, strict=True)]
    last = max(arriving)
    assert await stations.get(id) == {"_id": id, "seq": last, "name": f"name {last}"}


@few
@given(arriving=sequences)
async def test_the_highest_sequence_wins_of_those_that_arrive_at_once(
    stations: Projection, arriving: list[int]
):
    id = new_id("sta")
    await asyncio.gather(*(keep(stations, id, seq) for seq in arriving))
    last = max(arriving)
    assert await stations.get(id) == {"_id": id, "seq": last, "name": f"name {last}"}


async def test_fields_that_a_message_does_not_have_are_kept(stations: Projection):
    await stations.keep("sta_1", 1, name="one", open=True)
    await stations.keep("sta_1", 2, open=False)
    assert await stations.get("sta_1") == {"_id": "sta_1", "seq": 2, "name": "one", "open": False}
    assert await stations.get("sta_2") is None
