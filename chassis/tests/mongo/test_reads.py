"""Reads by id that share a query: each caller gets its own document, as new as its call."""

import asyncio

import pytest
from pymongo.errors import AutoReconnect

from chassis.domain import Cause
from chassis.mongo.store import Store
from chassis.tests.counter import Counter, Counters, increment

pytestmark = pytest.mark.servers


async def finds(store: Store) -> int:
    return (await store.client.admin.command("serverStatus"))["opcounters"]["query"]


async def test_concurrent_reads_share_a_query_and_each_gets_its_own(
    counters: Counters, store: Store
):
    for n in range(20):
        await counters.add(Counter(id=f"cnt_{n}", total=n), [], Cause(f"c{n}"))
    before = await finds(store)
    found = await asyncio.gather(*(counters.get(f"cnt_{n}") for n in [*range(25), 3, 3]))
    assert await finds(store) - before <= 5  # other tests' background work may add some
    assert [one.total if one else None for one in found] == [*range(20), *[None] * 5, 3, 3]


async def test_many_large_documents_are_all_read(counters: Counters):
    """More than one answer of the server can hold: 16 MB."""
    ids = [f"cnt_{n}" for n in range(40)]
    for id in ids:
        await counters.add(Counter(id=id, name="x" * 1_000_000), [], Cause(id))
    found = await asyncio.gather(*(counters.get(id) for id in ids))
    assert [one and one.id for one in found] == ids


async def test_a_read_that_begins_during_another_sees_what_was_written_before_it(
    counters: Counters,
):
    """Each change reads what the one before it wrote, however the queries overlap."""
    ids = [f"cnt_{n}" for n in range(8)]
    for id in ids:
        await counters.add(Counter(id=id), [], Cause(id))

    async def change_and_read(id: str) -> None:
        for n in range(1, 11):
            await counters.change(id, increment, Cause(f"{id}-{n}"))
            found = await counters.get(id)
            assert found is not None
            assert found.total == n

    await asyncio.gather(*(change_and_read(id) for id in ids))


async def test_an_error_goes_to_all_and_the_next_read_works(
    counters: Counters, monkeypatch: pytest.MonkeyPatch
):
    def unavailable(*_: object, **__: object) -> None:
        raise AutoReconnect("gone")

    await counters.add(Counter(id="cnt_1"), [], Cause("c1"))
    with monkeypatch.context() as patch:
        patch.setattr(type(counters.collection), "find", unavailable)
        found = await asyncio.gather(
            *(counters.get("cnt_1") for _ in range(3)), return_exceptions=True
        )
    assert [type(one) for one in found] == [AutoReconnect] * 3
    assert await counters.get("cnt_1") == Counter(id="cnt_1", version=1)
