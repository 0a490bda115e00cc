"""Aggregates in MongoDB: one atomic write for each change, and a repeat changes nothing."""

import asyncio
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo import ASCENDING, IndexModel

from chassis.domain import Cause, Refusal
from chassis.errors import AlreadyExists, CauseReused, Conflict, DuplicateKey, NotFound
from chassis.mongo.causes import MAX_KEPT, MIN_KEPT
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from chassis.tests.counter import Counted, Counter, Counters, increment
from contracts.envelope import Envelope, Event

pytestmark = pytest.mark.servers


async def document(counters: Counters, id: str) -> dict[str, Any]:
    found = await counters.collection.find_one({"_id": id})
    assert found is not None
    return found


async def test_state_events_and_cause_are_one_document(counters: Counters):
    await counters.add(Counter(id="cnt_1"), [Counted(counter="cnt_1", total=0)], Cause("c1", "f"))
    await counters.change("cnt_1", increment, Cause("c2"))
    kept = await document(counters, "cnt_1")
    assert (kept["version"], kept["seq"], kept["pending"]) == (2, 2, True)
    assert [mark.rpartition("#")[0] for mark in kept["seen"]] == ["c1#f", "c2#"]
    outbox = kept["outbox"]
    assert isinstance(outbox, list)
    sent = [Envelope.model_validate_json(entry["body"]) for entry in outbox]
    assert [(one.id, one.seq, one.data["total"]) for one in sent] == [
        ("counters/cnt_1/1", 1, 0),
        ("counters/cnt_1/2", 2, 1),
    ]
    assert await counters.get("cnt_1") == Counter(id="cnt_1", version=2, total=1)


async def test_a_repeated_add_gives_what_is_stored_and_publishes_nothing(counters: Counters):
    for _ in range(3):
        added = await counters.add(
            Counter(id="cnt_1"), [Counted(counter="cnt_1", total=0)], Cause("c1", "f")
        )
        assert added == Counter(id="cnt_1", version=1)
    await counters.change("cnt_1", increment, Cause("c2"))
    again = await counters.add(
        Counter(id="cnt_1"), [Counted(counter="cnt_1", total=0)], Cause("c1", "f")
    )
    assert again.total == 1
    assert (await document(counters, "cnt_1"))["seq"] == 2


async def test_fifty_concurrent_repeats_change_once(counters: Counters):
    add = [counters.add(Counter(id="cnt_1"), [], Cause("c1")) for _ in range(50)]
    assert {one.version for one in await asyncio.gather(*add)} == {1}
    await asyncio.gather(*(counters.change("cnt_1", increment, Cause("c2")) for _ in range(50)))
    assert await counters.get("cnt_1") == Counter(id="cnt_1", version=2, total=1)


async def test_fifty_concurrent_changes_each_happen_once(counters: Counters):
    await counters.add(Counter(id="cnt_1"), [], Cause("c0"))
    changed = await asyncio.gather(
        *(counters.change("cnt_1", increment, Cause(f"c{n}x")) for n in range(50))
    )
    assert sorted(one.total for one in changed) == list(range(1, 51))
    kept = await document(counters, "cnt_1")
    assert (kept["total"], kept["version"], kept["seq"]) == (50, 51, 50)


async def test_concurrent_replicas_lose_no_change(counters: Counters, store: Store):
    """Each replica has its own locks and bulk writes; only the version protects them."""
    replicas = [counters, *(Repository(store, "counters", Counter) for _ in range(3))]
    await counters.add(Counter(id="cnt_1"), [], Cause("c0"))

    async def change(n: int) -> None:
        while True:
            try:
                await replicas[n % 4].change("cnt_1", increment, Cause(f"c{n}x"))
                return
            except Conflict:
                continue

    await asyncio.gather(*(change(n) for n in range(40)))
    kept = await document(counters, "cnt_1")
    assert (kept["total"], kept["seq"]) == (40, 40)


async def test_a_reused_key_with_another_body_is_refused_and_stores_nothing(counters: Counters):
    await counters.add(Counter(id="cnt_1"), [], Cause("c1", "one"))
    for attempt in (
        counters.add(Counter(id="cnt_1"), [], Cause("c1", "two")),
        counters.change("cnt_1", increment, Cause("c1", "two")),
    ):
        with pytest.raises(CauseReused):
            await attempt
    assert (await document(counters, "cnt_1"))["version"] == 1


async def test_an_id_taken_by_another_cause_is_refused(counters: Counters):
    await counters.add(Counter(id="cnt_1"), [], Cause("c1"))
    with pytest.raises(AlreadyExists):
        await counters.add(Counter(id="cnt_1"), [], Cause("c2"))


