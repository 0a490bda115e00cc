"""Consuming from a real broker: each event has its effect once, in order."""

import asyncio

import pytest

from chassis.domain import Refusal
from chassis.kafka.consumer import Consumer
from chassis.kafka.publisher import Publisher
from chassis.kafka.subscriptions import Message, Subscriptions
from chassis.tasks.loops import run_periodically
from chassis.tests.conftest import consuming, running
from chassis.tests.counter import TOPIC, Counted, Laned
from chassis.tests.kafka.effects import Effects
from chassis.tests.kafka.topic import body, publish
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers


async def test_each_event_has_its_effect_once_however_often_it_is_delivered(
    backend: Backend, publisher: Publisher, effects: Effects, name: str
):
    await publish(publisher, name, 1, 2, 2, 3, 1, 3)
    async with consuming(backend, publisher, name, effects.subscriptions) as consumer:
        await effects.wait_for(name, 3)

        async def no_lag() -> bool:
            return consumer.ready and consumer.lag == 0

        await eventually(no_lag)


async def test_a_handler_that_is_cancelled_from_within_runs_again(
    backend: Backend, publisher: Publisher, effects: Effects, name: str
):
    """A library that cancels a task of its own cancels whoever awaits it: no error that could be
    retried."""
    cancelled = asyncio.Event()

    async def handle(event: Counted, message: Message) -> None:
        if event.counter.startswith(name) and event.total == 2 and not cancelled.is_set():
            cancelled.set()
            raise asyncio.CancelledError
        await effects.handle(event, message)

    await publish(publisher, name, 1, 2, 3)
    subscriptions = Subscriptions().on(Counted, handle)
    consumer = Consumer(backend.kafka_bootstrap, name, subscriptions, publisher)
    async with running(run_periodically("consumer", consumer.run, 0.1)):
        await effects.wait_for(name, 3)
    assert cancelled.is_set()


async def test_a_restart_repeats_and_skips_nothing(
    backend: Backend, publisher: Publisher, effects: Effects, name: str
):
    await publish(publisher, name, *range(1, 6))
    async with consuming(backend, publisher, name, effects.subscriptions):
        await effects.wait_for(name, 5)
    await publish(publisher, name, *range(6, 11))
    before = effects.calls
    async with consuming(backend, publisher, name, effects.subscriptions):
        await effects.wait_for(name, 10)
    assert effects.calls - before == 5  # what was processed was committed when it stopped


async def test_two_members_share_the_work(
    backend: Backend, publisher: Publisher, effects: Effects, name: str
):
    counters = [f"{name}-{n}" for n in range(12)]
    subscriptions = effects.subscriptions
    async with consuming(backend, publisher, name, subscriptions) as first:
        async with consuming(backend, publisher, name, subscriptions) as second:

            async def both_ready() -> bool:
                return first.ready and second.ready

            await eventually(both_ready)
            for counter in counters:
                await publish(publisher, counter, 1, 2)
            for counter in counters:
                await effects.wait_for(counter, 2)
        for counter in counters:
            await publish(publisher, counter, 3)
        for counter in counters:
            await effects.wait_for(counter, 3)


async def test_types_without_a_handler_are_skipped(
    backend: Backend, publisher: Publisher, effects: Effects, name: str
):
    unknown = body(name, 1).replace('"Counted"', '"NeverHeardOf"')
    await (await publisher.put(TOPIC, name.encode(), unknown.encode(), []))
    await publish(publisher, name, 2)
    async with consuming(backend, publisher, name, effects.subscriptions):
        await effects.wait_for(name, 1)


async def test_an_unavailable_store_is_waited_for(
    backend: Backend, publisher: Publisher, effects: Effects, name: str
):
    """Beyond the tries that a message gets: it is not the message's fault."""
    effects.failing[name] = ConnectionError("the store is unavailable")
    await publish(publisher, name, 1)
    async with consuming(backend, publisher, name, effects.subscriptions) as consumer:

        async def failed_six_times() -> bool:
            return effects.calls >= 6

        async def failed_twice_more() -> bool:
            return effects.calls >= 2

        began = consumer.progressed
        await eventually(failed_six_times)
        assert consumer.progressed > began  # retrying counts as progress
        effects.failing[name] = Refusal("unavailable")
        effects.calls = 0
        await eventually(failed_twice_more)
        effects.failing.clear()
        await effects.wait_for(name, 1)


async def test_a_failure_in_the_second_handler_repeats_the_first(
    backend: Backend, publisher: Publisher, effects: Effects, name: str
):
    """All handlers of a message run again; the store recognises the repeat of the first."""
    order: list[str] = []

    async def first(event: Counted, message: Message) -> None:
        order.append("first")
        await effects.handle(event, message)

    async def second(event: Counted, _: Message) -> None:
        order.append("second")
        if len(order) == 2:
            raise RuntimeError("fails once")

    await publish(publisher, name, 1)
    subscriptions = Subscriptions().on(Counted, first, second)
    async with consuming(backend, publisher, name, subscriptions):

        async def ran_twice() -> bool:
            return len(order) == 4

        await eventually(ran_twice)
        await publish(publisher, f"{name}-next", 1)
        await effects.wait_for(f"{name}-next", 1)
    assert order[:4] == ["first", "second", "first", "second"]
    await effects.wait_for(name, 1)


async def test_an_ordering_key_replaces_the_message_key(
    backend: Backend, publisher: Publisher, name: str
):
    """All messages have one key; a failing lane does not block the other."""
    seen: list[tuple[str, int]] = []

    async def handle(event: Laned, _: Message) -> None:
        if event.counter != name:
            return
        if (event.lane, event.total) == ("slow", 1) and ("quick", 4) not in seen:
            raise ConnectionError("until the other lane is finished")
        seen.append((event.lane, event.total))

    async def consume(count: int) -> None:
        async def all_seen() -> bool:
            return len(seen) >= count

        async with consuming(backend, publisher, name, Subscriptions().on(Laned, handle)):
            await eventually(all_seen)

    await publish(publisher, name, 9, lane="before", event=Laned)
    await consume(1)  # what follows is then fetched as one batch
    seen.clear()
    for total in (1, 2):
        await publish(publisher, name, total, lane="slow", event=Laned)
    for total in (3, 4):
        await publish(publisher, name, total, lane="quick", event=Laned)
    await consume(4)
    assert [n for lane, n in seen if lane == "slow"] == [1, 2]
    assert [n for lane, n in seen if lane == "quick"] == [3, 4]
