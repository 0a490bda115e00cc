"""A key that fails while others succeed waits by itself, in order. What is transient is never
dead."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from chassis.delivery.parked_store import ParkedStore
from chassis.delivery.parking import ParkedKeys
from chassis.domain import Refusal
from chassis.errors import Conflict, Overloaded
from chassis.kafka.consumer import Consumer
from chassis.kafka.publisher import Publisher
from chassis.kafka.subscriptions import Message, Subscriptions
from chassis.mongo.store import Store
from chassis.tests.conftest import running
from chassis.tests.counter import TOPIC, Counted
from chassis.tests.kafka.effects import Effects
from chassis.tests.kafka.topic import dead_lettered, publish
from ops import dead_letters, parked
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers
_MANY = 600
"""More than a consumer has uncommitted."""


@asynccontextmanager
async def consuming(
    backend: Backend,
    publisher: Publisher,
    store: Store,
    name: str,
    subscriptions: Subscriptions,
    max_age: float = 3600.0,
    max_messages: int = 1000,
) -> AsyncGenerator[Consumer]:
    keys = ParkedKeys(ParkedStore(store, name), name, max_age, max_messages)
    consumer = Consumer(
        backend.kafka_bootstrap, name, subscriptions, publisher, keys, park_after=0.3
    )
    async with running(consumer.run()):
        yield consumer


async def parked_of(store: Store, name: str) -> int:
    return sum(one.waiting for one in await parked.parked_keys(store.database) if one.group == name)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    monkeypatch.setattr("chassis.delivery.parking._FIRST_PAUSE", 0.2)
    monkeypatch.setattr("chassis.delivery.parking._MAX_PAUSE", 0.5)
    monkeypatch.setattr("chassis.kafka.consumer._RESUME_EVERY", 0.1)


@pytest.mark.parametrize(
    "error",
    [ConnectionError("this one's downstream"), Conflict("for ever"), Refusal("unavailable")],
    ids=lambda error: type(error).__name__,
)
async def test_a_failing_key_is_parked_and_the_rest_of_its_partition_flows(
    backend: Backend,
    publisher: Publisher,
    store: Store,
    effects: Effects,
    name: str,
    error: Exception,
):
    """All keys are in one partition here. What was parked is applied in order, once."""
    seen: list[int] = []

    async def handle(event: Counted, message: Message) -> None:
        await effects.handle(event, message)
        if event.counter == f"{name}-bad":
            seen.append(event.total)

    bad, subscriptions = f"{name}-bad", Subscriptions().on(Counted, handle)
    effects.failing[bad] = error
    async with consuming(backend, publisher, store, name, subscriptions):
        await publish(publisher, bad, 1, 2)
        for n in range(_MANY // 20):
            await asyncio.gather(*(publish(publisher, f"{name}-{k}", n + 1) for k in range(20)))
        for k in range(20):
            await effects.wait_for(f"{name}-{k}", _MANY // 20)
        await publish(publisher, bad, 3)
        await eventually(lambda: parked_of(store, name), lambda count: count == 3)
        assert seen == []
        effects.failing.clear()
        await effects.wait_for(bad, 3)
        await publish(publisher, bad, 4)
        await effects.wait_for(bad, 4)
        await eventually(lambda: parked_of(store, name), lambda count: count == 0)
    assert seen == [1, 2, 3, 4]
    assert not await _dead_of(backend, bad)


async def test_another_member_goes_on_with_what_is_parked(
    backend: Backend, publisher: Publisher, store: Store, effects: Effects, name: str
):
    """The first has gone; what came meanwhile is behind what it parked."""
    bad = f"{name}-bad"
    seen: list[int] = []

    async def handle(event: Counted, message: Message) -> None:
        await effects.handle(event, message)
        if event.counter == bad:
            seen.append(event.total)

    effects.failing[bad] = ConnectionError()
    subscriptions = Subscriptions().on(Counted, handle)

    async def keep_others_coming(stop: asyncio.Event) -> None:
        n = 0
        while not stop.is_set():
            n += 1
            await publish(publisher, f"{name}-other", n)
            await asyncio.sleep(0.05)

    async def is_parked() -> bool:
        return await parked_of(store, name) > 0

    stop = asyncio.Event()
    async with (
        consuming(backend, publisher, store, name, subscriptions),
        running(keep_others_coming(stop)) as others,
    ):
        await publish(publisher, bad, 1, 2)
        await eventually(is_parked)
        stop.set()
        await others
    await publish(publisher, bad, 3, 4)
    effects.failing.clear()
    async with consuming(backend, publisher, store, name, subscriptions):
        await effects.wait_for(bad, 4)
    assert seen == [1, 2, 3, 4]


@pytest.mark.parametrize("bound", ["age", "count"])
async def test_what_waits_too_long_becomes_dead_letters_in_order(
    backend: Backend,
    publisher: Publisher,
    store: Store,
    effects: Effects,
    name: str,
    bound: str,
):
    """While others succeed. The dead letters can be replayed."""
    bad = f"{name}-bad"
    effects.failing[bad] = ConnectionError()
    limits = (0.5, 1000) if bound == "age" else (3600.0, 2)
    async with consuming(backend, publisher, store, name, effects.subscriptions, *limits):
        await publish(publisher, bad, 1, 2, 3)
        for n in range(1, 40):
            await publish(publisher, f"{name}-other", n)
            await asyncio.sleep(0.05)
        found = await dead_lettered(backend, bad, 3 if bound == "age" else 1)
        assert [dict(one.headers)["dead-error"] for one in found] == [b"ConnectionError"] * len(
            found
        )
        offsets = [int(dict(one.headers)["dead-offset"].split(b":")[1]) for one in found]
        assert offsets == sorted(offsets)
        await effects.wait_for(f"{name}-other", 39)


async def test_overload_of_a_healthy_store_is_waited_for_and_nothing_is_dead(
    backend: Backend, publisher: Publisher, store: Store, effects: Effects, name: str
):
    """However long, with everything else well; nothing is parked either. Fetching stops."""
    slow = [f"{name}-{n}" for n in range(30)]
    effects.failing |= dict.fromkeys(slow, Overloaded())
    limits = (0.1, 1)  # nothing may wait at all
    async with consuming(backend, publisher, store, name, effects.subscriptions, *limits):
        await publish(publisher, f"{name}-well", 1)
        await asyncio.gather(*(publish(publisher, id, 1, 2) for id in slow))

        async def tried_for_a_while() -> bool:
            return effects.failures > 30 * 7  # some 6 s

        await eventually(tried_for_a_while, within=30)
        await publish(publisher, f"{name}-well", 2)
        await effects.wait_for(f"{name}-well", 2)
        assert await parked_of(store, name) == 0
        effects.failing.clear()
        for id in slow:
            await effects.wait_for(id, 2)
    for id in slow:
        assert not await _dead_of(backend, id)


async def test_nothing_is_dead_or_parked_while_everything_fails(
    backend: Backend, publisher: Publisher, store: Store, effects: Effects, name: str
):
    ids = [f"{name}-{n}" for n in range(10)]
    effects.failing |= dict.fromkeys(ids, TimeoutError("slow every time"))
    limits = (0.1, 1)
    async with consuming(backend, publisher, store, name, effects.subscriptions, *limits):
        await asyncio.gather(*(publish(publisher, id, 1, 2, 3) for id in ids))

        async def tried_for_a_while() -> bool:
            return effects.failures > 10 * 7

        await eventually(tried_for_a_while, within=30)
        assert await parked_of(store, name) == 0
        effects.failing.clear()
        for id in ids:
            await effects.wait_for(id, 3)
    assert not await _dead_of(backend, ids[0])


async def _dead_of(backend: Backend, key: str) -> list[str]:
    found = await dead_letters.show(backend.kafka_bootstrap, TOPIC, everything=True)
    return [one.line() for one in found if one.record.key == key.encode()]
