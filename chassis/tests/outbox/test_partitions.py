"""One partition that takes nothing, or one event that the broker refuses, stops no other event."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka.errors import (
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    TopicAuthorizationFailedError,
)

from chassis.broker.connection import MAX_BYTES
from chassis.domain import Cause
from chassis.kafka.publisher import Publisher
from chassis.mongo.store import Store
from chassis.outbox.relay import Relay
from chassis.outbox.unpublished import Entry
from chassis.telemetry.metrics import RELAY_PARKED
from chassis.tests.conftest import relaying, running
from chassis.tests.counter import Counter, Counters, increment
from chassis.tests.outbox.topic import on_topic, without_repeats
from ops import parked
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers
PARTITIONS = 6


class Broker:
    """Partitions like a broker's. `dead`: those that never answer. `refusing`: keys of events that
    are refused, together with the batch that they are in."""

    def __init__(self) -> None:
        self.dead, self.refusing = set[int](), dict[str, Exception]()
        self.topic: list[tuple[str, int]] = []
        self.heals = 0
        self._unanswered: list[tuple[int, Entry, asyncio.Future[None]]] = []
        self._broken = set[int]()
        self._batch: dict[int, list[tuple[Entry, asyncio.Future[None]]]] = {}

    async def partition(self, topic: str, key: str) -> tuple[str, int]:
        return topic, int(key.rpartition("_")[2]) % PARTITIONS

    async def send(self, entry: Entry, partition: tuple[str, int]) -> "asyncio.Future[None]":
        sent: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        number = partition[1]
        if number in self.dead:
            self._unanswered.append((number, entry, sent))
        else:
            if not self._batch:
                asyncio.get_running_loop().call_soon(self._answer)
            self._batch.setdefault(number, []).append((entry, sent))
        return sent

    async def heal(self) -> None:
        self.heals += bool(self._broken)
        self._broken.clear()

    def revive(self) -> None:
        """The dead partitions take what they got."""
        self.dead.clear()
        for _, entry, sent in self._unanswered:
            self._take(entry, sent)

    def _answer(self) -> None:
        batches, self._batch = self._batch, {}
        for number, batch in batches.items():
            found = [self.refusing[e["key"]] for e, _ in batch if e["key"] in self.refusing]
            error = (
                OutOfOrderSequenceNumber() if number in self._broken else next(iter(found), None)
            )
            for entry, sent in batch:
                if error is None:
                    self._take(entry, sent)
                else:
                    self._broken.add(number)
                    sent.set_exception(error)

    def _take(self, entry: Entry, sent: "asyncio.Future[None]") -> None:
        self.topic.append((entry["key"], entry["seq"]))
        sent.set_result(None)

    def sequences(self, ids: Sequence[str]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {id: [] for id in ids}
        for id, seq in dict.fromkeys(self.topic):
            if id in found:
                found[id].append(seq)
        return found


@pytest.fixture
def ids() -> list[str]:
    return [f"cnt_{n}" for n in range(3 * PARTITIONS)]


async def add_all(counters: Counters, ids: Sequence[str]) -> None:
    await asyncio.gather(*(counters.add(Counter(id=id), [], Cause(id)) for id in ids))


async def change_all(counters: Counters, ids: Sequence[str], turn: int) -> None:
    await asyncio.gather(*(counters.change(id, increment, Cause(f"{id}/{turn}")) for id in ids))


@asynccontextmanager
async def relay_to(store: Store, broker: Broker) -> AsyncGenerator[None]:
    async with running(Relay(store, broker).run()):
        yield


async def until_sent(broker: Broker, ids: Sequence[str], seqs: Sequence[int]) -> None:
    async def all_sent() -> bool:
        return broker.sequences(ids) == {id: [*seqs] for id in ids}

    await eventually(all_sent, within=20)


def of_partition(ids: Sequence[str], number: int) -> tuple[list[str], list[str]]:
    """Its aggregates, and all others."""
    inside = [id for id in ids if int(id.rpartition("_")[2]) % PARTITIONS == number]
    return inside, [id for id in ids if id not in inside]


async def test_a_dead_partition_delays_only_its_own_events(
    counters: Counters, store: Store, ids: list[str]
):
    """Before and after it died; and all of its own go out in order when it works again."""
    dead, alive = of_partition(ids, 2)
    broker = Broker()
    broker.dead.add(2)
    await add_all(counters, ids)
    await change_all(counters, ids, 0)
    async with relay_to(store, broker):
        for turn in range(1, 4):
            await change_all(counters, ids, turn)
            await until_sent(broker, alive, range(1, turn + 2))
        assert broker.sequences(dead) == {id: [] for id in dead}
        broker.revive()
        await until_sent(broker, ids, range(1, 5))


async def test_others_do_not_wait_for_a_dead_partition_again_and_again(
    counters: Counters, store: Store, ids: list[str], monkeypatch: pytest.MonkeyPatch
):
    """The first time it is given a second; then the others go out at once."""
    dead, alive = of_partition(ids, 2)
    broker = Broker()
    await add_all(counters, ids)
    async with relay_to(store, broker):
        await change_all(counters, ids, 0)
        await until_sent(broker, ids, [1])
        broker.dead.add(2)
        await change_all(counters, dead, 1)
        await change_all(counters, alive, 1)
        await until_sent(broker, alive, [1, 2])
        monkeypatch.setattr("chassis.sending.sender._PATIENCE", 120.0)  # nobody waits so long
        for turn in range(2, 7):
            await change_all(counters, ids, turn)
            await until_sent(broker, alive, range(1, turn + 2))


async def test_a_backlog_of_a_dead_partition_hides_nothing_behind_it(
    counters: Counters, store: Store, monkeypatch: pytest.MonkeyPatch
):
    """More of it than a page, and sorted before everything else."""
    monkeypatch.setattr("chassis.outbox.backlog._PAGE", 5)
    ids = [f"cnt_{100 + n * PARTITIONS}" for n in range(20)] + ["cnt_901"]
    broker = Broker()
    broker.dead.add(100 % PARTITIONS)
    await add_all(counters, ids)
    await change_all(counters, ids, 0)
    async with relay_to(store, broker):
        await until_sent(broker, ids[-1:], [1])


async def test_a_refused_event_parks_its_aggregate_and_nothing_else(
    counters: Counters, store: Store, ids: list[str]
):
    """Its later events wait behind it: none overtakes it. Freed, all go out in order."""
    bad, others = ids[3], [id for id in ids if id != ids[3]]
    broker = Broker()
    broker.refusing[bad] = MessageSizeTooLargeError()
    await add_all(counters, ids)
    await change_all(counters, ids, 0)
    async with relay_to(store, broker):
        await until_sent(broker, others, [1])

        async def is_parked() -> bool:
            return [one.aggregate for one in await parked.refused_events(store.database)] == [bad]

        await eventually(is_parked)
        heals = broker.heals
        for turn in range(1, 3):
            await change_all(counters, ids, turn)
            await until_sent(broker, others, range(1, turn + 2))
        assert broker.heals == heals, "it is not tried again"
        assert broker.sequences([bad]) == {bad: []}

        async def is_shown() -> bool:
            return RELAY_PARKED.labels("counters")._value.get() == 1  # pyright: ignore[reportPrivateUsage]

        await eventually(is_shown)
        broker.refusing.clear()
        assert await parked.free(store.database, bad) == 1
        await until_sent(broker, ids, [1, 2, 3])


async def test_a_topic_that_may_not_be_written_parks_nothing(
    counters: Counters, store: Store, ids: list[str], monkeypatch: pytest.MonkeyPatch
):
    """Permissions are mended: then everything goes out."""
    monkeypatch.setattr("chassis.sending.partitions._MAX_REST", 0.5)
    inside, alive = of_partition(ids, 1)
    broker = Broker()
    broker.refusing |= {id: TopicAuthorizationFailedError() for id in inside}
    await add_all(counters, ids)
    await change_all(counters, ids, 0)
    async with relay_to(store, broker):
        await until_sent(broker, alive, [1])
        assert await parked.refused_events(store.database) == []
        broker.refusing.clear()
        await until_sent(broker, ids, [1])


async def test_an_event_too_large_for_a_real_broker_stops_no_other(
    counters: Counters, store: Store, publisher: Publisher, backend: Backend
):
    """As it may have been stored before its size was checked, or under another limit."""
    ids = [f"cnt_{store.database.name}_{n}" for n in range(12)]
    bad, others = ids[0], ids[1:]
    await add_all(counters, ids)
    for turn in range(2):
        await change_all(counters, ids, turn)
    await counters.collection.update_one(
        {"_id": bad}, {"$set": {"outbox.0.body": "x" * (MAX_BYTES + 100)}}
    )
    store.unpublished.take()  # as after a restart: everything is found in the store

    async def only_bad_waits() -> bool:
        waiting: list[Any] = await counters.collection.distinct("_id", {"pending": True})
        return waiting == [bad]

    async with relaying(store, publisher):
        await eventually(only_bad_waits, within=20)
        await change_all(counters, others, 2)
        await eventually(only_bad_waits, within=20)
        (found,) = await parked.refused_events(store.database)
        assert (found.aggregate, found.seq, found.waiting) == (bad, 1, 2)
        assert found.error == "MessageSizeTooLargeError"
        # An operator gives it up: kept in the store, and what waited behind it goes out.
        assert await parked.skip(store.database, bad) == 1
        await eventually(lambda: _nothing_waits(counters), within=20)
    sent = without_repeats(await on_topic(backend.kafka_bootstrap, {*ids}))
    assert sent == {id: [1, 2, 3] for id in others} | {bad: [2]}
    kept = await store.database["skipped_events"].find_one({"_id": f"counters/{bad}/1"})
    assert kept is not None


async def _nothing_waits(counters: Counters) -> bool:
    return await counters.collection.count_documents({"pending": True}) == 0
