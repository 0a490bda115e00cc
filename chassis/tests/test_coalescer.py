"""Writes that go out together: each caller gets its own outcome."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
from pymongo import InsertOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import AutoReconnect, BulkWriteError, WriteConcernError, WriteError

from chassis.errors import DuplicateKey, Overloaded, is_transient
from chassis.mongo.coalescer import Coalescer
from chassis.tasks import MAX_BATCH, MAX_WAITING

Answer = Callable[[list[Any]], None]


def fine(_: list[Any]) -> None: ...


class Collection:
    """Takes bulk writes, one at a time, when it is let; `answer` may raise what a driver raises."""

    def __init__(self, answer: Answer = fine) -> None:
        self.batches: list[list[Any]] = []
        self.answer = answer
        self.began, self.let = asyncio.Event(), asyncio.Event()
        self.let.set()

    async def bulk_write(self, writes: list[Any], ordered: bool) -> None:
        assert not ordered
        self.batches.append(writes)
        self.began.set()
        await self.let.wait()
        self.answer(writes)


def coalescer(collection: Collection) -> Coalescer:
    return Coalescer(cast(AsyncCollection[dict[str, Any]], collection))


def write(n: int) -> InsertOne[dict[str, Any]]:
    return InsertOne({"_id": n})


async def outcomes(on: Coalescer, count: int) -> list[BaseException | None]:
    return list(
        await asyncio.gather(*(on.submit(write(n)) for n in range(count)), return_exceptions=True)
    )


async def test_what_arrives_in_one_turn_goes_out_as_one():
    collection = Collection()
    assert await outcomes(coalescer(collection), 12) == [None] * 12
    assert [len(batch) for batch in collection.batches] == [12]


async def test_what_arrives_during_a_write_is_the_next_one():
    collection = Collection()
    on = coalescer(collection)
    collection.let.clear()
    first = asyncio.create_task(on.submit(write(0)))
    await collection.began.wait()
    rest = [asyncio.create_task(on.submit(write(n))) for n in range(1, 6)]
    await asyncio.sleep(0)
    assert len(collection.batches) == 1
    collection.let.set()
    await asyncio.gather(first, *rest)
    assert [len(batch) for batch in collection.batches] == [1, 5]


async def test_no_write_is_larger_than_the_most():
    collection = Collection()
    assert await outcomes(coalescer(collection), MAX_BATCH + 10) == [None] * (MAX_BATCH + 10)
    assert [len(batch) for batch in collection.batches] == [MAX_BATCH, 10]


async def test_who_is_refused_learns_by_which_key_and_the_others_are_done():
    def answer(_: list[Any]) -> None:
        errors = [
            {"index": 1, "code": 11000, "keyPattern": {"phone": 1}},
            {"index": 2, "code": 11000},
        ]
        raise BulkWriteError({"writeErrors": errors, "writeConcernErrors": []})

    found = await outcomes(coalescer(Collection(answer)), 4)
    assert (found[0], found[3]) == (None, None)
    assert isinstance(found[1], DuplicateKey)
    assert found[1].key == ("phone",)
    assert isinstance(found[2], DuplicateKey)
    assert found[2].key == ("_id",)


async def test_nobody_is_told_done_when_the_majority_did_not_confirm():
    def answer(_: list[Any]) -> None:
        raise BulkWriteError(
            {"writeErrors": [], "writeConcernErrors": [{"code": 64, "errmsg": "waiting"}]}
        )

    found = await outcomes(coalescer(Collection(answer)), 3)
    assert all(isinstance(one, WriteConcernError) for one in found)


async def test_a_write_that_cannot_be_done_is_its_own_fault_and_not_waited_for():
    """Else a message that causes it would be tried for ever, and hold up all others."""

    def answer(_: list[Any]) -> None:
        raise BulkWriteError({"writeErrors": [{"index": 0, "code": 17419, "errmsg": "too large"}]})

    found = await outcomes(coalescer(Collection(answer)), 2)
    assert isinstance(found[0], WriteError)
    assert not is_transient(found[0])
    assert found[1] is None


async def test_a_store_that_is_away_is_everybodys_outcome_and_the_next_write_is_tried():
    def answer(_: list[Any]) -> None:
        raise AutoReconnect("gone")

    collection = Collection(answer)
    on = coalescer(collection)
    found = await outcomes(on, 3)
    assert all(isinstance(one, AutoReconnect) for one in found)
    collection.answer = fine
    await on.submit(write(9))
    assert len(collection.batches) == 2


async def test_a_caller_who_has_gone_harms_nobody():
    collection = Collection()
    on = coalescer(collection)
    collection.let.clear()
    gone, stays = asyncio.create_task(on.submit(write(0))), asyncio.create_task(on.submit(write(1)))
    await collection.began.wait()
    gone.cancel()
    collection.let.set()
    await stays
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_those_who_wait_behind_a_store_that_is_away_fail_with_it_and_not_one_call_later():
    def answer(_: list[Any]) -> None:
        raise AutoReconnect("gone")

    collection = Collection(answer)
    on = coalescer(collection)
    collection.let.clear()
    first = asyncio.create_task(on.submit(write(0)))
    await collection.began.wait()
    behind = asyncio.create_task(outcomes(on, 3))
    await asyncio.sleep(0)
    collection.let.set()
    assert all(isinstance(one, AutoReconnect) for one in await behind)
    assert isinstance(first.exception(), AutoReconnect)
    assert len(collection.batches) == 1


async def test_a_store_that_does_not_keep_up_turns_away_what_it_would_not_get_done():
    collection = Collection()
    on = coalescer(collection)
    collection.let.clear()
    first = asyncio.create_task(on.submit(write(0)))
    await collection.began.wait()
    crowd = asyncio.create_task(outcomes(on, MAX_WAITING + 5))
    await asyncio.sleep(0)
    collection.let.set()
    found = await crowd
    assert [one for one in found if one is None] == [None] * MAX_WAITING
    assert [type(one) for one in found[MAX_WAITING:]] == [Overloaded] * 5
    assert is_transient(Overloaded())
    await first
