"""A relay that was asleep past its lease: it publishes nothing more, and the topic stays in
order."""

import asyncio
import random
import signal
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from chassis.domain import Cause
from chassis.kafka.subscriptions import Message, Subscriptions
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from chassis.outbox.publisher import Publisher
from chassis.tests.children import Child, children
from chassis.tests.conftest import consuming, relaying, task
from chassis.tests.counter import TOPIC, Counted, Counter, up
from contracts.envelope import Envelope
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults]
Counters = Repository[Counter]
RELAY = "chassis.tests.relay_child"


@dataclass(frozen=True)
class Sent:
    """A message on the topic: of which aggregate, which event, by which relay."""

    aggregate: str
    seq: int
    relay: str


async def on_topic(backend: Backend, of: set[str]) -> list[Sent]:
    """All that is on the topic now about these aggregates, in order for each of them."""
    consumer = AIOKafkaConsumer(
        TOPIC, bootstrap_servers=backend.kafka_bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    found: list[Sent] = []
    try:
        for part, end in (await consumer.end_offsets(consumer.assignment())).items():
            while await consumer.position(part) < end:
                async with asyncio.timeout(20):
                    record: Any = await consumer.getone(part)
                if record.key.decode() in of:
                    envelope = Envelope.model_validate_json(record.value)
                    relay = dict(record.headers).get("relay", b"").decode()
                    found.append(Sent(envelope.aggregate, envelope.seq, relay))
    finally:
        await consumer.stop()
    return found


def seen_through(sent: Sequence[Sent]) -> dict[str, list[int]]:
    """The events of each aggregate as a consumer sees them that drops repeats."""
    first: dict[str, list[int]] = defaultdict(list)
    for one in sent:
        if one.seq not in first[one.aggregate]:
            first[one.aggregate].append(one.seq)
    return dict(first)


async def nothing_pending(counters: Counters) -> bool:
    return await counters.collection.count_documents({"pending": True}) == 0


async def holder(store: Store) -> str | None:
    lease: Any = await store.collection("leases").find_one({"_id": "relay"})
    return lease and lease["holder"]


async def taken_from(store: Store, name: str | None) -> str:
    """Who holds the lease once somebody else does."""

    async def other() -> str | None:
        found = await holder(store)
        return None if found == name else found

    return await eventually(other, within=30)


def variables(backend: Backend, store: Store, sleep: str = "") -> dict[str, str]:
    return {
        "MONGO_URL": backend.mongo_url,
        "DATABASE": store.database.name,
        "KAFKA_BOOTSTRAP": backend.kafka_bootstrap,
        "SLEEP": sleep,
    }


@pytest.mark.parametrize(
    ("sleep", "most"),
    [
        ("after:30", 30),
        pytest.param("before:30", 30, marks=pytest.mark.long),
        pytest.param("unmarked", 80, marks=pytest.mark.long),
    ],
)
async def test_a_relay_asleep_past_its_lease_sends_nothing_that_it_did_not_hold_in_its_hand(
    counters: Counters,
    store: Store,
    publisher: Publisher,
    backend: Backend,
    tmp_path: Path,
    sleep: str,
    most: int,
):
    """It sleeps with some of a batch published, some in its producer's buffer and the rest still in
    the outbox."""
    ids = {f"cnt_{store.database.name}_{n}" for n in range(20)}
    await asyncio.gather(*(counters.add(Counter(id=id), [], Cause(id)) for id in ids))
    for n in range(4):
        await asyncio.gather(*(counters.change(id, up, Cause(f"{id}{n}")) for id in ids))
    with children(RELAY, tmp_path, variables(backend, store, sleep), "stale") as (stale,):
        await stale.sleeps()
        turns = len(stale.said())
        async with relaying(store, publisher):
            assert await taken_from(store, "stale")
            for n in range(4, 8):  # what the stale one has not seen
                await asyncio.gather(*(counters.change(id, up, Cause(f"{id}{n}")) for id in ids))
            await eventually(lambda: nothing_pending(counters))
            stale.send(signal.SIGCONT)
            await stale.says(
                "a turn begins", turns + 2
            )  # it is through with what it was at, and looked again
            await asyncio.gather(*(counters.change(id, up, Cause(f"{id}8")) for id in ids))
            await eventually(lambda: nothing_pending(counters))
    sent = await on_topic(backend, ids)
    assert seen_through(sent) == {id: list(range(1, 10)) for id in ids}
    assert sum(one.relay == "stale" for one in sent) == most


@asynccontextmanager
async def changing(
    counters: Counters, ids: Sequence[str], chance: random.Random
) -> AsyncGenerator[dict[str, int]]:
    """Changes some aggregate all the time; gives how often each was changed."""
    done, enough = dict.fromkeys(ids, 0), asyncio.Event()

    async def go_on() -> None:
        while not enough.is_set():  # never broken off in a change: it would be done and not counted
            for id in chance.sample(ids, 5):
                await counters.change(id, up, Cause(f"{id}/{done[id]}"))
                done[id] += 1
            await asyncio.sleep(chance.uniform(0, 0.02))

    async with task(go_on()) as going:
        yield done
        enough.set()
        await going


async def put_to_sleep_in_turn(
    store: Store, relays: Sequence[Child], rounds: int, chance: random.Random
) -> None:
    """Each round whoever relays falls asleep at some moment; who slept before wakes beside the new
    one, or later."""
    by_name, asleep = {child.name: child for child in relays}, list[Child]()
    for _ in range(rounds):
        name = await taken_from(store, None)
        await asyncio.sleep(chance.uniform(0, 0.8))
        by_name[name].send(signal.SIGSTOP)
        asleep.append(by_name[name])
        await taken_from(store, name)
        while len(asleep) > chance.randint(0, len(relays) - 2):
            asleep.pop(0).send(signal.SIGCONT)
    for child in asleep:
        child.send(signal.SIGCONT)


@pytest.mark.long
@pytest.mark.parametrize("rounds", [2, 12])
async def test_relays_that_sleep_and_wake_at_any_moment_lose_nothing_and_keep_the_order(
    counters: Counters,
    store: Store,
    publisher: Publisher,
    backend: Backend,
    tmp_path: Path,
    rounds: int,
):
    """Effects too happen once: the consumer that runs beside sees through what comes twice."""
    seed = random.randrange(10**6)
    chance, prefix = random.Random(seed), store.database.name
    ids = [f"cnt_{prefix}_{n}" for n in range(15)]
    effects = Repository(store, "effects", Counter)
    await asyncio.gather(*(counters.add(Counter(id=id), [], Cause(id)) for id in ids))

    async def on(event: Counted, message: Message) -> None:
        if event.counter in ids:
            await effects.add(Counter(id=event.counter), [], Cause(f"new {event.counter}"))
            await effects.change(event.counter, lambda effect: (up(effect)[0], ()), message.cause)

    async def all_there(done: dict[str, int]) -> bool:
        return {one.id: one.total for one in await effects.find({})} == {
            id: n for id, n in done.items() if n
        }

    with children(RELAY, tmp_path, variables(backend, store), "one", "two", "three") as relays:
        async with consuming(backend, publisher, prefix, Subscriptions().on(Counted, on)):
            async with changing(counters, ids, chance) as done:
                await put_to_sleep_in_turn(store, relays, rounds, chance)
            await eventually(lambda: nothing_pending(counters), within=60)
            await eventually(lambda: all_there(done), within=60)
    assert seen_through(await on_topic(backend, set(ids))) == {
        id: list(range(1, n + 1)) for id, n in done.items() if n
    }, f"seed {seed}"
