"""Replicas share the relay: each event goes out in order, whoever wrote it and whoever holds its
share."""

import asyncio
import random
import signal
from collections import Counter as Count
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.errors import Conflict
from chassis.kafka.publisher import Publisher
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from chassis.outbox.relay import Relay
from chassis.outbox.unpublished import Entry
from chassis.tests.children import children
from chassis.tests.conftest import running
from chassis.tests.counter import Counter, Counters, increment
from chassis.tests.outbox.topic import (
    NamedPublisher,
    holders,
    nothing_pending,
    on_topic,
    taken_over,
    without_repeats,
)
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers
LEASE_SECONDS = 2.0


@asynccontextmanager
async def replica(backend: Backend, database: str, name: str) -> AsyncGenerator[Counters]:
    """A process of the service, in this one: with a store, a relay and a publisher of its own."""
    store, publisher = (
        Store(backend.mongo_url, database, Clock()),
        NamedPublisher(backend.kafka_bootstrap, name),
    )
    counters = Repository(store, "counters", Counter)
    await publisher.start()
    try:
        async with running(Relay(store, publisher, LEASE_SECONDS).run()):
            yield counters
    finally:
        await publisher.stop()
        await store.close()


async def all_share(store: Store, count: int) -> None:
    async def shared() -> bool:
        found = await holders(store)
        return len(found) == count and "" not in found

    await eventually(shared)


async def change_all(replicas: Sequence[Counters], ids: Sequence[str], turns: range) -> None:
    """Each id once a turn, through any replica, and sometimes through two at once."""
    chance = random.Random(turns.start)

    async def change(id: str, cause: str) -> None:
        while True:
            try:
                await chance.choice(replicas).change(id, increment, Cause(cause))
                return
            except Conflict:
                continue

    for turn in turns:
        changes = [(id, f"{id}-{turn}") for id in ids]
        changes += [(id, f"{id}-{turn}-too") for id in ids[turn % 7 :: 7]]
        chance.shuffle(changes)
        await asyncio.gather(*(change(*each) for each in changes))


@pytest.mark.parametrize("turns", [4, pytest.param(40, marks=pytest.mark.long)])
async def test_replicas_join_and_are_killed_and_the_topic_stays_in_order(
    counters: Counters,
    store: Store,
    publisher: Publisher,
    backend: Backend,
    tmp_path: Path,
    turns: int,
):
    """Two share the load; a third joins, works, and is killed."""
    database = store.database.name
    ids = [f"cnt_{database}_{n}" for n in range(40)]
    await asyncio.gather(*(counters.add(Counter(id=id), [], Cause(id)) for id in ids))
    variables = {
        "MONGO_URL": backend.mongo_url,
        "DATABASE": database,
        "KAFKA_BOOTSTRAP": backend.kafka_bootstrap,
    }
    async with AsyncExitStack() as stack:
        both = [await stack.enter_async_context(replica(backend, database, n)) for n in ("a", "b")]
        await all_share(store, 2)
        await change_all(both, ids, range(turns))
        with children("chassis.tests.outbox.relay_child", tmp_path, variables, "c") as (third,):
            await all_share(store, 3)
            await change_all(both, ids, range(turns, 2 * turns))
            working = asyncio.create_task(change_all(both, ids, range(2 * turns, 3 * turns)))
            third.send(signal.SIGKILL)
            await working
            await taken_over(store, "c")
        await change_all(both, ids, range(3 * turns, 4 * turns))
        await eventually(lambda: nothing_pending(counters), within=60)
    sent = await on_topic(backend.kafka_bootstrap, {*ids})
    stored = {counter.id: counter.total for counter in await counters.find({})}
    assert without_repeats(sent) == {id: [*range(1, stored[id] + 1)] for id in ids}
    by = Count(one.relay for one in sent)
    assert {*by} == {"a", "b", "c"}
    assert min(by["a"], by["b"]) > len(sent) / 10


async def test_a_write_wakes_whoever_holds_its_share(
    counters: Counters,
    store: Store,
    publisher: Publisher,
    backend: Backend,
    monkeypatch: pytest.MonkeyPatch,
):
    """Nobody polls: an event of another's share goes out by the wake-up alone."""
    database = store.database.name
    ids = {f"cnt_{database}_{n}" for n in range(32)}
    monkeypatch.setattr("chassis.outbox.relay._POLL_EVERY", 3600.0)
    async with (
        replica(backend, database, "a") as writer,
        replica(backend, database, "b"),
    ):
        await all_share(store, 2)
        await asyncio.gather(*(writer.add(Counter(id=id), [], Cause(id)) for id in ids))
        await asyncio.gather(*(writer.change(id, increment, Cause(f"{id}c")) for id in ids))
        await eventually(lambda: nothing_pending(counters))
        sent = await on_topic(backend.kafka_bootstrap, ids)
    assert without_repeats(sent) == {id: [1] for id in ids}
    assert {one.relay for one in sent} == {"a", "b"}


async def test_documents_without_a_share_are_found(
    counters: Counters, store: Store, publisher: Publisher, backend: Backend
):
    """They were written before there were shares."""
    id = f"cnt_{store.database.name}"
    await counters.add(Counter(id=id), [], Cause("c0"))
    await counters.change(id, increment, Cause("c1"))
    await counters.collection.update_one({"_id": id}, {"$unset": {"share": ""}})
    async with replica(backend, store.database.name, "a") as writer:
        await eventually(lambda: nothing_pending(counters))
        await writer.change(id, increment, Cause("c2"))
        await eventually(lambda: nothing_pending(counters))
    assert without_repeats(await on_topic(backend.kafka_bootstrap, {id})) == {id: [1, 2]}


