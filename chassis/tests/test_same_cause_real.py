"""One cause many times at once: one aggregate, one event; the same key with another body is
refused."""

import asyncio
from collections import Counter as Tally

import pytest

from chassis.domain import Cause
from chassis.errors import CauseReused
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from chassis.tests.counter import Counted, Counter, up

pytestmark = [pytest.mark.servers, pytest.mark.faults]
Counters = Repository[Counter]


async def outcome_of(adding: "asyncio.Future[Counter]") -> str:
    try:
        return (await adding).id
    except CauseReused:
        return "422 key_reused"


@pytest.mark.parametrize("replicas", [1, 3])
async def test_fifty_at_once_are_one_aggregate_with_one_event_and_another_body_is_refused(
    counters: Counters, store: Store, replicas: int
):
    """Each replica has bulk writes of its own; the others' bodies come in between, before, or
    after."""
    all_of_them = [counters, *(Repository(store, "counters", Counter) for _ in range(replicas - 1))]
    await counters.add(
        Counter(id="cnt_1"), [Counted(counter="cnt_1", total=0)], Cause("key", "body")
    )

    def add(n: int, body: str) -> "asyncio.Future[Counter]":
        event = Counted(counter="cnt_1", total=0)
        return asyncio.ensure_future(
            all_of_them[n % replicas].add(Counter(id="cnt_1"), [event], Cause("key", body))
        )

    asked = [add(n, "other body" if n % 5 == 0 else "body") for n in range(50)]
    assert Tally(await asyncio.gather(*map(outcome_of, asked))) == {
        "cnt_1": 40,
        "422 key_reused": 10,
    }
    kept = await counters.collection.find_one({"_id": "cnt_1"})
    assert kept is not None
    assert (kept["version"], kept["seq"], len(kept["outbox"])) == (1, 1, 1)


@pytest.mark.parametrize("replicas", [1, 3])
async def test_of_two_bodies_at_once_one_wins_and_all_of_the_other_are_refused(
    counters: Counters, store: Store, replicas: int
):
    all_of_them = [counters, *(Repository(store, "counters", Counter) for _ in range(replicas - 1))]

    def add(n: int) -> "asyncio.Future[Counter]":
        event = Counted(counter="cnt_1", total=0)
        cause = Cause("key", "one" if n % 2 else "two")
        return asyncio.ensure_future(
            all_of_them[n % replicas].add(Counter(id="cnt_1"), [event], cause)
        )

    asked = [add(n) for n in range(50)]
    assert Tally(await asyncio.gather(*map(outcome_of, asked))) == {
        "cnt_1": 25,
        "422 key_reused": 25,
    }
    kept = await counters.collection.find_one({"_id": "cnt_1"})
    assert kept is not None
    assert (kept["seq"], len(kept["outbox"])) == (1, 1)


async def test_a_change_asked_for_fifty_times_by_three_replicas_happens_once(
    counters: Counters, store: Store
):
    replicas = [counters, *(Repository(store, "counters", Counter) for _ in range(2))]
    await counters.add(Counter(id="cnt_1"), [], Cause("born"))
    changed = await asyncio.gather(
        *(replicas[n % 3].change("cnt_1", up, Cause("key", "body")) for n in range(50))
    )
    assert {one.total for one in changed} == {1}
    kept = await counters.collection.find_one({"_id": "cnt_1"})
    assert kept is not None
    assert (kept["total"], kept["seq"], len(kept["outbox"])) == (1, 1, 1)
