"""One cause many times at once gives one aggregate and one event; the same key with another body
is refused."""

import asyncio
from collections import Counter as Tally

import pytest

from chassis.domain import Cause
from chassis.errors import CauseReused
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from chassis.tests.counter import Counted, Counter, Counters, increment

pytestmark = [pytest.mark.servers, pytest.mark.faults]


async def outcome_of(adding: "asyncio.Future[Counter]") -> str:
    try:
        return (await adding).id
    except CauseReused:
        return "cause reused"


@pytest.mark.parametrize("replicas", [1, 3])
async def test_fifty_concurrent_repeats_store_one_event_and_another_body_is_refused(
    counters: Counters, store: Store, replicas: int
):
    """The other body arrives before, between and after."""
    repositories = [
        counters,
        *(Repository(store, "counters", Counter) for _ in range(replicas - 1)),
    ]
    await counters.add(
        Counter(id="cnt_1"), [Counted(counter="cnt_1", total=0)], Cause("key", "body")
    )

    def add(n: int, body: str) -> "asyncio.Future[Counter]":
        event = Counted(counter="cnt_1", total=0)
        return asyncio.ensure_future(
            repositories[n % replicas].add(Counter(id="cnt_1"), [event], Cause("key", body))
        )

    adding = [add(n, "other body" if n % 5 == 0 else "body") for n in range(50)]
    assert Tally(await asyncio.gather(*map(outcome_of, adding))) == {
        "cnt_1": 40,
        "cause reused": 10,
    }
    kept = await counters.collection.find_one({"_id": "cnt_1"})
    assert kept is not None
    assert (kept["version"], kept["seq"], len(kept["outbox"])) == (1, 1, 1)


@pytest.mark.parametrize("replicas", [1, 3])
async def test_of_two_concurrent_bodies_one_is_stored_and_the_other_always_refused(
    counters: Counters, store: Store, replicas: int
):
    repositories = [
        counters,
        *(Repository(store, "counters", Counter) for _ in range(replicas - 1)),
    ]

    def add(n: int) -> "asyncio.Future[Counter]":
        event = Counted(counter="cnt_1", total=0)
        cause = Cause("key", "one" if n % 2 else "two")
        return asyncio.ensure_future(
            repositories[n % replicas].add(Counter(id="cnt_1"), [event], cause)
        )

    adding = [add(n) for n in range(50)]
    assert Tally(await asyncio.gather(*map(outcome_of, adding))) == {
        "cnt_1": 25,
        "cause reused": 25,
    }
    kept = await counters.collection.find_one({"_id": "cnt_1"})
    assert kept is not None
    assert (kept["seq"], len(kept["outbox"])) == (1, 1)


async def test_a_change_repeated_by_three_replicas_happens_once(counters: Counters, store: Store):
    replicas = [counters, *(Repository(store, "counters", Counter) for _ in range(2))]
    await counters.add(Counter(id="cnt_1"), [], Cause("created"))
    changed = await asyncio.gather(
        *(replicas[n % 3].change("cnt_1", increment, Cause("key", "body")) for n in range(50))
    )
    assert {one.total for one in changed} == {1}
    kept = await counters.collection.find_one({"_id": "cnt_1"})
    assert kept is not None
    assert (kept["total"], kept["seq"], len(kept["outbox"])) == (1, 1, 1)
