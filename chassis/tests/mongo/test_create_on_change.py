"""`Repository.change(create=)`: the first change of an aggregate that nobody has stored yet."""

import asyncio

import pytest

from chassis.domain import Cause, Refusal
from chassis.errors import CauseReused, NotFound
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from chassis.tests.counter import Counter, Counters, increment

pytestmark = pytest.mark.servers
BLANK = Counter(id="cnt_1")


async def test_the_first_change_stores_the_aggregate_with_its_event(counters: Counters):
    changed = await counters.change("cnt_1", increment, Cause("c1"), create=BLANK)
    assert changed == Counter(id="cnt_1", version=1, total=1)
    assert await counters.get("cnt_1") == changed
    document = await counters.collection.find_one({"_id": "cnt_1"})
    assert document is not None
    assert (document["seq"], document["pending"], len(document["outbox"])) == (1, True, 1)


async def test_a_repeat_changes_nothing(counters: Counters):
    for _ in range(3):
        changed = await counters.change("cnt_1", increment, Cause("c1", "body"), create=BLANK)
        assert (changed.total, changed.version) == (1, 1)
    await counters.change("cnt_1", increment, Cause("c2"), create=BLANK)
    again = await counters.change("cnt_1", increment, Cause("c1", "body"), create=BLANK)
    assert (again.total, again.version) == (2, 2)
    with pytest.raises(CauseReused):
        await counters.change("cnt_1", increment, Cause("c1", "another body"), create=BLANK)


@pytest.mark.parametrize("replicas", [1, 3])
async def test_concurrent_first_changes_make_one_aggregate_and_each_happens_once(
    counters: Counters, store: Store, replicas: int
):
    repositories = [
        counters,
        *(Repository(store, "counters", Counter) for _ in range(replicas - 1)),
    ]
    changed = await asyncio.gather(
        *(
            repositories[n % replicas].change("cnt_1", increment, Cause(f"c{n // 2}"), create=BLANK)
            for n in range(12)
        )
    )
    assert max(counter.total for counter in changed) == 6
    document = await counters.collection.find_one({"_id": "cnt_1"})
    assert document is not None
    assert (document["total"], document["version"], document["seq"]) == (6, 6, 6)
    assert await counters.collection.count_documents({}) == 1


async def test_no_decision_and_a_refusal_store_nothing(counters: Counters):
    unchanged = await counters.change("cnt_1", lambda _: None, Cause("c1"), create=BLANK)
    assert unchanged == BLANK

    def refuse(_: Counter) -> None:
        raise Refusal("wrong_state", state="closed")

    with pytest.raises(Refusal):
        await counters.change("cnt_1", refuse, Cause("c1"), create=BLANK)
    assert await counters.get("cnt_1") is None


async def test_what_is_stored_is_decided_on_and_not_the_blank(counters: Counters):
    await counters.add(Counter(id="cnt_1", total=5), [], Cause("c0"))
    changed = await counters.change("cnt_1", increment, Cause("c1"), create=BLANK)
    assert changed.total == 6


async def test_without_a_blank_an_unknown_id_is_not_found(counters: Counters):
    with pytest.raises(NotFound):
        await counters.change("cnt_1", increment, Cause("c1"))
