"""Every process hears everything, from a while ago on, however often it starts."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from chassis.identity.broadcast import Broadcast
from chassis.kafka.publisher import Publisher
from chassis.kafka.subscriptions import Message, Subscriptions
from chassis.tasks.loops import run_periodically
from chassis.tests.conftest import running
from chassis.tests.counter import TOPIC, Counted
from chassis.tests.kafka.topic import body, publish
from tests.support.backend import Backend
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers


class Listener:
    def __init__(self, backend: Backend, name: str, seconds: float = 600.0) -> None:
        self.heard: list[int] = []
        self._name = name
        self.broadcast = Broadcast(
            backend.kafka_bootstrap,
            Subscriptions().on(Counted, self._on_counted),
            seconds,
            time.time,
        )

    async def _on_counted(self, event: Counted, _: Message) -> None:
        if event.counter == self._name:
            self.heard.append(event.total)

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator["Listener"]:
        async with running(run_periodically("broadcast", self.broadcast.run, 0.1)):

            async def ready() -> bool:
                return self.broadcast.ready

            await eventually(ready)
            yield self

    async def hears(self, *totals: int) -> None:
        async def all_heard() -> bool:
            return self.heard == [*totals]

        await eventually(all_heard)


async def test_each_process_hears_all(backend: Backend, publisher: Publisher, name: str):
    await publish(publisher, name, 1, 2)
    async with (
        Listener(backend, name).listening() as one,
        Listener(backend, name).listening() as other,
    ):
        assert one.heard == other.heard == [1, 2]  # before it was ready
        await publish(publisher, name, 3)
        await one.hears(1, 2, 3)
        await other.hears(1, 2, 3)


async def test_a_restart_hears_what_is_recent_again(
    backend: Backend, publisher: Publisher, name: str
):
    await publish(publisher, name, 1)
    async with Listener(backend, name).listening():
        pass
    async with Listener(backend, name).listening() as again:
        assert again.heard == [1]


async def test_what_is_older_is_not_read(backend: Backend, publisher: Publisher, name: str):
    await publish(publisher, name, 1)
    async with Listener(backend, name, seconds=-600.0).listening() as later:
        await publish(publisher, name, 2)
        await later.hears(2)


async def test_what_cannot_be_read_does_not_hide_what_follows(
    backend: Backend, publisher: Publisher, name: str
):
    async with Listener(backend, name).listening() as listener:
        broken = body(name, 1)[:-5]
        await (await publisher.put(TOPIC, name.encode(), broken.encode(), []))
        await publish(publisher, name, 2)
        await listener.hears(2)
