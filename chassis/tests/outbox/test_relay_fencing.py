"""A relay stopped past its lease publishes nothing more, and the topic stays in order."""

import asyncio
import random
import signal
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chassis.domain import Cause
from chassis.kafka.publisher import Publisher
from chassis.kafka.subscriptions import Message, Subscriptions
from chassis.mongo.repository import Repository
from chassis.mongo.store import Store
from chassis.tests.children import Child, children
from chassis.tests.conftest import consuming, relaying, running
from chassis.tests.counter import Counted, Counter, Counters, apply, increment
from chassis.tests.outbox.topic import nothing_pending, on_topic, taken_over, without_repeats
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults]
RELAY = "chassis.tests.outbox.relay_child"


def variables(backend: Backend, store: Store, stop_at: str = "") -> dict[str, str]:
    return {
        "MONGO_URL": backend.mongo_url,
        "DATABASE": store.database.name,
        "KAFKA_BOOTSTRAP": backend.kafka_bootstrap,
        "STOP_AT": stop_at,
    }


@pytest.mark.parametrize(
    ("stop_at", "expected"),
    [
        ("after:30", 30),
        pytest.param("before:30", 30, marks=pytest.mark.long),
        pytest.param("unmarked", 80, marks=pytest.mark.long),
    ],
)
async def test_a_relay_stopped_past_its_lease_publishes_nothing_but_what_was_buffered(
    counters: Counters,
    store: Store,
    publisher: Publisher,
    backend: Backend,
    tmp_path: Path,
    stop_at: str,
    expected: int,
):
    """It stops with a part of a batch published, a part in the producer's buffer, and the rest in
    the outbox."""
    ids = {f"cnt_{store.database.name}_{n}" for n in range(20)}
    await asyncio.gather(*(counters.add(Counter(id=id), [], Cause(id)) for id in ids))
    for n in range(4):
        await asyncio.gather(*(counters.change(id, increment, Cause(f"{id}{n}")) for id in ids))
    with children(RELAY, tmp_path, variables(backend, store, stop_at), "stale") as (stale,):
        await stale.wait_until_stopped()
        turns = len(stale.output())
        async with relaying(store, publisher):
            await taken_over(store, "stale")
            for n in range(4, 8):  # unknown to the stale relay
                await asyncio.gather(
                    *(counters.change(id, increment, Cause(f"{id}{n}")) for id in ids)
                )
            await eventually(lambda: nothing_pending(counters))
            stale.send(signal.SIGCONT)
            # It has finished what it was doing, and begun anew.
            await stale.wait_for_output("turn begins", turns + 2)
            await asyncio.gather(*(counters.change(id, increment, Cause(f"{id}8")) for id in ids))
            await eventually(lambda: nothing_pending(counters))
    sent = await on_topic(backend.kafka_bootstrap, ids)
    assert without_repeats(sent) == {id: list(range(1, 10)) for id in ids}
    # The last change may be in a share that it has got since.
    assert sum(one.relay == "stale" and one.seq < 9 for one in sent) == expected


@asynccontextmanager
async def changing(
    counters: Counters, ids: Sequence[str], chance: random.Random
) -> AsyncGenerator[dict[str, int]]:
    """Changes aggregates until the block ends; gives how often each was changed."""
    done, stopping = dict.fromkeys(ids, 0), asyncio.Event()

    async def keep_changing() -> None:
        while not stopping.is_set():  # not cancelled in a change: it would be done, but not counted
            for id in chance.sample(ids, 5):
                await counters.change(id, increment, Cause(f"{id}/{done[id]}"))
                done[id] += 1
            await asyncio.sleep(chance.uniform(0, 0.02))

    async with running(keep_changing()) as task:
        yield done
        stopping.set()
        await task


async def stop_in_turn(
    store: Store, relays: Sequence[Child], rounds: int, chance: random.Random
) -> None:
    """In each round one relay stops at some moment, and the others take over; those stopped before
    continue beside them, or later."""
    stopped = list[Child]()
    for _ in range(rounds):
        relay = chance.choice([each for each in relays if each not in stopped])
        await asyncio.sleep(chance.uniform(0, 0.8))
        relay.send(signal.SIGSTOP)
        stopped.append(relay)
        await taken_over(store, relay.name)
        while len(stopped) > chance.randint(0, len(relays) - 2):
            stopped.pop(0).send(signal.SIGCONT)
    for relay in stopped:
        relay.send(signal.SIGCONT)


@pytest.mark.long
@pytest.mark.parametrize("rounds", [2, 12])
async def test_relays_stopped_at_any_moment_lose_nothing_and_keep_the_order(
    counters: Counters,
    store: Store,
    publisher: Publisher,
    backend: Backend,
    tmp_path: Path,
    rounds: int,
):
    """Effects happen once too: the consumer recognises repeats."""
    seed = random.randrange(10**6)
    chance, prefix = random.Random(seed), store.database.name
    ids = [f"cnt_{prefix}_{n}" for n in range(15)]
    effects = Repository(store, "effects", Counter)
    await asyncio.gather(*(counters.add(Counter(id=id), [], Cause(id)) for id in ids))

    async def handle(event: Counted, message: Message) -> None:
        if event.counter in ids:
            await apply(effects, event, message)

    async def all_applied(done: dict[str, int]) -> bool:
        return {effect.id: effect.total for effect in await effects.find({})} == {
            id: n for id, n in done.items() if n
        }

    with children(RELAY, tmp_path, variables(backend, store), "one", "two", "three") as relays:
        async with consuming(backend, publisher, prefix, Subscriptions().on(Counted, handle)):
            async with changing(counters, ids, chance) as done:
                await stop_in_turn(store, relays, rounds, chance)
            await eventually(lambda: nothing_pending(counters), within=60)
            await eventually(lambda: all_applied(done), within=60)
    assert without_repeats(await on_topic(backend.kafka_bootstrap, set(ids))) == {
        id: list(range(1, n + 1)) for id, n in done.items() if n
    }, f"seed {seed}"