async def test_a_unique_value_is_refused_with_its_field_for_add_and_change(store: Store):
    unique = IndexModel(
        [("name", ASCENDING)], unique=True, partialFilterExpression={"name": {"$type": "string"}}
    )
    counters = Repository(store, "counters", Counter, unique)
    await store.prepare()
    await counters.add(Counter(id="cnt_1", name="one"), [], Cause("c1"))
    await counters.add(Counter(id="cnt_2"), [], Cause("c2"))
    with pytest.raises(DuplicateKey) as added:
        await counters.add(Counter(id="cnt_3", name="one"), [], Cause("c3"))
    assert added.value.key == ("name",)
    with pytest.raises(DuplicateKey) as changed:
        await counters.change("cnt_2", lambda c: (c.with_(name="one"), ()), Cause("c4"))
    assert changed.value.key == ("name",)


async def test_an_unknown_id_is_not_found(counters: Counters):
    assert await counters.get("cnt_none") is None
    for attempt in (
        counters.require("cnt_none"),
        counters.change("cnt_none", increment, Cause("c1")),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_no_decision_or_a_refusal_changes_nothing(counters: Counters):
    await counters.add(Counter(id="cnt_1"), [], Cause("c1"))
    assert (await counters.change("cnt_1", lambda _: None, Cause("c2"))).version == 1

    def refuse(_: Counter) -> None:
        raise Refusal("wrong_state", state="closed")

    with pytest.raises(Refusal):
        await counters.change("cnt_1", refuse, Cause("c3"))
    assert len((await document(counters, "cnt_1"))["seen"]) == 1


async def test_a_change_without_events_is_not_pending(counters: Counters):
    await counters.add(Counter(id="cnt_1"), [], Cause("c1"))
    await counters.change("cnt_1", lambda c: (c.with_(total=7), ()), Cause("c2"))
    kept = await document(counters, "cnt_1")
    assert (kept["outbox"], kept["pending"], kept["seq"]) == ([], False, 0)


async def seen_after_a_change(counters: Counters, ages: Sequence[int]) -> list[str]:
    """Which of the causes with these ages (seconds, oldest first) survive the next change."""
    marks = [f"k{n}##{int(time.time()) - age}" for n, age in enumerate(ages)]
    await counters.collection.update_one({"_id": "cnt_1"}, {"$set": {"seen": marks}})
    await counters.change("cnt_1", increment, Cause(f"change{secrets.token_hex(4)}"))
    kept = (await document(counters, "cnt_1"))["seen"]
    assert isinstance(kept, list)
    return [str(mark).partition("#")[0] for mark in kept[:-1]]


async def test_recent_causes_are_kept_longer_and_the_one_that_created_it_for_ever(
    counters: Counters,
):
    await counters.add(Counter(id="cnt_1"), [], Cause("c0"))
    old, young = 90_000, 60
    assert await seen_after_a_change(counters, [old] * 10) == [f"k{n}" for n in range(10)]
    assert await seen_after_a_change(counters, [old] * 200) == [
        f"k{n}" for n in range(200 - MIN_KEPT + 1, 200)
    ]
    assert await seen_after_a_change(counters, [old] * 100 + [young] * 100) == [
        f"k{n}" for n in range(100, 200)
    ]
    assert len(await seen_after_a_change(counters, [young] * 1200)) == MAX_KEPT - 1
    assert (await counters.add(Counter(id="cnt_1"), [], Cause("c0"))).total == 4


async def test_find_sorts_and_limits(counters: Counters):
    await asyncio.gather(
        *(counters.add(Counter(id=f"cnt_{n}", total=n), [], Cause(f"c{n}")) for n in range(9))
    )
    found = await counters.find({"total": {"$gte": 3}}, sort=(("total", -1),), limit=4)
    assert [one.total for one in found] == [8, 7, 6, 5]


async def test_the_clock_follows_the_store(store: Store):
    await store.clock.sync(store.server_time)
    assert abs(store.clock.now() - datetime.now(UTC)).total_seconds() < 60


async def test_an_event_too_large_for_the_broker_is_refused_before_anything_is_stored(
    counters: Counters,
):
    """Stored, it would hold up its aggregate's later events for ever."""

    def grow(counter: Counter) -> tuple[Counter, Sequence[Event]]:
        return counter.with_(total=9), [Counted(counter=counter.id, total=9, lane="值" * 400_000)]

    await counters.add(Counter(id="cnt_large"), [], Cause("c0"))
    with pytest.raises(Refusal, match="too_large"):
        await counters.change("cnt_large", grow, Cause("c1"))
    assert (await counters.require("cnt_large")).total == 0
    await counters.change("cnt_large", increment, Cause("c2"))


async def test_what_cannot_be_read_hides_nothing_that_lies_behind_it(counters: Counters):
    """As a later release may have stored it: more of it than a page."""
    await counters.add(Counter(id="cnt_z"), [], Cause("c1"))
    unknown = [{"_id": f"cnt_{n:03}", "total": "of a later release"} for n in range(250)]
    await counters.collection.insert_many(unknown)
    found = [one.id async for page in counters.pages({}, [("_id", ASCENDING)]) for one in page]
    assert found == ["cnt_z"]