async def test_killed_between_acknowledgement_and_mark_events_come_again_with_the_same_ids(
    counters: Counters, store: Store, publisher: Publisher, backend: Backend, tmp_path: Path
):
    database = store.database.name
    ids = {f"cnt_{database}_{n}" for n in range(5)}
    for id in ids:
        await counters.add(Counter(id=id), [], Cause(id))
        await counters.change(id, increment, Cause(f"{id}c"))
    variables = {
        "MONGO_URL": backend.mongo_url,
        "DATABASE": database,
        "KAFKA_BOOTSTRAP": backend.kafka_bootstrap,
        "STOP_AT": "unmarked",
    }
    with children("chassis.tests.outbox.relay_child", tmp_path, variables, "c") as (killed,):
        await killed.wait_until_stopped()
        killed.send(signal.SIGKILL)
        async with replica(backend, database, "a"):
            await eventually(lambda: nothing_pending(counters))
    sent = await on_topic(backend.kafka_bootstrap, ids)
    assert sorted(one.id for one in sent) == sorted([f"counters/{id}/1" for id in ids] * 2)


async def test_an_orderly_stop_leaves_nothing_unmarked(
    counters: Counters,
    store: Store,
    publisher: Publisher,
    backend: Backend,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("chassis.sending.sender._MARK_AFTER", 3600.0)
    id = f"cnt_{store.database.name}"
    async with replica(backend, store.database.name, "a") as writer:
        await writer.add(Counter(id=id), [], Cause("c0"))
        await writer.change(id, increment, Cause("c1"))

        async def published() -> bool:
            return writer.published.seq(id) == 1

        await eventually(published)
        assert not await nothing_pending(counters)
    assert await nothing_pending(counters)
    assert await holders(store) == {""}


async def test_a_change_takes_out_what_was_published_before_it(
    counters: Counters,
    store: Store,
    publisher: Publisher,
    backend: Backend,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("chassis.sending.sender._MARK_AFTER", 3600.0)
    id = f"cnt_{store.database.name}"

    async def waiting() -> list[int]:
        document = await counters.collection.find_one({"_id": id})
        assert document is not None
        assert document["pending"] == bool(document["outbox"])
        return [entry["seq"] for entry in document["outbox"]]

    async with replica(backend, store.database.name, "a") as writer:
        await writer.add(Counter(id=id), [], Cause("c0"))
        for n in range(1, 6):
            await writer.change(id, increment, Cause(f"c{n}"))
            assert await waiting() == [n]

            async def published(seq: int = n) -> bool:
                return writer.published.seq(id) == seq

            await eventually(published)
        await writer.change(id, lambda counter: (counter.with_(total=0), ()), Cause("silent"))
        assert await waiting() == []
    assert without_repeats(await on_topic(backend.kafka_bootstrap, {id})) == {id: [1, 2, 3, 4, 5]}


class FailingBus:
    """Keeps what it acknowledged. After it refused an event it refuses all later ones, as a broker
    does with an idempotent producer, until it is healed."""

    def __init__(self, chance: random.Random, topic: list[tuple[str, int]]) -> None:
        self._chance, self._topic, self._broken = chance, topic, False

    async def partition(self, topic: str, key: str) -> tuple[str, int]:
        return topic, len(key) % 2

    async def send(self, entry: Entry, partition: tuple[str, int]) -> "asyncio.Future[None]":
        sent: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._broken = self._broken or self._chance.random() < 0.03
        if self._broken:
            sent.set_exception(ConnectionError())
        else:
            self._topic.append((entry["key"], entry["seq"]))
            sent.set_result(None)
        await asyncio.sleep(0)
        return sent

    async def heal(self) -> None:
        self._broken = False


async def test_refused_events_and_changing_holders_never_swap_events_of_an_aggregate(
    counters: Counters, store: Store, backend: Backend, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("chassis.outbox.relay._RETRY_AFTER", 0.01)
    monkeypatch.setattr("chassis.sending.partitions._FIRST_REST", 0.01)
    monkeypatch.setattr("chassis.sending.partitions._MAX_REST", 0.04)
    monkeypatch.setattr("chassis.sending.sender._MARK_AFTER", 0.05)
    seed = random.randrange(10**6)
    chance, topic = random.Random(seed), list[tuple[str, int]]()
    ids = [f"cnt_{n}" for n in range(12)]
    stores = [Store(backend.mongo_url, store.database.name, Clock()) for _ in range(2)]
    writers = [Repository(each, "counters", Counter) for each in stores]
    await asyncio.gather(*(counters.add(Counter(id=id), [], Cause(id)) for id in ids))
    for turn in range(6):  # in each another one relays alone, or both do
        async with AsyncExitStack() as stack:
            for each in [stores[:1], stores, stores[1:]][turn % 3]:
                relay = Relay(each, FailingBus(chance, topic), LEASE_SECONDS)
                await stack.enter_async_context(running(relay.run()))
            await change_all(writers, ids, range(turn * 8, turn * 8 + 8))
    async with running(Relay(stores[0], FailingBus(chance, topic), LEASE_SECONDS).run()):
        await eventually(lambda: nothing_pending(counters))
    found: dict[str, list[int]] = {id: [] for id in ids}
    for id, seq in dict.fromkeys(topic):
        found[id].append(seq)
    stored = {counter.id: counter.total for counter in await counters.find({})}
    assert found == {id: [*range(1, stored[id] + 1)] for id in ids}, f"seed {seed}"
    for each in stores:
        await each.close()
