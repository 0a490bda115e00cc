"""Writes that share a bulk write: each caller gets its own outcome."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
from pymongo import InsertOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import AutoReconnect, BulkWriteError, WriteConcernError, WriteError

from chassis.errors import DuplicateKey, Overloaded, is_transient
from chassis.mongo.coalescer import Coalescer
from chassis.tasks.batches import MAX_BATCH, MAX_WAITING

Answer = Callable[[list[Any]], None]


def succeed(_: list[Any]) -> None: ...


class Collection:
    """Bulk writes wait for `proceed`; `answer` may raise what a driver raises."""

    def __init__(self, answer: Answer = succeed) -> None:
        self.batches: list[list[Any]] = []
        self.answer = answer
        self.began, self.proceed = asyncio.Event(), asyncio.Event()
        self.proceed.set()

    async def bulk_write(self, writes: list[Any], ordered: bool) -> None:
        assert not ordered
        self.batches.append(writes)
        self.began.set()
        await self.proceed.wait()
        self.answer(writes)


def coalescer(collection: Collection) -> Coalescer:
    return Coalescer(cast(AsyncCollection[dict[str, Any]], collection))


def write(n: int) -> InsertOne[dict[str, Any]]:
    return InsertOne({"_id": n})


async def outcomes(on: Coalescer, count: int) -> list[BaseException | None]:
    return list(
        await asyncio.gather(*(on.submit(write(n)) for n in range(count)), return_exceptions=True)
    )


async def test_concurrent_writes_share_a_bulk_write():
    collection = Collection()
    assert await outcomes(coalescer(collection), 12) == [None] * 12
    assert [len(batch) for batch in collection.batches] == [12]


async def test_writes_that_arrive_during_a_bulk_write_form_the_next():
    collection = Collection()
    on = coalescer(collection)
    collection.proceed.clear()
    first = asyncio.create_task(on.submit(write(0)))
    await collection.began.wait()
    rest = [asyncio.create_task(on.submit(write(n))) for n in range(1, 6)]
    await asyncio.sleep(0)
    assert len(collection.batches) == 1
    collection.proceed.set()
    await asyncio.gather(first, *rest)
    assert [len(batch) for batch in collection.batches] == [1, 5]


async def test_no_bulk_write_exceeds_the_maximum():
    collection = Collection()
    assert await outcomes(coalescer(collection), MAX_BATCH + 10) == [None] * (MAX_BATCH + 10)
    assert [len(batch) for batch in collection.batches] == [MAX_BATCH, 10]


async def test_a_duplicate_names_its_key_and_the_other_writes_succeed():
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


async def test_no_write_succeeds_without_the_majority():
    def answer(_: list[Any]) -> None:
        raise BulkWriteError(
            {"writeErrors": [], "writeConcernErrors": [{"code": 64, "errmsg": "waiting"}]}
        )

    found = await outcomes(coalescer(Collection(answer)), 3)
    assert all(isinstance(one, WriteConcernError) for one in found)


async def test_an_invalid_write_fails_for_good():
    """Otherwise the message that causes it would be retried for ever, and block its lane."""

    def answer(_: list[Any]) -> None:
        raise BulkWriteError({"writeErrors": [{"index": 0, "code": 17419, "errmsg": "too large"}]})

    found = await outcomes(coalescer(Collection(answer)), 2)
    assert isinstance(found[0], WriteError)
    assert not is_transient(found[0])
    assert found[1] is None


async def test_an_unavailable_store_fails_the_whole_batch_and_the_next_one_is_tried():
    def answer(_: list[Any]) -> None:
        raise AutoReconnect("gone")

    collection = Collection(answer)
    on = coalescer(collection)
    found = await outcomes(on, 3)
    assert all(isinstance(one, AutoReconnect) for one in found)
    collection.answer = succeed
    await on.submit(write(9))
    assert len(collection.batches) == 2


async def test_a_cancelled_caller_does_not_affect_the_others():
    collection = Collection()
    on = coalescer(collection)
    collection.proceed.clear()
    cancelled, other = (
        asyncio.create_task(on.submit(write(0))),
        asyncio.create_task(on.submit(write(1))),
    )
    await collection.began.wait()
    cancelled.cancel()
    collection.proceed.set()
    await other
    with pytest.raises(asyncio.CancelledError):
        await cancelled


async def test_writes_waiting_behind_an_unavailable_store_fail_with_it():
    def answer(_: list[Any]) -> None:
        raise AutoReconnect("gone")

    collection = Collection(answer)
    on = coalescer(collection)
    collection.proceed.clear()
    first = asyncio.create_task(on.submit(write(0)))
    await collection.began.wait()
    behind = asyncio.create_task(outcomes(on, 3))
    await asyncio.sleep(0)
    collection.proceed.set()
    assert all(isinstance(one, AutoReconnect) for one in await behind)
    assert isinstance(first.exception(), AutoReconnect)
    assert len(collection.batches) == 1


async def test_a_full_queue_refuses_further_writes():
    collection = Collection()
    on = coalescer(collection)
    collection.proceed.clear()
    first = asyncio.create_task(on.submit(write(0)))
    await collection.began.wait()
    waiting = asyncio.create_task(outcomes(on, MAX_WAITING + 5))
    await asyncio.sleep(0)
    collection.proceed.set()
    found = await waiting
    assert [one for one in found if one is None] == [None] * MAX_WAITING
    assert [type(one) for one in found[MAX_WAITING:]] == [Overloaded] * 5
    assert is_transient(Overloaded())
    await first
